// What a program can't get from a key that it may use, and what it can't turn it away from.

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include <algorithm>
#include <boost/test/data/test_case.hpp>

#include "tests/provider/fixture.h"

namespace edgeseal::tests {
namespace {

const std::vector<std::string> names{"ec", "rsa", "ed25519", "pss"};
const std::vector<std::string> private_numbers{OSSL_PKEY_PARAM_PRIV_KEY,        OSSL_PKEY_PARAM_RSA_D,
                                               OSSL_PKEY_PARAM_RSA_FACTOR1,     OSSL_PKEY_PARAM_RSA_FACTOR2,
                                               OSSL_PKEY_PARAM_RSA_EXPONENT1,   OSSL_PKEY_PARAM_RSA_EXPONENT2,
                                               OSSL_PKEY_PARAM_RSA_COEFFICIENT1};

// The secret numbers of the key that the agent has, big-endian.
std::vector<Bytes> secrets_of(EVP_PKEY* key) {
  std::vector<Bytes> secrets;
  for (const std::string& name : private_numbers) {
    BIGNUM* number = nullptr;
    if (EVP_PKEY_get_bn_param(key, name.c_str(), &number) != 1) continue;
    Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number)));
    BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
    BN_clear_free(number);
    secrets.push_back(bytes);
  }
  std::size_t size = 32;
  Bytes raw(size);
  if (EVP_PKEY_get_raw_private_key(key, reinterpret_cast<unsigned char*>(raw.data()), &size) == 1)
    secrets.push_back(raw);
  (void)take_errors();
  return secrets;
}

struct LoadedKey : Fixture {
  PkeyPtr load(const std::string& name) const {
    PkeyPtr key = program.load_key("edgeseal:" + name);
    BOOST_REQUIRE_MESSAGE(key, take_errors());
    return key;
  }
};

void check_has_no_secret(const Bytes& written, const std::vector<Bytes>& secrets) {
  for (const Bytes& secret : secrets)
    BOOST_TEST((std::search(written.begin(), written.end(), secret.begin(), secret.end()) == written.end()));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(private_part)

BOOST_DATA_TEST_CASE_F(LoadedKey, D5_no_private_number_can_be_asked_for, boost::unit_test::data::make(names), name) {
  const PkeyPtr key = load(name);
  for (const std::string& number : private_numbers) {
    BIGNUM* value = nullptr;
    BOOST_TEST(EVP_PKEY_get_bn_param(key.get(), number.c_str(), &value) != 1, number);
    BOOST_TEST(value == nullptr);
    std::array<unsigned char, 1024> octets{};
    std::size_t size = 0;
    BOOST_TEST(EVP_PKEY_get_octet_string_param(key.get(), number.c_str(), octets.data(), octets.size(), &size) != 1);
  }
  std::array<unsigned char, 64> raw{};
  std::size_t size = raw.size();
  BOOST_TEST(EVP_PKEY_get_raw_private_key(key.get(), raw.data(), &size) != 1);
  BOOST_TEST(std::ranges::count(raw, 0) == 64);
  (void)take_errors();
}

BOOST_DATA_TEST_CASE_F(LoadedKey, D5_what_is_written_of_a_key_holds_no_private_number,
                       boost::unit_test::data::make(names), name) {
  const PkeyPtr key = load(name);
  const std::vector<Bytes> secrets = secrets_of(Material::get().key(name).get());
  BOOST_REQUIRE(!secrets.empty());
  unsigned char* der = nullptr;
  const int size = i2d_PrivateKey(key.get(), &der);
  BOOST_REQUIRE(size > 0);  // the reference
  const auto* bytes = reinterpret_cast<const std::byte*>(der);
  check_has_no_secret(Bytes(bytes, bytes + size), secrets);
  OPENSSL_free(der);
  OSSL_PARAM* exported = nullptr;
  BOOST_TEST(EVP_PKEY_todata(key.get(), EVP_PKEY_KEYPAIR, &exported) != 1);
  OSSL_PARAM_free(exported);
  BOOST_TEST(EVP_PKEY2PKCS8(key.get()) == nullptr);
  (void)take_errors();
}

// Only the configuration of the program's OpenSSL says where the agent is.
BOOST_FIXTURE_TEST_CASE(D9_no_variable_of_the_environment_leads_to_another_agent, LoadedKey) {
  const bool done = in_child([&] {
    for (const char* name : {"EDGESEAL_SOCKET", "EDGESEAL_KEY_SOCKET", "EDGESEAL_KEYS_SOCK", "STATE_DIRECTORY",
                             "RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", "LISTEN_FDS", "TMPDIR", "HOME"})
      ::setenv(name, "/nonexistent", 1);
    const Program other(directory, socket);
    const PkeyPtr key = other.load_key("edgeseal:ec");
    return key && signs(other, key);
  });
  BOOST_TEST(done);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
