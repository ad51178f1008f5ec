#include "tpm/leftovers.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <exception>

#include "tests/tpm/device_fixture.h"
#include "tests/tpm/loaded_handles.h"
#include "tests/tpm/program.h"
#include "tests/tpm/traced_fixture.h"
#include "tpm/key_template.h"

namespace edgeseal::test {
namespace {

using tpm::Error;
using tpm::Fault;
namespace data = boost::unit_test::data;

constexpr std::size_t kSlots = 3;
constexpr int kCrashes = 10;  // more than there are slots or sessions

auto busy_with_remedy(const std::string& cause) {
  return [cause](const Error& error) {
    const std::string text = error.what();
    BOOST_TEST_MESSAGE(text);
    return error.fault() == Fault::busy && text.find(cause) != text.npos && text.find("/dev/tpmrm0") != text.npos;
  };
}

// The public area of a signing key, which no program of ours makes a primary of.
TPM2B_PUBLIC signing_primary() {
  return tpm::application_key_template(tpm::KeyAlgorithm::ec_p256);
}

struct LeftoversFixture {
  Swtpm swtpm;
  tpm::Bytes digest = sha256(bytes_of("a message"));

  [[nodiscard]] std::unique_ptr<tpm::KeyDevice> open(const std::optional<tpm::Bytes>& recorded_name = {}) const {
    tpm::DeviceSettings settings = settings_for(swtpm.tcti());
    settings.storage_key_name = recorded_name;
    return tpm::open_esys_key_device(settings);
  }

  [[nodiscard]] bool new_keys_sign(tpm::KeyDevice& device, int keys) const {
    for (int i = 0; i < keys; ++i) {
      const tpm::CreatedKey key = device.create(tpm::KeyAlgorithm::ec_p256);
      const auto signature = device.sign_ecdsa(stored(key), tpm::HashAlgorithm::sha256, digest);
      if (!verify_ecdsa(key.public_key, digest, signature)) return false;
    }
    return true;
  }

  // Another process opens the device, uses three keys and ends with everything loaded. True if all of it worked.
  [[nodiscard]] bool crash(const std::optional<tpm::Bytes>& recorded_name = {}) const {
    const pid_t process = ::fork();
    if (process == 0) end_without_flush(recorded_name);
    int status = -1;
    return ::waitpid(process, &status, 0) == process && status == 0;
  }

  [[noreturn]] void end_without_flush(const std::optional<tpm::Bytes>& recorded_name) const {
    try {
      const auto device = open(recorded_name);
      ::_exit(new_keys_sign(*device, 3) ? EXIT_SUCCESS : EXIT_FAILURE);
    } catch (const std::exception& error) {
      fprintf(stderr, "%s\n", error.what());
      ::_exit(EXIT_FAILURE);
    }
  }

  [[nodiscard]] std::vector<TPM2_HANDLE> objects() const { return handles_in(swtpm, TPM2_TRANSIENT_FIRST); }

  // Runs a command of ESAPI whose result stays in the chip when the connection ends.
  void leave(const tpm::Context::Command& command) const {
    tpm::Context context(swtpm.tcti(), {});
    context.run("leave something", command);
  }

  void leave_primary(ESYS_TR hierarchy, const TPM2B_PUBLIC& area) const {
    leave([&](ESYS_CONTEXT* esys) {
      const TPM2B_SENSITIVE_CREATE no_auth{};
      const TPM2B_DATA no_outside_info{};
      const TPML_PCR_SELECTION no_pcrs{};
      ESYS_TR object = ESYS_TR_NONE;
      return Esys_CreatePrimary(esys, hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &no_auth, &area,
                                &no_outside_info, &no_pcrs, &object, nullptr, nullptr, nullptr, nullptr);
    });
  }

  void leave_foreign_primary() const { leave_primary(ESYS_TR_RH_OWNER, signing_primary()); }

  void leave_sequence() const {
    leave([](ESYS_CONTEXT* esys) {
      const TPM2B_AUTH no_auth{};
      ESYS_TR sequence = ESYS_TR_NONE;
      return Esys_HashSequenceStart(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &no_auth, TPM2_ALG_SHA256,
                                    &sequence);
    });
  }

  void leave_sessions(TPM2_SE type) const {
    tpm::Context context(swtpm.tcti(), {});
    const TPMT_SYM_DEF plain{TPM2_ALG_NULL, {}, {}};
    for (;;) {
      ESYS_TR session = ESYS_TR_NONE;
      try {
        context.run("leave a session", [&](ESYS_CONTEXT* esys) {
          return Esys_StartAuthSession(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                       nullptr, type, &plain, TPM2_ALG_SHA256, &session);
        });
      } catch (const Error& error) {
        BOOST_TEST(tpm::out_of_sessions(error.rc()));
        return;
      }
    }
  }

  void tool(const std::string& command) const {
    (void)run_program("cd " + swtpm.directory().path().string() + " && export TPM2TOOLS_TCTI=" + swtpm.tcti() + " && " +
                      command);
  }

  void make_persistent(const std::string& hierarchy) const {
    tool("tpm2_createprimary -Q -G ecc -C " + hierarchy + " -c primary.ctx && tpm2_flushcontext -Q -t && " +
         "tpm2_evictcontrol -Q -C o -c primary.ctx 0x81000001 && tpm2_flushcontext -Q -t");
  }
};

BOOST_FIXTURE_TEST_SUITE(what_a_killed_process_left, LeftoversFixture)

BOOST_AUTO_TEST_CASE(fills_the_chip_and_stops_neither_the_next_process_nor_the_tenth) {
  for (int i = 0; i < kCrashes; ++i) {
    BOOST_TEST(crash());
    BOOST_TEST(objects().size() == kSlots);
  }
  auto device = open();
  BOOST_TEST(new_keys_sign(*device, 3));
  device.reset();
  BOOST_TEST(objects().empty());
}

BOOST_AUTO_TEST_CASE(is_known_by_the_recorded_name_of_the_primary) {
  const tpm::Bytes name = open()->facts().storage_key_name;
  for (int i = 0; i < kCrashes; ++i) BOOST_TEST(crash(name));
  BOOST_TEST(objects().size() == kSlots);
  BOOST_TEST(new_keys_sign(*open(name), 3));
  BOOST_TEST(objects().empty());
}

// By hierarchy of the persistent storage key: with the endorsement hierarchy, only the chip can tell its Qualified
// Name.
BOOST_DATA_TEST_CASE_F(LeftoversFixture, under_a_persistent_storage_key_is_flushed_too, data::make({"o", "e"})) {
  make_persistent(sample);
  for (int i = 0; i < kCrashes; ++i) {
    BOOST_TEST(crash());
    BOOST_TEST(objects().size() == kSlots - 1);
  }
  BOOST_TEST(new_keys_sign(*open(), 3));
  BOOST_TEST(objects().empty());
}

BOOST_AUTO_TEST_CASE(makes_room_although_a_foreign_object_has_the_last_slot_of_a_persistent_storage_key) {
  make_persistent("o");
  const tpm::Bytes name = open()->facts().storage_key_name;
  BOOST_TEST(crash(name));
  leave_foreign_primary();
  BOOST_REQUIRE(objects().size() == kSlots);
  BOOST_TEST(new_keys_sign(*open(name), 3));
  BOOST_TEST(objects().size() == 1U);
}

BOOST_AUTO_TEST_CASE(is_flushed_without_its_primary) {
  BOOST_TEST(crash());
  tool("tpm2_flushcontext -Q 0x80000000");
  BOOST_TEST(objects().size() == kSlots - 1);
  BOOST_TEST(new_keys_sign(*open(), 3));
  BOOST_TEST(objects().empty());
}

BOOST_AUTO_TEST_CASE(stays_when_the_storage_key_is_not_the_recorded_one) {
  Swtpm other;
  const tpm::Bytes name = tpm::open_esys_key_device(settings_for(other.tcti()))->facts().storage_key_name;
  BOOST_TEST(crash());
  tool("tpm2_flushcontext -Q 0x80000000");  // room for a primary
  BOOST_CHECK_EXCEPTION((void)open(name), Error, has_fault(Fault::replaced));
  BOOST_TEST(objects().size() == kSlots - 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_object_of_somebody_else, LeftoversFixture)

void check_survives(const LeftoversFixture& chip) {
  const std::vector<TPM2_HANDLE> before = chip.objects();
  BOOST_REQUIRE(!before.empty());
  const tpm::Bytes name = chip.open()->facts().storage_key_name;
  BOOST_TEST(chip.objects() == before, boost::test_tools::per_element());
  BOOST_TEST(chip.new_keys_sign(*chip.open(name), 3));
  BOOST_TEST(chip.objects() == before, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(that_is_another_primary_stays) {
  leave_foreign_primary();
  check_survives(*this);
}

BOOST_AUTO_TEST_CASE(that_is_like_the_storage_key_but_in_another_hierarchy_stays) {
  leave_primary(ESYS_TR_RH_ENDORSEMENT, tpm::storage_key_template());
  check_survives(*this);
}

BOOST_AUTO_TEST_CASE(that_is_a_sequence_stays) {
  leave_sequence();
  check_survives(*this);
}

BOOST_AUTO_TEST_CASE(that_is_a_child_of_another_storage_key_stays) {
  tool("tpm2_createprimary -Q -C e -G ecc -c other.ctx && tpm2_flushcontext -Q -t");
  tool("tpm2_create -Q -C other.ctx -G ecc -u child.pub -r child.priv && tpm2_flushcontext -Q -t");
  tool("tpm2_load -Q -C other.ctx -u child.pub -r child.priv -c child.ctx && tpm2_flushcontext -Q 0x80000000");
  check_survives(*this);
}

BOOST_AUTO_TEST_CASE(stays_beside_what_a_killed_process_left) {
  leave_foreign_primary();
  const std::vector<TPM2_HANDLE> foreign = objects();
  BOOST_TEST(crash());
  BOOST_TEST(objects().size() == kSlots);
  BOOST_TEST(new_keys_sign(*open(), 3));
  BOOST_TEST(objects() == foreign, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(in_every_slot_is_named_as_the_cause_at_opening) {
  for (std::size_t i = 0; i < kSlots; ++i) leave_foreign_primary();
  BOOST_CHECK_EXCEPTION((void)open(), Error, busy_with_remedy("hold the object slots"));
  BOOST_TEST(objects().size() == kSlots);
}

BOOST_AUTO_TEST_CASE(in_every_slot_but_that_of_the_storage_key_is_named_as_the_cause_at_loading) {
  const tpm::StoredKey key = stored(open()->create(tpm::KeyAlgorithm::ec_p256));
  for (std::size_t i = 1; i < kSlots; ++i) leave_foreign_primary();
  const auto device = open();
  BOOST_CHECK_EXCEPTION((void)device->sign_ecdsa(key, tpm::HashAlgorithm::sha256, digest), Error,
                        busy_with_remedy("hold the object slots"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(sessions_that_were_left, LeftoversFixture)

BOOST_DATA_TEST_CASE_F(LeftoversFixture, until_there_were_no_more_do_not_stop_the_next_process,
                       data::make({TPM2_SE_HMAC, TPM2_SE_POLICY})) {
  leave_sessions(sample);
  auto device = open();
  BOOST_TEST(new_keys_sign(*device, 3));
  device.reset();
  BOOST_TEST(leftovers_in(swtpm) == 0U);
}

BOOST_AUTO_TEST_CASE(stay_while_there_is_room) {
  leave([](ESYS_CONTEXT* esys) {
    const TPMT_SYM_DEF plain{TPM2_ALG_NULL, {}, {}};
    ESYS_TR session = ESYS_TR_NONE;
    return Esys_StartAuthSession(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, nullptr,
                                 TPM2_SE_HMAC, &plain, TPM2_ALG_SHA256, &session);
  });
  BOOST_TEST(new_keys_sign(*open(), 1));
  BOOST_TEST(handles_in(swtpm, TPM2_LOADED_SESSION_FIRST).size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_session_that_is_refused, TracedFixture)

// TPM_RC_SESSION_MEMORY, TPM_RC_SESSION_HANDLES
BOOST_DATA_TEST_CASE_F(TracedFixture, is_tried_once_more, data::make({"903", "905"})) {
  (void)commands();
  open_with(std::string("176 1 rc=") + sample);
  BOOST_TEST(count(commands(), command::kStartAuthSession) == 2);
  BOOST_CHECK_NO_THROW(sign(new_key()));
}

BOOST_AUTO_TEST_CASE(again_is_busy_and_the_remedy_named) {
  (void)commands();
  BOOST_CHECK_EXCEPTION(open_with("176 1-9 rc=903"), Error, busy_with_remedy("hold the sessions"));
  BOOST_TEST(count(commands(), command::kStartAuthSession) == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
