// PKCS#12 files that become keys of bundles.

#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <boost/test/unit_test.hpp>
#include <memory>

#include "dbus/ctl/bundle_key.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/secret_file.h"
#include "tests/fakes/test_certificate.h"
#include "tests/unit/dbus/temporary_directory.h"

namespace edgeseal::ctl {
namespace {

constexpr int iterations = 20'000;

using Pkcs12 = std::unique_ptr<PKCS12, decltype(&PKCS12_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

struct Files : Directory {
  [[nodiscard]] std::string path(const std::string& name) const { return directory / name; }
  std::string with(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }
  std::string with(const std::string& name, PKCS12& archive) const {
    const Bio file(BIO_new_file(path(name).c_str(), "wb"), &BIO_free_all);
    BOOST_REQUIRE(i2d_PKCS12_bio(file.get(), &archive) == 1);
    return path(name);
  }
  [[nodiscard]] jose::Bundle bundle_of(PKCS12& archive, const std::string& passphrase) const {
    jose::Bundle bundle;
    read_pkcs12(with("key.p12", archive), with("passphrase", passphrase), bundle);
    return bundle;
  }
};

Pkcs12 archive_of(const test::TestCertificate& own, const char* passphrase) {
  const std::string text = own.key_pem() + own.pem();
  const Bio memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free_all);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr), &X509_free);
  return {PKCS12_create(passphrase, nullptr, key.get(), certificate.get(), nullptr, NID_aes_256_cbc, NID_aes_256_cbc,
                        iterations, iterations, 0),
          &PKCS12_free};
}

// Its only part says that it is encrypted, and has nothing more.
Pkcs12 archive_without_content(const std::string& passphrase) {
  const std::unique_ptr<PKCS7, decltype(&PKCS7_free)> part(PKCS7_new(), &PKCS7_free);
  part->type = OBJ_nid2obj(NID_pkcs7_encrypted);
  const std::unique_ptr<STACK_OF(PKCS7), void (*)(STACK_OF(PKCS7)*)> parts(
      sk_PKCS7_new_null(), [](STACK_OF(PKCS7) * all) { sk_PKCS7_free(all); });
  BOOST_REQUIRE(sk_PKCS7_push(parts.get(), part.get()) == 1);
  Pkcs12 archive(PKCS12_init(NID_pkcs7_data), &PKCS12_free);
  BOOST_REQUIRE(PKCS12_pack_authsafes(archive.get(), parts.get()) == 1);
  BOOST_REQUIRE(PKCS12_set_mac(archive.get(), passphrase.data(), static_cast<int>(passphrase.size()), nullptr, 0,
                               iterations, EVP_sha256()) == 1);
  return archive;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(bundle_key, Files)

BOOST_AUTO_TEST_CASE(a_pkcs12_file_is_read) {
  const test::TestCertificate own("device");
  BOOST_TEST(bundle_of(*archive_of(own, "word"), "word\n").certificate.size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_empty_passphrase_is_one) {
  const test::TestCertificate own("device");
  for (const char* line : {"", "\n"}) {
    const jose::Bundle bundle = bundle_of(*archive_of(own, ""), line);
    BOOST_TEST(!bundle.private_key.empty());
    BOOST_TEST(bundle.certificate.size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_part_without_content_is_refused) {
  BOOST_CHECK_EXCEPTION((void)bundle_of(*archive_without_content("word"), "word"), Failure,
                        [](const Failure& failure) { return failure.code == ExitCode::Usage; });
}

BOOST_AUTO_TEST_CASE(an_empty_secret_has_a_content_that_ends) {
  const SecretFile secret = SecretFile::read(with("empty", ""), 16);
  BOOST_TEST(secret.content().empty());
  BOOST_TEST(*secret.content().data() == '\0');
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::ctl
