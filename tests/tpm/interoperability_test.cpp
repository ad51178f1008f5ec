#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/fakes/software_key.h"
#include "tests/tpm/dump_fixture.h"
#include "tests/tpm/program.h"
#include "tpm/tss_private_key.h"

namespace edgeseal::test {
namespace {

using tpm::HashAlgorithm;
using tpm::KeyAlgorithm;

constexpr const char* kLabel = "TSS2 PRIVATE KEY";

tpm::Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = bytes_of(text);
  return tpm::Bytes(bytes.begin(), bytes.end());
}

void write_file(const std::string& path, tpm::ByteView bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<long>(bytes.size()));
}

auto refused_with(std::string text) {
  return [text = std::move(text)](const tpm::Error& error) {
    BOOST_TEST_MESSAGE(error.what());
    return error.fault() == tpm::Fault::bad_blob && std::string(error.what()).find(text) != std::string::npos;
  };
}

struct InteroperabilityFixture : DeviceFixture {
  // The file first: to make it opens another device.
  tpm::CreatedKey adopt(const tpm::Bytes& file) { return device->adopt(file, {}); }

  [[nodiscard]] std::string path(const std::string& name) const { return swtpm.directory().file(name); }

  // With the device closed: swtpm serves one connection at a time.
  std::string run(const std::string& command) const {
    return run_program("cd " + swtpm.directory().path().string() + " && export TPM2TOOLS_TCTI=" + swtpm.tcti() +
                       " TPM2OPENSSL_TCTI=" + swtpm.tcti() + " && " + command);
  }

  // openssl reads a passphrase up to the end of a line or a zero byte.
  [[nodiscard]] tpm::CreatedKey key_with_typable_auth() const {
    for (;;) {
      tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256);
      const auto breaks_line = [](std::byte byte) {
        return byte == std::byte{0} || byte == std::byte{'\n'} || byte == std::byte{'\r'};
      };
      if (std::ranges::none_of(key.auth.view(), breaks_line)) return key;
    }
  }

  void reopen_device() { device = tpm::open_esys_key_device(settings_for(swtpm.tcti())); }

  // A key that tpm2-openssl made, as it wrote it, and its public key in public.pem. Leaves the device open.
  tpm::Bytes key_of_tpm2_openssl(const std::string& algorithm, const std::string& passphrase = "") {
    const std::string provider = "-provider tpm2 -provider default ";
    device.reset();
    (void)run("openssl genpkey " + provider + "-propquery '?provider=tpm2' -algorithm " + algorithm +
              (passphrase.empty() ? "" : " -pkeyopt user-auth:" + passphrase) + " -out key.pem");
    (void)run("grep -v -e ----- key.pem | base64 -d > key.der");
    (void)run("openssl pkey " + provider + "-in key.pem -passin pass:" + passphrase + " -pubout -out public.pem");
    reopen_device();
    return read_file(path("key.der"));
  }

  // A key that tpm2-tools made, in the file that another program would make of it. Leaves the device open.
  tpm::Bytes key_of_tpm2_tools(const std::string& type, const std::string& uses) {
    device.reset();
    (void)run(
        "tpm2_createprimary -Q -C o -G ecc -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|"
        "decrypt' -c primary.ctx && tpm2_flushcontext -t && tpm2_create -Q -C primary.ctx -G " +
        type + " -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|" + uses +
        "' -u k.pub -r k.priv && tpm2_flushcontext -t");
    reopen_device();
    return encode(tpm::TssPrivateKey{tpm::TssPrivateKey::Type::loadable_key, true, tpm::TssPrivateKey::kOwnerPrimary,
                                     read_file(path("k.pub")), read_file(path("k.priv"))});
  }

  // Through libcrypto, by the public.pem that tpm2-openssl wrote.
  [[nodiscard]] bool verifies(const tpm::Bytes& signature) const {
    write_file(path("sig"), signature);
    write_file(path("message"), bytes_of("a message"));
    return run("openssl dgst -sha256 -verify public.pem -signature sig message") == "Verified OK\n";
  }

  // Lets tpm2-openssl sign with what was exported, and libcrypto verify it. Closes the device.
  bool signs_through_tpm2_openssl(const tpm::Bytes& exported, const std::string& passphrase = "") {
    const std::string provider = "-provider tpm2 -provider default ", key = "-passin pass:" + passphrase + " ";
    device.reset();
    write_pem(exported);
    write_file(path("message"), bytes_of("a message"));
    (void)run("openssl dgst " + provider + "-propquery '?provider=tpm2' -sha256 -sign key.pem " + key +
              "-out sig message");
    (void)run("openssl pkey " + provider + "-in key.pem " + key + "-pubout -out public.pem");
    return run("openssl dgst -sha256 -verify public.pem -signature sig message") == "Verified OK\n";
  }

  void write_pem(const tpm::Bytes& der) const {
    write_file(path("key.der"), der);
    (void)run(std::string("{ echo '-----BEGIN ") + kLabel + "-----'; base64 -w64 key.der; echo '-----END " + kLabel +
              "-----'; } > key.pem");
  }
};

BOOST_FIXTURE_TEST_SUITE(a_stored_key, InteroperabilityFixture)

BOOST_AUTO_TEST_CASE(is_loaded_and_used_by_tpm2_openssl) {
  const tpm::CreatedKey key = key_with_typable_auth();
  device.reset();
  write_pem(key.tss_private_key);
  write_file(path("auth"), key.auth.view());
  write_file(path("message"), bytes_of("a message"));
  (void)run(
      "openssl dgst -provider tpm2 -provider default -propquery '?provider=tpm2' -sha256 -sign key.pem -passin "
      "file:auth -out sig message");
  (void)run("openssl pkey -provider tpm2 -provider default -in key.pem -passin file:auth -pubout -out public.pem");
  BOOST_TEST(run("openssl dgst -sha256 -verify public.pem -signature sig message") == "Verified OK\n");
}

BOOST_AUTO_TEST_CASE(may_come_from_tpm2_openssl_as_it_is) {
  const tpm::StoredKey key{{}, key_of_tpm2_openssl("RSA -pkeyopt bits:2048"), {}};
  BOOST_TEST(verifies(device->sign_rsa_pkcs1(key, HashAlgorithm::sha256, digest)));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_key_of_tpm2_openssl, InteroperabilityFixture)

BOOST_AUTO_TEST_CASE(is_adopted_and_signs) {
  const tpm::Bytes blob = key_of_tpm2_openssl("RSA -pkeyopt bits:2048");
  const tpm::CreatedKey key = device->adopt(blob, {});
  BOOST_TEST(key.auth.size() == 32U);
  BOOST_TEST(std::get<tpm::RsaPublicKey>(key.public_key).modulus.size() == 256U);
  BOOST_TEST(!key.exempt_from_lockout);
  BOOST_TEST(verifies(device->sign_rsa_pkcs1(stored(key), HashAlgorithm::sha256, digest)));
}

BOOST_AUTO_TEST_CASE(gets_an_auth_value_with_its_adoption) {
  const tpm::Bytes blob = key_of_tpm2_openssl("EC -pkeyopt group:P-256");  // opens another device
  const tpm::CreatedKey key = device->adopt(blob, {});
  const bool empty_auth = tpm::decode_tss_private_key(key.tss_private_key).empty_auth;
  BOOST_TEST(!empty_auth);
  const tpm::StoredKey without_auth{{}, key.tss_private_key, {}};
  BOOST_CHECK_EXCEPTION((void)device->sign_ecdsa(without_auth, HashAlgorithm::sha256, digest), tpm::Error,
                        has_fault(tpm::Fault::failed));
  BOOST_TEST(signs(key));
  BOOST_TEST(signs_through_tpm2_openssl(device->export_key(stored(key), {})));
}

BOOST_AUTO_TEST_CASE(D6_is_adopted_with_its_passphrase_alone) {
  const tpm::Bytes blob = key_of_tpm2_openssl("EC -pkeyopt group:P-256", "secret");
  const tpm::CreatedKey key = device->adopt(blob, tpm::SecretBytes(bytes_of("secret")));
  BOOST_TEST(signs(key));
  BOOST_TEST(key.auth.size() == 32U);
  BOOST_CHECK_EXCEPTION((void)device->adopt(blob, tpm::SecretBytes(bytes_of("guess"))), tpm::Error,
                        refused_with("wrong passphrase"));
  BOOST_CHECK_EXCEPTION((void)device->adopt(blob, {}), tpm::Error, refused_with("the key needs its passphrase"));
}

BOOST_AUTO_TEST_CASE(of_an_exported_key_with_a_policy_keeps_its_auth_value) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256, tpm::PcrPolicy{1U << 16, {}, std::nullopt});
  const tpm::CreatedKey adopted = device->adopt(key.tss_private_key, key.auth);
  BOOST_TEST(std::ranges::equal(adopted.auth.view(), key.auth.view()));
  BOOST_TEST(adopted.exempt_from_lockout);
  BOOST_TEST(signs(adopted));
  BOOST_CHECK_EXCEPTION((void)device->adopt(key.tss_private_key, tpm::SecretBytes(bytes_of("guess"))), tpm::Error,
                        refused_with("wrong passphrase"));
}

BOOST_AUTO_TEST_CASE(is_adopted_although_keys_of_ours_have_every_slot) {
  const tpm::CreatedKey outside = device->create(KeyAlgorithm::rsa_2048, tpm::PcrPolicy{1U << 16, {}, std::nullopt});
  const tpm::CreatedKey first = device->create(KeyAlgorithm::ec_p256), second = device->create(KeyAlgorithm::ec_p256);
  BOOST_TEST(signs(first));
  BOOST_TEST(signs(second));
  BOOST_TEST(signs(device->adopt(outside.tss_private_key, outside.auth)));
  BOOST_TEST(signs(first));
}

BOOST_AUTO_TEST_CASE(is_adopted_under_a_persistent_storage_key_too) {
  device.reset();
  (void)run(
      "tpm2_createprimary -Q -C o -G ecc -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|"
      "decrypt' -c primary.ctx && tpm2_flushcontext -t && tpm2_evictcontrol -Q -C o -c primary.ctx 0x81000001");
  const tpm::Bytes blob = key_of_tpm2_openssl("EC -pkeyopt group:P-256");
  BOOST_TEST(device->facts().storage_key_handle == 0x81000001U);
  const auto made_under = tpm::decode_tss_private_key(blob).parent;
  BOOST_TEST(made_under == tpm::TssPrivateKey::kOwnerPrimary);
  const tpm::CreatedKey key = device->adopt(blob, {});
  const auto kept_under = tpm::decode_tss_private_key(key.tss_private_key).parent;
  BOOST_TEST(kept_under == tpm::TssPrivateKey::kPersistentStorageKey);
  BOOST_TEST(signs(key));
}

BOOST_AUTO_TEST_CASE(of_another_tpm_is_not_adopted) {
  InteroperabilityFixture other;
  const tpm::Bytes blob = other.key_of_tpm2_openssl("EC -pkeyopt group:P-256");
  BOOST_CHECK_EXCEPTION((void)device->adopt(blob, {}), tpm::Error, has_fault(tpm::Fault::bad_blob));
}

BOOST_AUTO_TEST_CASE(is_not_adopted_if_it_is_none_or_cannot_sign) {
  const tpm::SealedSecret sealed = device->seal(digest);
  BOOST_CHECK_EXCEPTION((void)device->adopt(sealed.tss_private_key, sealed.auth), tpm::Error,
                        has_fault(tpm::Fault::bad_blob));
  BOOST_CHECK_EXCEPTION((void)adopt(key_of_tpm2_tools("rsa2048", "decrypt")), tpm::Error, refused_with("cannot sign"));
  BOOST_CHECK_EXCEPTION((void)device->adopt(digest, {}), tpm::Error, has_fault(tpm::Fault::bad_blob));
}

BOOST_AUTO_TEST_CASE(is_not_adopted_if_it_cannot_do_all_that_a_key_is_asked_for) {
  BOOST_CHECK_EXCEPTION((void)adopt(key_of_tpm2_tools("rsa2048", "sign")), tpm::Error,
                        refused_with("can sign but not decrypt"));
  BOOST_CHECK_EXCEPTION((void)adopt(key_of_tpm2_tools("rsa2048:rsassa-sha256:null", "sign")), tpm::Error,
                        refused_with("fixed to one scheme"));
  BOOST_CHECK_EXCEPTION((void)adopt(key_of_tpm2_tools("ecc256:ecdsa-sha256", "sign")), tpm::Error,
                        refused_with("fixed to one scheme"));
  BOOST_TEST(signs(adopt(key_of_tpm2_tools("rsa2048", "sign|decrypt"))));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_exported_key, InteroperabilityFixture)

BOOST_AUTO_TEST_CASE(signs_through_tpm2_openssl_without_a_passphrase) {
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::ec_p256, KeyAlgorithm::rsa_2048}) {
    const tpm::CreatedKey key = device->create(algorithm);
    BOOST_TEST(signs_through_tpm2_openssl(device->export_key(stored(key), {})));
    reopen_device();
    BOOST_TEST(signs(key));  // goes on as it was
  }
}

BOOST_AUTO_TEST_CASE(may_have_been_imported_before) {
  const SoftwareKey outside = SoftwareKey::generate(KeyAlgorithm::rsa_2048);
  const tpm::CreatedKey key = device->import_key(outside.private_key());
  BOOST_TEST(signs_through_tpm2_openssl(device->export_key(stored(key), {})));
}

BOOST_AUTO_TEST_CASE(signs_through_tpm2_openssl_with_a_passphrase) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256);
  const tpm::Bytes exported = device->export_key(stored(key), tpm::SecretBytes(bytes_of("secret")));
  const bool empty_auth = tpm::decode_tss_private_key(exported).empty_auth;
  BOOST_TEST(!empty_auth);
  BOOST_TEST(signs_through_tpm2_openssl(exported, "secret"));
}

BOOST_AUTO_TEST_CASE(is_adopted_again) {
  const tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256);
  const tpm::Bytes exported = device->export_key(stored(key), tpm::SecretBytes(bytes_of("secret")));
  BOOST_TEST(signs(device->adopt(exported, tpm::SecretBytes(bytes_of("secret")))));
}

BOOST_AUTO_TEST_CASE(takes_no_longer_auth_value_than_a_tpm_does) {
  const tpm::StoredKey key = stored(device->create(KeyAlgorithm::ec_p256));
  BOOST_CHECK_EXCEPTION((void)device->export_key(key, tpm::SecretBytes(33)), tpm::Error, has_fault(tpm::Fault::failed));
  const tpm::Bytes exported = device->export_key(key, tpm::SecretBytes(tpm::Bytes(32, std::byte{0x5a})));
  BOOST_TEST(!exported.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_bus_of_an_export, DumpFixture)

BOOST_AUTO_TEST_CASE(does_not_show_the_new_auth_value) {
  open();
  const tpm::SecretBytes auth(sha256(bytes_of("a passphrase")));
  (void)device->export_key(new_key(), auth);
  BOOST_TEST(!crossed_the_bus(auth.view()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
