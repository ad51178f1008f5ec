// What an OPC UA stack needs of the provider, row by row (I1 to I9) of the conformance table.

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <boost/test/unit_test.hpp>
#include <chrono>

#include "tests/programs/opc_ua/stack.h"

namespace edgeseal::tests::opc_ua {
namespace {

constexpr std::string_view message = "what is signed in OpenSecureChannel and in CreateSession";

Bytes secret_of(std::size_t size) {
  Bytes secret(size);
  for (std::size_t i = 0; i < size; ++i) secret[i] = static_cast<std::byte>(i * 31 + 7);
  return secret;
}

struct Stack : Keys {
  PkeyPtr load(const Identity& identity) const {
    const PkeyPtr key = load_pem(identity.private_key);
    BOOST_REQUIRE_MESSAGE(key, take_error_texts());
    return key;
  }

  // Both directions of a policy, as the owner of the key sees them.
  void check_policy(const Policy& policy, const Identity& identity) const {
    BOOST_TEST_CONTEXT(policy.name) {
      const PkeyPtr key = load(identity);
      const auto signature = sign(policy, key.get(), message);
      BOOST_REQUIRE_MESSAGE(signature, take_error_texts());
      BOOST_TEST(verifies(policy, identity.certificate.get(), message, *signature));
      BOOST_TEST(!verifies(policy, identity.certificate.get(), "another message", *signature));
      const Bytes nonce = secret_of(32);
      const auto decrypted = decrypt(policy, key.get(), encrypt(policy, identity.certificate.get(), nonce));
      BOOST_REQUIRE_MESSAGE(decrypted, take_error_texts());
      BOOST_TEST((*decrypted == nonce));
      BOOST_TEST(take_error_texts() == "");
    }
  }
};

const char* provider_of(EVP_PKEY_CTX* context) {
  return OSSL_PROVIDER_get0_name(EVP_PKEY_CTX_get0_provider(context));
}

std::string group_of(EVP_PKEY* key) {
  char group[64] = {};
  std::size_t size = 0;
  BOOST_REQUIRE(EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), &size) == 1);
  return group;
}

struct Curve {
  const char* key;
  const char* group;
  const EVP_MD* hash;
  std::size_t field_size;
};

const Curve curves[] = {{"p256", "prime256v1", EVP_sha256(), 32}, {"p384", "secp384r1", EVP_sha384(), 48}};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(opc_ua, Stack)

BOOST_AUTO_TEST_CASE(I1_rsa_pkcs1_sha256_signatures_verify_elsewhere) {
  const Identity identity = this->identity("rsa");
  const PkeyPtr key = load(identity);
  const auto signature = sign(basic256_sha256, key.get(), message);
  BOOST_REQUIRE_MESSAGE(signature, take_error_texts());
  BOOST_TEST(signature->size() == static_cast<std::size_t>(EVP_PKEY_get_size(key.get())));
  BOOST_TEST(verifies(basic256_sha256, identity.certificate.get(), message, *signature));
  BOOST_TEST(!verifies(basic256_sha256, identity.certificate.get(), "another message", *signature));
  check_policy(basic256_sha256, identity);
  check_policy(aes128_sha256_rsa_oaep, identity);
}

BOOST_AUTO_TEST_CASE(I2_pss_sha256_signatures_have_a_salt_of_exactly_32_bytes) {
  const Identity identity = this->identity("rsa");
  const PkeyPtr key = load(identity);
  const auto signature = sign(aes256_sha256_rsa_pss, key.get(), message);
  BOOST_REQUIRE_MESSAGE(signature, take_error_texts());
  X509* certificate = identity.certificate.get();
  BOOST_TEST(verifies_pss(EVP_sha256(), RSA_PSS_SALTLEN_DIGEST, certificate, message, *signature));
  BOOST_TEST(verifies_pss(EVP_sha256(), 32, certificate, message, *signature));
  for (const int salt : {0, 20, 31, 33, 222})
    BOOST_TEST(!verifies_pss(EVP_sha256(), salt, certificate, message, *signature));
  BOOST_TEST((*signature != sign(aes256_sha256_rsa_pss, key.get(), message)));
  check_policy(aes256_sha256_rsa_pss, identity);
}

BOOST_AUTO_TEST_CASE(I3_oaep_with_sha1_and_with_sha256_decrypts) {
  const Identity identity = this->identity("rsa");
  const PkeyPtr key = load(identity);
  for (const Policy& policy : {basic256_sha256, aes256_sha256_rsa_pss}) {
    for (const std::size_t size : {1U, 32U, 190U, 191U, 214U, 215U, 700U}) {
      const Bytes secret = secret_of(size);
      const auto decrypted = decrypt(policy, key.get(), encrypt(policy, identity.certificate.get(), secret));
      BOOST_REQUIRE_MESSAGE(decrypted, take_error_texts());
      BOOST_TEST((*decrypted == secret));
    }
  }
}

// Who learns which part of the padding was wrong can decrypt (Manger's attack).
BOOST_AUTO_TEST_CASE(I3_whatever_is_wrong_with_a_ciphertext_the_error_is_the_same) {
  const Identity identity = this->identity("rsa");
  const PkeyPtr key = load(identity);
  X509* certificate = identity.certificate.get();
  Bytes spoiled = encrypt(basic256_sha256, certificate, secret_of(32));
  spoiled.back() ^= std::byte{1};
  Bytes zero(spoiled.size());
  zero.back() = std::byte{2};
  std::vector<std::string> errors;
  for (const Bytes& ciphertext : {spoiled, encrypt(aes256_sha256_rsa_pss, certificate, secret_of(32)),
                                  encrypt(basic128_rsa15, certificate, secret_of(32)), zero}) {
    BOOST_TEST(!decrypt(basic256_sha256, key.get(), ciphertext).has_value());
    errors.push_back(take_error_texts());
  }
  BOOST_TEST(errors.front().find("decryption failed") == 0U);
  for (const std::string& error : errors) BOOST_TEST(error == errors.front());
}

BOOST_AUTO_TEST_CASE(I4_sha1_signatures_and_pkcs1_decryption_are_for_applications_with_old_peers) {
  const Identity old = identity("old-rsa");
  check_policy(basic128_rsa15, old);
  check_policy(basic256, old);

  const Identity identity = this->identity("rsa");
  const PkeyPtr key = load(identity);
  BOOST_TEST(!sign(basic128_rsa15, key.get(), message).has_value());
  BOOST_TEST(take_error_texts().find("legacy") != std::string::npos);
  const Bytes ciphertext = encrypt(basic128_rsa15, identity.certificate.get(), secret_of(32));
  BOOST_TEST(!decrypt(basic128_rsa15, key.get(), ciphertext).has_value());
  BOOST_TEST(take_error_texts().find("legacy") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(I5_ecdsa_signatures_verify_from_der_and_from_r_and_s) {
  for (const Curve& curve : curves) {
    const Identity identity = this->identity(curve.key);
    const PkeyPtr key = load(identity);
    X509* certificate = identity.certificate.get();
    // Often enough that an r or an s with leading zeros is among them, and one with the highest bit set is.
    for (int i = 0; i < 20; ++i) {
      const auto signature = sign(curve.hash, key.get(), message);
      BOOST_REQUIRE_MESSAGE(signature, take_error_texts());
      BOOST_TEST(verifies(curve.hash, certificate, message, *signature));
      const Bytes raw = raw_of(*signature, curve.field_size);
      BOOST_TEST(raw.size() == 2 * curve.field_size);
      BOOST_TEST((der_of_raw(raw) == *signature));
      BOOST_TEST(!verifies(curve.hash, certificate, "another message", der_of_raw(raw)));
    }
  }
}

BOOST_AUTO_TEST_CASE(I5_ec_keys_do_not_decrypt_and_rsa_schemes_are_not_theirs) {
  const PkeyPtr key = load(identity("p256"));
  BOOST_TEST(!sign(aes256_sha256_rsa_pss, key.get(), message).has_value());
  BOOST_TEST(!decrypt(basic256_sha256, key.get(), Bytes(256)).has_value());
  BOOST_TEST(!take_error_texts().empty());
}

BOOST_AUTO_TEST_CASE(I6_a_key_loads_from_pem_and_from_der) {
  const std::pair<const char*, int> types[] = {{"rsa", EVP_PKEY_RSA}, {"p256", EVP_PKEY_EC}, {"p384", EVP_PKEY_EC}};
  for (const auto& [name, type] : types) {
    BOOST_TEST_CONTEXT(name) {
      const Identity identity = this->identity(name);
      const Bytes der = der_in(identity.private_key);
      const auto* text = reinterpret_cast<const std::byte*>(identity.private_key.data());
      EVP_PKEY* certified = X509_get0_pubkey(identity.certificate.get());
      for (const PkeyPtr& key : {load_pem(identity.private_key), load_der(der), load_der(der, type), load_either(der),
                                 load_either(Bytes(text, text + identity.private_key.size()))}) {
        BOOST_REQUIRE_MESSAGE(key, take_error_texts());
        BOOST_TEST(EVP_PKEY_eq(key.get(), certified) == 1);
        BOOST_TEST(EVP_PKEY_eq(certified, key.get()) == 1);
        BOOST_TEST(X509_check_private_key(identity.certificate.get(), key.get()) == 1);
        BOOST_TEST(EVP_PKEY_get_base_id(key.get()) == type);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(I6_a_key_tells_its_sizes_its_group_and_its_public_part) {
  const PkeyPtr rsa = load(identity("rsa"));
  BOOST_TEST(EVP_PKEY_get_size(rsa.get()) == 256);
  BOOST_TEST(EVP_PKEY_get_bits(rsa.get()) == 2048);
  BOOST_TEST(EVP_PKEY_get_security_bits(rsa.get()) == 112);
  for (const Curve& curve : curves) {
    const Identity identity = this->identity(curve.key);
    const PkeyPtr key = load(identity);
    unsigned char* point = nullptr;
    BOOST_TEST(EVP_PKEY_get_bits(key.get()) == static_cast<int>(8 * curve.field_size));
    BOOST_TEST(EVP_PKEY_get_size(key.get()) >= static_cast<int>(2 * curve.field_size));
    BOOST_TEST(group_of(key.get()) == curve.group);
    BOOST_TEST(EVP_PKEY_get1_encoded_public_key(key.get(), &point) == 2 * curve.field_size + 1);
    OPENSSL_free(point);
    BOOST_TEST((fakes::public_key_of(key.get()) == fakes::public_key_of(X509_get0_pubkey(identity.certificate.get()))));
  }
}

BOOST_AUTO_TEST_CASE(I6_a_key_fits_its_certificate_alone_and_signs_requests) {
  const Identity own = identity("p256");
  BOOST_TEST(X509_check_private_key(identity("p384").certificate.get(), load(own).get()) != 1);
  static_cast<void>(take_error_texts());
  for (const char* name : {"rsa", "p256", "p384"}) {
    const PkeyPtr key = load(identity(name));
    const std::shared_ptr<X509_REQ> request(X509_REQ_new(), X509_REQ_free);
    BOOST_REQUIRE(X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1);
    BOOST_REQUIRE(X509_REQ_set_pubkey(request.get(), key.get()) == 1);
    BOOST_REQUIRE_MESSAGE(X509_REQ_sign(request.get(), key.get(), EVP_sha256()) > 0, take_error_texts());
    BOOST_TEST(X509_REQ_verify(request.get(), key.get()) == 1);
    BOOST_TEST(X509_REQ_verify(request.get(), X509_get0_pubkey(identity(name).certificate.get())) == 1);
    BOOST_TEST(take_error_texts() == "");
  }
}

BOOST_AUTO_TEST_CASE(I8_ephemeral_keys_and_random_numbers_stay_with_the_default_provider) {
  const PkeyPtr application_key = load(identity("p256"));
  const PkeyPtr own(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free);
  const PkeyPtr peer(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free);
  BOOST_REQUIRE_MESSAGE(own && peer, take_error_texts());
  const std::shared_ptr<EVP_PKEY_CTX> agreement(EVP_PKEY_CTX_new(own.get(), nullptr), EVP_PKEY_CTX_free);
  BOOST_REQUIRE_MESSAGE(EVP_PKEY_derive_init(agreement.get()) == 1, take_error_texts());
  BOOST_REQUIRE(EVP_PKEY_derive_set_peer(agreement.get(), peer.get()) == 1);
  unsigned char shared[32];
  std::size_t size = sizeof(shared);
  BOOST_TEST(EVP_PKEY_derive(agreement.get(), shared, &size) == 1);
  BOOST_TEST(size == 32U);
  BOOST_TEST(std::string(provider_of(agreement.get())) == "default");

  unsigned char nonce[32];
  BOOST_TEST(RAND_bytes(nonce, sizeof(nonce)) == 1);
  const std::shared_ptr<EVP_MD> hash(EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free);
  BOOST_TEST(std::string(OSSL_PROVIDER_get0_name(EVP_MD_get0_provider(hash.get()))) == "default");
  BOOST_TEST(std::string(OSSL_PROVIDER_get0_name(EVP_PKEY_get0_provider(application_key.get()))) == "edgeseal");
}

// The encrypted part of such a message: sequence header, the certificates of the chain, request, padding, signature.
BOOST_AUTO_TEST_CASE(I9_a_message_with_a_certificate_chain_is_opened_and_answered_in_time) {
  constexpr std::chrono::seconds shortest_timeout{5};  // of the stacks' defaults
  const Identity identity = this->identity("rsa");
  const PkeyPtr key = load(identity);
  Bytes sent = secret_of(8 + 132 + 256);
  for (int i = 0; i < 3; ++i) {
    const Bytes certificate = fakes::der_of(identity.certificate.get());
    sent.insert(sent.end(), certificate.begin(), certificate.end());
  }
  for (const Policy& policy : {basic256_sha256, aes256_sha256_rsa_pss}) {
    const Bytes ciphertext = encrypt(policy, identity.certificate.get(), sent);
    const auto start = std::chrono::steady_clock::now();
    const auto opened = decrypt(policy, key.get(), ciphertext);
    const auto answer = sign(policy, key.get(), message);
    const auto elapsed = std::chrono::steady_clock::now() - start;
    BOOST_REQUIRE_MESSAGE(opened && answer, take_error_texts());
    BOOST_TEST((*opened == sent));
    BOOST_TEST(verifies(policy, identity.certificate.get(), message, *answer));
    BOOST_TEST_MESSAGE(policy.name << ": " << ciphertext.size() / 256 << " blocks and a signature in "
                                   << std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count() << " ms");
    BOOST_TEST(ciphertext.size() / 256 >= 8U);
    BOOST_TEST((elapsed < shortest_timeout));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests::opc_ua
