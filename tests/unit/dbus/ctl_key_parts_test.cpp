// What edgesealctl does with keys, hexadecimal numbers, values of PCRs and credentials without an agent.

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>

#include "dbus/ctl/credential_file.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/hexadecimal.h"
#include "dbus/ctl/key_file.h"
#include "dbus/ctl/pcrs.h"
#include "dbus/ctl/pem.h"
#include "tests/fakes/test_certificate.h"

namespace edgeseal::ctl {
namespace {

bool is_usage(const Failure& failure) {
  return failure.code == ExitCode::Usage;
}

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

// A key in every form that a file may have it in.
struct Keys {
  std::string written(const std::function<int(BIO*)>& write) const {
    const Bio bio(BIO_new(BIO_s_mem()), &BIO_free_all);
    BOOST_REQUIRE(write(bio.get()) > 0);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<size_t>(size)};
  }
  std::string pkcs12() const {
    const std::unique_ptr<PKCS12, decltype(&PKCS12_free)> bundle(
        PKCS12_create("p", nullptr, key.get(), nullptr, nullptr, 0, 0, 0, 0, 0), &PKCS12_free);
    return written([&](BIO* bio) { return i2d_PKCS12_bio(bio, bundle.get()); });
  }

  Key key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  std::string word = "p";
  char* passphrase = word.data();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(key_file, Keys)

BOOST_AUTO_TEST_CASE(encrypted_keys_are_known_as_such) {
  BOOST_TEST(is_encrypted(written([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), EVP_aes_256_cbc(), passphrase, 1, nullptr, nullptr);
  })));
  BOOST_TEST(is_encrypted(written([&](BIO* bio) {
    return PEM_write_bio_PrivateKey_traditional(bio, key.get(), EVP_aes_256_cbc(),
                                                reinterpret_cast<unsigned char*>(passphrase), 1, nullptr, nullptr);
  })));
  BOOST_TEST(is_encrypted(written([&](BIO* bio) {
    return i2d_PKCS8PrivateKey_bio(bio, key.get(), EVP_aes_256_cbc(), passphrase, 1, nullptr, nullptr);
  })));
  BOOST_TEST(is_encrypted(pkcs12()));
}

BOOST_AUTO_TEST_CASE(plain_keys_need_no_passphrase) {
  BOOST_TEST(!is_encrypted(written(
      [&](BIO* bio) { return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); })));
  BOOST_TEST(!is_encrypted(written([&](BIO* bio) { return i2d_PrivateKey_bio(bio, key.get()); })));
  BOOST_TEST(!is_encrypted(written(
      [&](BIO* bio) { return i2d_PKCS8PrivateKey_bio(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); })));
  BOOST_TEST(!is_encrypted(""));
  BOOST_TEST(!is_encrypted("garbage"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(certificates_beside_keys)

BOOST_AUTO_TEST_CASE(a_key_in_the_file_is_skipped_where_that_is_wanted) {
  const test::TestCertificate certificate("one");
  BOOST_TEST((certificates_of(certificate.key_pem() + certificate.pem(), "f", PrivateKeys::Skip) ==
              std::vector<Der>{certificate.der()}));
  BOOST_CHECK_EXCEPTION((void)certificates_of(certificate.key_pem(), "f", PrivateKeys::Skip), Failure, is_usage);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(hexadecimal)

BOOST_AUTO_TEST_CASE(bytes_go_there_and_back) {
  BOOST_TEST(to_hex({0x00, 0x9A, 0xFF}) == "009aff");
  BOOST_TEST(to_hex({}) == "");
  BOOST_TEST((from_hex("009AfF", "x") == std::vector<uint8_t>{0x00, 0x9A, 0xFF}));
  BOOST_TEST(from_hex("", "x").empty());
}

BOOST_AUTO_TEST_CASE(what_is_no_number_of_whole_bytes_is_refused) {
  for (const std::string text : {"0", "000", "0g", "g0", "+1", "-1", " 1", "1 ", "0x11", "00 11"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_CHECK_EXCEPTION((void)from_hex(text, "x"), Failure, is_usage);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(pcr_values)

BOOST_AUTO_TEST_CASE(values_are_read_as_they_are_printed) {
  const PcrValues values{{0, {0x01}}, {23, {0xAB, 0xCD}}};
  BOOST_TEST((parse_pcr_json(to_json(values).dump(), "f") == values));
  BOOST_TEST((parse_pcr_value("23=abCD") == PcrValues{{23, {0xAB, 0xCD}}}));
  BOOST_TEST((parse_pcrs("0+23") == std::vector<std::uint32_t>{0, 23}));
}

BOOST_AUTO_TEST_CASE(what_are_no_pcrs_is_refused) {
  for (const std::string text : {"", "+", "0+", "0++1", "a", "0 ", "-1", "4294967296"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_CHECK_EXCEPTION((void)parse_pcrs(text), Failure, is_usage);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(credential_file)

BOOST_AUTO_TEST_CASE(both_parts_are_taken_out) {
  using namespace std::string_literals;
  const auto file = parse_credential_file("\xBA\xDC\xC0\xDE\0\0\0\1\0\1a\0\0"s, "f");
  BOOST_TEST((file.credential == std::vector<uint8_t>{'a'}));
  BOOST_TEST(file.encrypted_secret.empty());
}

BOOST_AUTO_TEST_CASE(every_cut_and_every_addition_is_refused) {
  using namespace std::string_literals;
  const auto whole = "\xBA\xDC\xC0\xDE\0\0\0\1\0\1a\0\2bc"s;
  for (size_t size = 0; size < whole.size(); ++size) {
    BOOST_CHECK_EXCEPTION((void)parse_credential_file(whole.substr(0, size), "f"), Failure, is_usage);
  }
  BOOST_CHECK_EXCEPTION((void)parse_credential_file(whole + "x", "f"), Failure, is_usage);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::ctl
