#include <array>
#include <boost/test/unit_test.hpp>
#include <span>

#include "tests/tpm/device_fixture.h"
#include "tests/tpm/loaded_handles.h"
#include "tests/tpm/program.h"
#include "tpm/key_creation.h"

namespace edgeseal::test {
namespace {

using tpm::Error;
using tpm::Fault;
using tpm::KeyAlgorithm;

constexpr std::uint32_t kPersistent = 0x81000001;

struct StorageKeyFixture {
  Swtpm swtpm;

  [[nodiscard]] std::unique_ptr<tpm::KeyDevice> open(const std::optional<tpm::Bytes>& recorded_name = {}) const {
    tpm::DeviceSettings settings = settings_for(swtpm.tcti());
    settings.storage_key_name = recorded_name;
    return tpm::open_esys_key_device(settings);
  }

  // Runs a program of tpm2-tools on this TPM, which nobody else may use meanwhile.
  void tool(const std::string& command) const {
    (void)run_program("cd " + swtpm.directory().path().string() + " && TPM2TOOLS_TCTI=" + swtpm.tcti() + " " + command);
  }

  void make_persistent(const std::string& template_arguments) const {
    tool("tpm2_createprimary -Q -C o " + template_arguments + " -c primary.ctx");
    tool("tpm2_flushcontext -Q -t && TPM2TOOLS_TCTI=" + swtpm.tcti() +
         " tpm2_evictcontrol -Q -C o -c primary.ctx 0x81000001");
    tool("tpm2_flushcontext -Q -t");
  }

  void remove_persistent() const { tool("tpm2_evictcontrol -Q -C o -c 0x81000001"); }
};

BOOST_FIXTURE_TEST_SUITE(the_storage_key, StorageKeyFixture)

BOOST_AUTO_TEST_CASE(is_a_primary_with_the_same_name_at_every_start) {
  const tpm::Bytes name = open()->facts().storage_key_name;
  BOOST_TEST((open(name)->facts().storage_key_name == name));
}

BOOST_AUTO_TEST_CASE(is_the_persistent_one_if_there_is_one) {
  make_persistent("-G rsa2048");
  auto device = open();
  BOOST_TEST(device->facts().storage_key_handle == kPersistent);
  const tpm::Bytes name = device->facts().storage_key_name;
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256);
  device.reset();
  device = open(name);
  BOOST_TEST(device->facts().storage_key_handle == kPersistent);
  const tpm::Bytes digest = sha256(bytes_of("a message"));
  const auto signature = device->sign_ecdsa(stored(key), tpm::HashAlgorithm::sha256, digest);
  BOOST_TEST(verify_ecdsa(key.public_key, digest, signature));
}

BOOST_AUTO_TEST_CASE(at_its_persistent_place_leaves_room_for_keys) {
  make_persistent("-G ecc");
  const auto device = open();
  const tpm::Bytes digest = sha256(bytes_of("a message"));
  for (int i = 0; i < 5; ++i) {
    const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256);
    const auto signature = device->sign_ecdsa(stored(key), tpm::HashAlgorithm::sha256, digest);
    BOOST_TEST(verify_ecdsa(key.public_key, digest, signature));
  }
}

BOOST_AUTO_TEST_CASE(stays_the_recorded_primary_when_somebody_makes_a_persistent_one) {
  const tpm::Bytes name = open()->facts().storage_key_name;
  make_persistent("-G rsa2048");
  const auto device = open(name);
  BOOST_TEST(device->facts().storage_key_handle == 0U);
  BOOST_TEST((device->facts().storage_key_name == name));
}

BOOST_AUTO_TEST_CASE(is_not_a_signing_key_at_the_persistent_place) {
  make_persistent("-G ecc -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|sign'");
  BOOST_TEST(open()->facts().storage_key_handle == 0U);
}

BOOST_AUTO_TEST_CASE(of_another_tpm_is_called_replaced_and_the_remedy_named) {
  Swtpm other;
  const tpm::Bytes name = tpm::open_esys_key_device(settings_for(other.tcti()))->facts().storage_key_name;
  BOOST_CHECK_EXCEPTION((void)open(name), Error, [](const Error& error) {
    return error.fault() == Fault::replaced &&
           std::string(error.what()).find("Put the original TPM back") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(is_called_replaced_after_tpm2_clear) {
  const tpm::Bytes name = open()->facts().storage_key_name;
  tool("tpm2_clear -Q");
  BOOST_CHECK_EXCEPTION((void)open(name), Error, has_fault(Fault::replaced));
}

BOOST_AUTO_TEST_CASE(is_called_replaced_when_the_recorded_persistent_one_was_removed) {
  make_persistent("-G rsa2048");
  const tpm::Bytes name = open()->facts().storage_key_name;
  remove_persistent();
  BOOST_CHECK_EXCEPTION((void)open(name), Error, has_fault(Fault::replaced));
}

BOOST_AUTO_TEST_CASE(cannot_be_made_with_an_owner_authorisation_and_the_named_remedy_helps) {
  const tpm::Bytes name = open()->facts().storage_key_name;
  tool("tpm2_changeauth -Q -c owner secret");
  BOOST_CHECK_EXCEPTION((void)open(name), Error, [](const Error& error) {
    const std::string text = error.what();
    BOOST_TEST_MESSAGE(text);
    return error.fault() == Fault::failed && text.find("the owner hierarchy has an authorisation") != text.npos &&
           text.find("tpm2_changeauth -c owner -p VALUE") != text.npos;
  });
  tool(
      "tpm2_createprimary -Q -C o -P secret -G ecc -a "
      "'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt' -c primary.ctx");
  tool("tpm2_flushcontext -Q -t");
  tool("tpm2_evictcontrol -Q -C o -P secret -c primary.ctx 0x81000001");
  tool("tpm2_flushcontext -Q -t");
  BOOST_TEST(open(name)->facts().storage_key_handle == kPersistent);
}

BOOST_AUTO_TEST_CASE(can_be_made_again_when_the_owner_authorisation_is_emptied) {
  const tpm::Bytes name = open()->facts().storage_key_name;
  tool("tpm2_changeauth -Q -c owner secret");
  tool("tpm2_changeauth -Q -c owner -p secret");
  BOOST_TEST((open(name)->facts().storage_key_name == name));
}

BOOST_AUTO_TEST_SUITE_END()

// What somebody does to the chip while we have it open, past ESAPI. Ours is the only connection that swtpm serves.
void send_behind_esapi(tpm::Context& context, std::span<const std::uint8_t> command) {
  context.run("find the TCTI", [&](ESYS_CONTEXT* esys) {
    TSS2_TCTI_CONTEXT* tcti = nullptr;
    std::array<std::uint8_t, TPM2_MAX_RESPONSE_SIZE> response{};
    std::size_t size = response.size();
    const TSS2_RC found = Esys_GetTcti(esys, &tcti);
    if (found != TSS2_RC_SUCCESS) return found;
    if (Tss2_Tcti_Transmit(tcti, command.size(), command.data()) != TSS2_RC_SUCCESS ||
        Tss2_Tcti_Receive(tcti, &size, response.data(), TSS2_TCTI_TIMEOUT_BLOCK) != TSS2_RC_SUCCESS) {
      return static_cast<TSS2_RC>(TSS2_TCTI_RC_IO_ERROR);
    }
    return static_cast<TSS2_RC>(response[8] << 8 | response[9]);
  });
}

// Both with an empty password: size and code, the hierarchy, what it is done to.
constexpr std::array<std::uint8_t, 35> kEvictStorageKey{0x80, 0x02, 0,    0, 0, 35,   0, 0,    0x01, 0x20, 0x40, 0,
                                                        0,    0x01, 0x81, 0, 0, 0x01, 0, 0,    0,    9,    0x40, 0,
                                                        0,    0x09, 0,    0, 0, 0,    0, 0x81, 0,    0,    0x01};
constexpr std::array<std::uint8_t, 27> kClear{0x80, 0x02, 0, 0, 0,    27, 0, 0,    0x01, 0x26, 0x40, 0, 0, 0x0a,
                                              0,    0,    0, 9, 0x40, 0,  0, 0x09, 0,    0,    0,    0, 0};

struct OpenedFixture : StorageKeyFixture {
  // A key is made, the chip is changed, and no other key can be made.
  void check_lost_by(std::span<const std::uint8_t> command) {
    tpm::Context context(swtpm.tcti(), {});
    const tpm::StorageKey storage_key = tpm::open_storage_key(context, std::nullopt);
    tpm::Session session(context, storage_key.handle.get());
    const auto make_key = [&] { (void)tpm::create_key(session, storage_key, KeyAlgorithm::ec_p256, {}); };
    make_key();
    send_behind_esapi(context, command);
    BOOST_CHECK_EXCEPTION(make_key(), Error, has_fault(Fault::transport));
  }
};

BOOST_FIXTURE_TEST_SUITE(the_opened_storage_key, OpenedFixture)

BOOST_AUTO_TEST_CASE(that_somebody_evicts_calls_for_opening_again_and_is_called_replaced_then) {
  make_persistent("-G ecc -g sha256");
  const tpm::Bytes name = open()->facts().storage_key_name;
  check_lost_by(kEvictStorageKey);
  BOOST_TEST(leftovers_in(swtpm) == 0U);
  BOOST_CHECK_EXCEPTION((void)open(name), Error, has_fault(Fault::replaced));
}

BOOST_AUTO_TEST_CASE(that_goes_with_tpm2_clear_calls_for_opening_again_and_is_called_replaced_then) {
  const tpm::Bytes name = open()->facts().storage_key_name;
  check_lost_by(kClear);
  BOOST_CHECK_EXCEPTION((void)open(name), Error, has_fault(Fault::replaced));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
