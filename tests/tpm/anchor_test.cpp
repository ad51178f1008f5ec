#include "tpm/anchor_indices.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/tpm/program.h"
#include "tests/tpm/traced_fixture.h"

namespace edgeseal::test {
namespace {

using tpm::Anchor;
using tpm::Error;
using tpm::Fault;
namespace data = boost::unit_test::data;

constexpr const char* kIndices[] = {"0x180ed01", "0x180ed02", "0x180ed03", "0x180ed04"};

auto failed_with(std::string text) {
  return [text = std::move(text)](const Error& error) {
    BOOST_TEST_MESSAGE(error.what());
    return error.fault() == Fault::failed && std::string(error.what()).find(text) != std::string::npos;
  };
}

tpm::SecretBytes secret(std::string_view text) {
  return tpm::SecretBytes(bytes_of(text));
}

struct AnchorFixture : TracedFixture {
  // With the device closed, for swtpm serves one connection at a time; open afterwards.
  void tool(const std::string& command) {
    device.reset();
    (void)run_program("export TPM2TOOLS_TCTI=" + swtpm.tcti() + "; " + command);
    open();
  }

  void make_storage_key_persistent() {
    device.reset();
    (void)run_program("cd " + swtpm.directory().path().string() + " && export TPM2TOOLS_TCTI=" + swtpm.tcti() +
                      " && tpm2_createprimary -Q -C o -G ecc -c primary.ctx && tpm2_flushcontext -Q -t && "
                      "tpm2_evictcontrol -Q -C o -c primary.ctx 0x81000001 && tpm2_flushcontext -Q -t");
    open();
  }

  [[nodiscard]] std::ptrdiff_t writes() {
    const auto crossed = commands();
    return count(crossed, command::kNvWrite) + count(crossed, command::kNvSetBits) +
           count(crossed, command::kNvIncrement) + count(crossed, command::kNvDefineSpace);
  }

  [[nodiscard]] Anchor read() const { return device->read_anchor().value(); }
};

BOOST_FIXTURE_TEST_SUITE(the_anchor, AnchorFixture)

BOOST_AUTO_TEST_CASE(is_not_there_until_it_is_defined) {
  BOOST_TEST(!device->read_anchor());
  for (const auto& use : std::initializer_list<std::function<void()>>{
           [&] { device->mark_configured(); },
           [&] { (void)device->count_failed_try(); },
           [&] { (void)device->advance_generation(); },
       }) {
    BOOST_CHECK_EXCEPTION(use(), Error, failed_with("it is not defined"));
  }
  BOOST_TEST(!device->read_anchor());
}

BOOST_AUTO_TEST_CASE(begins_unconfigured_and_with_nothing_counted) {
  const Anchor anchor = device->define_anchor();
  BOOST_TEST(!anchor.configured);
  BOOST_TEST(anchor.failed_tries == 0U);
  BOOST_TEST(anchor.generation == 0U);
}

BOOST_AUTO_TEST_CASE(counts_each_of_its_own) {
  (void)device->define_anchor();
  BOOST_TEST(device->count_failed_try() == 1U);
  BOOST_TEST(device->count_failed_try() == 2U);
  BOOST_TEST(device->advance_generation() == 1U);
  device->mark_configured();
  const Anchor anchor = read();
  BOOST_TEST(anchor.configured);
  BOOST_TEST(anchor.failed_tries == 2U);
  BOOST_TEST(anchor.generation == 1U);
}

BOOST_AUTO_TEST_CASE(outlives_the_device_and_a_power_cut) {
  (void)device->define_anchor();
  (void)device->count_failed_try();
  (void)device->advance_generation();
  device->mark_configured();
  swtpm.stop();
  swtpm.start();
  open();
  const Anchor anchor = read();
  BOOST_TEST(anchor.configured);
  BOOST_TEST(anchor.failed_tries == 1U);
  BOOST_TEST(anchor.generation == 1U);
}

BOOST_AUTO_TEST_CASE(does_not_write_what_would_change_nothing) {
  (void)device->define_anchor();
  device->mark_configured();
  (void)commands();
  device->mark_configured();
  (void)device->define_anchor();
  BOOST_TEST(writes() == 0);
  open();
  (void)commands();
  device->mark_configured();
  (void)device->define_anchor();
  BOOST_TEST(writes() == 0);
}

BOOST_AUTO_TEST_CASE(costs_twelve_commands_to_read_at_first_and_three_afterwards) {
  (void)device->define_anchor();
  open();
  (void)commands();
  (void)read();
  BOOST_TEST(commands().size() == 12U);
  (void)read();
  BOOST_TEST(commands().size() == 3U);
  (void)device->count_failed_try();
  BOOST_TEST(commands().size() == 2U);
}

BOOST_AUTO_TEST_CASE(needs_no_response_encryption) {
  open_without_response_encryption();
  (void)device->define_anchor();
  BOOST_TEST(device->count_failed_try() == 1U);
  device->mark_configured();
  open_without_response_encryption();
  BOOST_TEST(read().configured);
  BOOST_TEST(read().failed_tries == 1U);
  device->remove_anchor({});
  BOOST_TEST(!device->read_anchor());
}

// A counter begins above all that the chip ever deleted.
BOOST_AUTO_TEST_CASE(counts_from_zero_again_after_it_was_removed_and_defined) {
  (void)device->define_anchor();
  for (int i = 0; i < 5; ++i) (void)device->count_failed_try();
  device->mark_configured();
  device->remove_anchor({});
  BOOST_TEST(!device->read_anchor());
  const Anchor anchor = device->define_anchor();
  BOOST_TEST(!anchor.configured);
  BOOST_TEST(anchor.failed_tries == 0U);
  BOOST_TEST(device->count_failed_try() == 1U);
}

BOOST_AUTO_TEST_CASE(that_is_not_there_is_removed_at_once) {
  BOOST_CHECK_NO_THROW(device->remove_anchor({}));
}

BOOST_AUTO_TEST_CASE(is_gone_after_tpm2_clear) {
  (void)device->define_anchor();
  tool("tpm2_clear -Q");
  BOOST_TEST(!device->read_anchor());
}

BOOST_AUTO_TEST_CASE(cannot_be_set_back_without_the_owner) {
  (void)device->define_anchor();
  const std::string owner_needed[] = {
      "printf 0123456789abcdef | tpm2_nvwrite -Q 0x180ed04 -C 0x180ed04 -i -",
      "tpm2_nvundefine -Q -C o 0x180ed04",
  };
  make_storage_key_persistent();
  tool("tpm2_changeauth -Q -c owner secret");
  for (const std::string& command : owner_needed) {
    BOOST_CHECK_THROW(tool(command + " 2>/dev/null"), std::runtime_error);
  }
  open();
  BOOST_TEST(device->read_anchor().has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_definition_of_the_anchor, AnchorFixture)

// TPM2_NV_DefineSpace, NV_Increment, NV_Write, NV_WriteLock: the power goes at each of them in turn.
struct Interruption {
  const char* script;
  friend std::ostream& operator<<(std::ostream& out, const Interruption& sample) { return out << sample.script; }
};
constexpr Interruption kInterruptions[] = {{"12a 1 rc=a000a"}, {"12a 2 rc=a000a"}, {"12a 3 rc=a000a"},
                                           {"12a 4 rc=a000a"}, {"134 1 rc=a000a"}, {"134 2 rc=a000a"},
                                           {"137 1 rc=a000a"}, {"138 1 rc=a000a"}};

BOOST_DATA_TEST_CASE_F(AnchorFixture, that_was_interrupted_counts_as_none_and_is_completed,
                       data::make(kInterruptions)) {
  open_with(sample.script);
  BOOST_CHECK_EXCEPTION((void)device->define_anchor(), Error, has_fault(Fault::transport));
  open_without_faults();
  BOOST_TEST(!device->read_anchor());
  const Anchor anchor = device->define_anchor();
  BOOST_TEST(!anchor.configured);
  BOOST_TEST(anchor.failed_tries == 0U);
  BOOST_TEST(anchor.generation == 0U);
  BOOST_TEST(device->advance_generation() == 1U);
}

BOOST_AUTO_TEST_CASE(needs_an_owner_without_auth_value_and_says_so) {
  make_storage_key_persistent();
  tool("tpm2_changeauth -Q -c owner secret");
  BOOST_CHECK_EXCEPTION((void)device->define_anchor(), Error, failed_with("tpm2_changeauth -c owner -p VALUE"));
  tool("tpm2_changeauth -Q -c owner -p secret");
  BOOST_CHECK_NO_THROW((void)device->define_anchor());
}

BOOST_AUTO_TEST_CASE(needs_room_and_says_so) {
  open_with("12a 2 rc=14b");
  BOOST_CHECK_EXCEPTION((void)device->define_anchor(), Error, failed_with("insufficient space for NV allocation"));
}

BOOST_DATA_TEST_CASE_F(AnchorFixture, does_not_take_an_index_of_somebody_else, data::make(kIndices)) {
  tool(std::string("tpm2_nvdefine -Q -C o -s 32 -a 'ownerread|ownerwrite' ") + sample);
  const std::string handle = std::string("0x0") + (sample + 2);
  BOOST_CHECK_EXCEPTION((void)device->read_anchor(), Error, failed_with(handle));
  BOOST_CHECK_EXCEPTION((void)device->define_anchor(), Error, failed_with(handle));
  BOOST_CHECK_EXCEPTION(device->remove_anchor({}), Error, failed_with(handle));
  BOOST_CHECK_NO_THROW(tool(std::string("tpm2_nvreadpublic ") + sample + " >/dev/null"));
}

// Same size, same kind, but deletable only by its policy.
BOOST_AUTO_TEST_CASE(looks_at_the_attributes_not_only_at_the_kind) {
  tool("tpm2_nvdefine -Q -C o -a 'ownerread|ownerwrite|authread|authwrite|no_da|nt=bits' 0x180ed01");
  BOOST_CHECK_EXCEPTION((void)device->define_anchor(), Error, failed_with("0x0180ed01"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_removal_of_the_anchor, AnchorFixture)

BOOST_AUTO_TEST_CASE(needs_the_owner_and_says_so) {
  (void)device->define_anchor();
  make_storage_key_persistent();
  tool("tpm2_changeauth -Q -c owner secret");
  for (const auto* wrong : {"", "other", "secret2"}) {
    BOOST_CHECK_EXCEPTION(device->remove_anchor(secret(wrong)), Error,
                          failed_with("not the authorisation value of the owner hierarchy"));
  }
  BOOST_CHECK_EXCEPTION(device->remove_anchor(tpm::SecretBytes(65)), Error, failed_with("too long"));
  BOOST_TEST(device->read_anchor().has_value());
  device->remove_anchor(secret("secret"));
  BOOST_TEST(!device->read_anchor());
}

BOOST_AUTO_TEST_CASE(forgets_the_owners_authorisation_afterwards) {
  (void)device->define_anchor();
  make_storage_key_persistent();
  tool("tpm2_changeauth -Q -c owner secret");
  device->remove_anchor(secret("secret"));
  BOOST_CHECK_EXCEPTION((void)device->define_anchor(), Error, failed_with("has an authorisation value"));
}

BOOST_DATA_TEST_CASE_F(AnchorFixture, that_was_interrupted_is_completed, data::make({1, 2, 3, 4})) {
  open_without_faults();
  (void)device->define_anchor();
  open_with("122 " + std::to_string(sample) + " rc=a000a");
  BOOST_CHECK_EXCEPTION(device->remove_anchor({}), Error, has_fault(Fault::transport));
  open_without_faults();
  device->remove_anchor({});
  BOOST_TEST(!device->read_anchor());
  BOOST_TEST(device->define_anchor().failed_tries == 0U);
}

BOOST_AUTO_TEST_CASE(by_the_owner_under_an_open_device_calls_for_opening_again) {
  (void)device->define_anchor();
  const auto removed_meanwhile = "134 1 rc=18b";  // TPM_RC_HANDLE of the first handle
  open_with(removed_meanwhile);
  (void)read();
  BOOST_CHECK_EXCEPTION((void)device->count_failed_try(), Error, has_fault(Fault::transport));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
