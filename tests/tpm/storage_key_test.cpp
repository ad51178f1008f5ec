#include <boost/test/unit_test.hpp>

#include "tests/tpm/device_fixture.h"
#include "tests/tpm/program.h"

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

}  // namespace
}  // namespace edgeseal::test
