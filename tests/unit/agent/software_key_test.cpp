#include <openssl/rsa.h>

#include <array>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "agent/error.h"
#include "agent/keys/pss_key.h"
#include "agent/keys/public_key.h"
#include "agent/keys/secret_memory.h"
#include "agent/keys/signature_encoding.h"
#include "agent/keys/software_key.h"
#include "agent/slot.h"
#include "tests/unit/agent/error_code.h"

using namespace edgeseal;
using agent::Code;
using agent::SoftwareKey;
using tpm::HashAlgorithm;
using tpm::KeyAlgorithm;
using wire::SignatureScheme;

namespace edgeseal::tpm {
std::ostream& operator<<(std::ostream& out, KeyAlgorithm algorithm) {
  return out << agent::algorithm_name(algorithm);
}
}  // namespace edgeseal::tpm

namespace {

constexpr KeyAlgorithm all[] = {KeyAlgorithm::rsa_2048, KeyAlgorithm::rsa_3072, KeyAlgorithm::rsa_4096,
                                KeyAlgorithm::ec_p256,  KeyAlgorithm::ec_p384,  KeyAlgorithm::ec_p521,
                                KeyAlgorithm::ed25519};
constexpr HashAlgorithm hashes[] = {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha384,
                                    HashAlgorithm::sha512};

const tpm::Bytes message(100, std::byte{0x41});

// One of each for all tests: RSA keys take their time.
const SoftwareKey& key_of(KeyAlgorithm algorithm) {
  static std::map<KeyAlgorithm, SoftwareKey> keys;
  const auto found = keys.find(algorithm);
  return found != keys.end() ? found->second : keys.emplace(algorithm, SoftwareKey::generate(algorithm)).first->second;
}

agent::SignatureRequest request(SignatureScheme scheme, HashAlgorithm hash, std::size_t salt_length = 0) {
  return {scheme, hash, salt_length, agent::digest_of(hash, message)};
}

SignatureScheme usual_scheme(KeyAlgorithm algorithm) {
  if (algorithm == KeyAlgorithm::ed25519) return SignatureScheme::ed25519;
  return agent::modulus_bits(algorithm) ? SignatureScheme::rsa_pkcs1 : SignatureScheme::ecdsa;
}

bool verifies(const SoftwareKey& key, HashAlgorithm hash, const tpm::Bytes& signature) {
  return agent::verifies(*agent::parse_public_key(key.public_key()), hash, message, signature);
}

bool verifies_pss(const SoftwareKey& key, HashAlgorithm hash, int salt, const tpm::Bytes& signature) {
  const auto public_key = agent::parse_public_key(key.public_key());
  const agent::DigestContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* of_key = nullptr;
  return EVP_DigestVerifyInit(context.get(), &of_key, agent::message_digest(hash), nullptr, public_key.get()) > 0 &&
         EVP_PKEY_CTX_set_rsa_padding(of_key, RSA_PKCS1_PSS_PADDING) > 0 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(of_key, salt) > 0 &&
         EVP_DigestVerify(context.get(), agent::octets(signature), signature.size(), agent::octets(message),
                          message.size()) == 1;
}

tpm::Bytes pkcs8_of(const SoftwareKey& key) {
  tpm::Bytes copy;
  key.with_pkcs8([&copy](tpm::ByteView der) {
    BOOST_TEST(agent::secret_memory::contains(der.data()));
    copy.assign(der.begin(), der.end());
  });
  return copy;
}

void check_rsa_signatures(const SoftwareKey& key, HashAlgorithm hash) {
  BOOST_TEST(verifies(key, hash, key.sign(request(SignatureScheme::rsa_pkcs1, hash))));
  const std::size_t longest = 256 - agent::digest_size(hash) - 2;
  for (const std::size_t salt : {std::size_t{0}, agent::digest_size(hash), longest})
    BOOST_TEST(
        verifies_pss(key, hash, static_cast<int>(salt), key.sign(request(SignatureScheme::rsa_pss, hash, salt))));
  BOOST_CHECK_EXCEPTION((void)key.sign(request(SignatureScheme::rsa_pss, hash, longest + 1)), agent::Error,
                        test::has_code(Code::not_supported));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(software_key)

BOOST_DATA_TEST_CASE(each_kind_of_key_is_made_and_signs, all, algorithm) {
  const SoftwareKey& key = key_of(algorithm);
  BOOST_TEST(key.algorithm() == algorithm);
  auto asked = request(usual_scheme(algorithm), HashAlgorithm::sha256);
  if (algorithm == KeyAlgorithm::ed25519) asked.digest = message;
  BOOST_TEST(verifies(key, HashAlgorithm::sha256, key.sign(asked)));
}

BOOST_AUTO_TEST_CASE(rsa_signs_with_every_hash_and_fitting_salt) {
  for (const HashAlgorithm hash : hashes) check_rsa_signatures(key_of(KeyAlgorithm::rsa_2048), hash);
}

BOOST_AUTO_TEST_CASE(ecdsa_signs_with_every_hash) {
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::ec_p256, KeyAlgorithm::ec_p384, KeyAlgorithm::ec_p521})
    for (const HashAlgorithm hash : hashes)
      BOOST_TEST(verifies(key_of(algorithm), hash, key_of(algorithm).sign(request(SignatureScheme::ecdsa, hash))));
}

BOOST_DATA_TEST_CASE(a_scheme_of_another_kind_of_key_is_refused, all, algorithm) {
  const SoftwareKey& key = key_of(algorithm);
  for (const SignatureScheme scheme :
       {SignatureScheme::rsa_pkcs1, SignatureScheme::rsa_pss, SignatureScheme::ecdsa, SignatureScheme::ed25519}) {
    const bool own = scheme == usual_scheme(algorithm) ||
                     (scheme == SignatureScheme::rsa_pss && agent::modulus_bits(algorithm).has_value());
    if (own) continue;
    BOOST_CHECK_EXCEPTION((void)key.sign(request(scheme, HashAlgorithm::sha256)), agent::Error,
                          test::has_code(Code::not_supported));
  }
}

BOOST_AUTO_TEST_CASE(that_signs_with_pss_only_is_the_same_key_after_its_encoding) {
  const SoftwareKey key = SoftwareKey::generate(KeyAlgorithm::rsa_2048, agent::RsaUse::pss);
  BOOST_TEST((key.algorithm() == KeyAlgorithm::rsa_2048));
  BOOST_TEST(agent::pss_restriction(key.public_key()).has_value());
  const auto encoded = pkcs8_of(key);
  const auto copy = SoftwareKey::from_pkcs8(encoded);
  BOOST_TEST((copy.public_key() == key.public_key()));
  BOOST_TEST((pkcs8_of(copy) == encoded));
  const auto signature = copy.sign(request(SignatureScheme::rsa_pss, HashAlgorithm::sha256, 32));
  BOOST_TEST(verifies(key, HashAlgorithm::sha256, signature));
}

BOOST_DATA_TEST_CASE(is_the_same_key_after_its_encoding, all, algorithm) {
  const SoftwareKey& key = key_of(algorithm);
  const auto encoded = pkcs8_of(key);
  const auto copy = SoftwareKey::from_pkcs8(encoded);
  BOOST_TEST(copy.algorithm() == algorithm);
  BOOST_TEST((copy.public_key() == key.public_key()));
  BOOST_TEST((pkcs8_of(copy) == encoded));
}

BOOST_AUTO_TEST_CASE(an_encoding_that_is_damaged_is_an_error) {
  auto encoded = pkcs8_of(key_of(KeyAlgorithm::ec_p256));
  encoded.pop_back();
  BOOST_CHECK_THROW((void)SoftwareKey::from_pkcs8(encoded), agent::Error);
  BOOST_CHECK_THROW((void)SoftwareKey::from_pkcs8({}), agent::Error);
}

BOOST_AUTO_TEST_CASE(the_raw_operation_undoes_the_public_one_and_takes_no_block_over_the_modulus) {
  const SoftwareKey& key = key_of(KeyAlgorithm::rsa_2048);
  const auto modulus = std::get<tpm::RsaPrivateKey>(*key.parts()).public_key.modulus;
  tpm::Bytes block = modulus;
  block.back() ^= std::byte{1};                   // odd before: now one less
  const auto minus_one = key.rsa_private(block);  // to an odd power: itself
  BOOST_TEST((tpm::Bytes(minus_one.view().begin(), minus_one.view().end()) == block));
  BOOST_CHECK_EXCEPTION((void)key.rsa_private(modulus), agent::Error, test::has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION((void)key.rsa_private(tpm::Bytes(256, std::byte{0xff})), agent::Error,
                        test::has_code(Code::invalid_argument));
  for (const std::size_t size : {0u, 255u, 257u})
    BOOST_CHECK_EXCEPTION((void)key.rsa_private(tpm::Bytes(size)), agent::Error,
                          test::has_code(Code::invalid_argument));
  BOOST_TEST(key.rsa_private(block).size() == 256u);  // and goes on
}

BOOST_AUTO_TEST_CASE(the_parts_make_the_public_key) {
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::rsa_3072, KeyAlgorithm::ec_p521}) {
    const auto parts = key_of(algorithm).parts();
    const auto public_key = std::visit([](const auto& key) { return tpm::PublicKey(key.public_key); }, *parts);
    BOOST_TEST((agent::subject_public_key_info(public_key) == key_of(algorithm).public_key()));
  }
  BOOST_TEST(std::get<tpm::RsaPrivateKey>(*key_of(KeyAlgorithm::rsa_3072).parts()).prime.size() == 192u);
  BOOST_TEST(std::get<tpm::EcPrivateKey>(*key_of(KeyAlgorithm::ec_p521).parts()).scalar.size() == 66u);
  BOOST_TEST(!key_of(KeyAlgorithm::ed25519).parts().has_value());
}

BOOST_AUTO_TEST_CASE(a_key_of_another_kind_is_refused_naming_what_is_kept) {
  for (const auto& key : {agent::PublicKeyPtr(EVP_RSA_gen(1024)).release(), EVP_EC_gen("P-224"),
                          EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")}) {
    const auto names_them = [](const agent::Error& error) {
      return error.code() == Code::not_supported && std::string(error.what()).find("P-521") != std::string::npos;
    };
    BOOST_CHECK_EXCEPTION(SoftwareKey{agent::PublicKeyPtr(key)}, agent::Error, names_them);
  }
}

BOOST_AUTO_TEST_CASE(serves_several_threads_at_once) {
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::ec_p256, KeyAlgorithm::rsa_2048}) {
    const SoftwareKey& key = key_of(algorithm);
    const auto asked = request(usual_scheme(algorithm), HashAlgorithm::sha256);
    std::vector<tpm::Bytes> signatures(4);
    {
      std::vector<std::jthread> threads;
      for (auto& signature : signatures)
        threads.emplace_back([&] {
          for (int i = 0; i < 50; ++i) signature = key.sign(asked);
        });
    }
    for (const auto& signature : signatures) BOOST_TEST(verifies(key, HashAlgorithm::sha256, signature));
  }
}

BOOST_AUTO_TEST_CASE(a_public_key_at_infinity_is_read_but_not_written) {
  constexpr std::array<unsigned char, 27> infinity = {0x30, 0x19, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                                      0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                                      0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x02, 0x00, 0x00};
  const auto key = agent::parse_public_key(std::as_bytes(std::span(infinity)));
  BOOST_TEST(!agent::encoded_public_key(key.get()).has_value());
  BOOST_TEST(!agent::encoded_public_key(nullptr).has_value());
}

BOOST_AUTO_TEST_CASE(an_exponent_that_no_tpm_takes_is_the_mistake_of_who_gave_it) {
  const agent::KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  const agent::BignumPtr exponent(BN_new());
  EVP_PKEY* key = nullptr;
  BOOST_REQUIRE(BN_set_word(exponent.get(), 0x100000001) == 1 && EVP_PKEY_keygen_init(context.get()) == 1 &&
                EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), 2048) == 1 &&
                EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), exponent.get()) == 1 &&
                EVP_PKEY_generate(context.get(), &key) == 1);
  const agent::PublicKeyPtr owner(key);
  BOOST_CHECK_EXCEPTION((void)agent::to_tpm(*key), agent::Error, test::has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_SUITE_END()
