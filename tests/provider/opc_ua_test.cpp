// The calls that OPC UA stacks make of libcrypto, with its older names, which take no library context.

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "tests/provider/fixture.h"

namespace edgeseal::tests {
namespace {

using CipherContext = std::shared_ptr<EVP_PKEY_CTX>;

unsigned char* octets(Bytes& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

// Basic256Sha256 and Aes128_Sha256_RsaOaep encrypt with SHA-1, Aes256_Sha256_RsaPss with SHA-256 (OPC 10000-7).
struct Policy {
  const EVP_MD* digest;
  std::size_t plain_block;
};

const Policy with_sha1{EVP_sha1(), 256 - 2 * 20 - 2};
const Policy with_sha256{EVP_sha256(), 256 - 2 * 32 - 2};

void set_oaep(EVP_PKEY_CTX* context, const Policy& policy) {
  BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) > 0);
  BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_oaep_md(context, policy.digest) > 0);
  BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_mgf1_md(context, policy.digest) > 0);
}

// A message that is longer than a block becomes several.
Bytes encrypt(const Bytes& message, const Policy& policy) {
  const CipherContext context(EVP_PKEY_CTX_new_from_pkey(fakes::default_only(), Material::get().rsa.get(), nullptr),
                              EVP_PKEY_CTX_free);
  BOOST_REQUIRE(EVP_PKEY_encrypt_init(context.get()) == 1);
  set_oaep(context.get(), policy);
  Bytes ciphertext;
  for (std::size_t at = 0; at < message.size(); at += policy.plain_block) {
    Bytes block(256);
    std::size_t size = block.size();
    const auto* from = reinterpret_cast<const unsigned char*>(message.data()) + at;
    BOOST_REQUIRE(EVP_PKEY_encrypt(context.get(), octets(block), &size, from,
                                   std::min(policy.plain_block, message.size() - at)) == 1);
    ciphertext.insert(ciphertext.end(), block.begin(), block.end());
  }
  return ciphertext;
}

Bytes decrypt(EVP_PKEY* key, const Bytes& ciphertext, const Policy& policy) {
  const CipherContext context(EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free);
  BOOST_REQUIRE_MESSAGE(EVP_PKEY_decrypt_init(context.get()) == 1, take_errors());
  set_oaep(context.get(), policy);
  const auto modulus_size = static_cast<std::size_t>(EVP_PKEY_get_size(key));
  Bytes message;
  for (std::size_t at = 0; at < ciphertext.size(); at += modulus_size) {
    Bytes block(modulus_size);
    std::size_t size = block.size();
    const auto* from = reinterpret_cast<const unsigned char*>(ciphertext.data()) + at;
    BOOST_REQUIRE_MESSAGE(EVP_PKEY_decrypt(context.get(), octets(block), &size, from, modulus_size) == 1,
                          take_errors());
    message.insert(message.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(size));
  }
  return message;
}

Bytes message_of(std::size_t size) {
  Bytes message(size);
  for (std::size_t i = 0; i < size; ++i) message[i] = static_cast<std::byte>(i);
  return message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(opc_ua)

BOOST_FIXTURE_TEST_CASE(a_secret_of_several_blocks_is_decrypted_by_one_operation, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:rsa");
  for (const Policy& policy : {with_sha1, with_sha256}) {
    for (const std::size_t size :
         {policy.plain_block - 1, policy.plain_block, policy.plain_block + 1, std::size_t{700}}) {
      const Bytes message = message_of(size);
      BOOST_TEST((decrypt(key.get(), encrypt(message, policy), policy) == message));
    }
  }
  BOOST_TEST(take_errors() == "");
}

// Aes256_Sha256_RsaPss.
BOOST_FIXTURE_TEST_CASE(pss_with_a_salt_as_long_as_the_digest_verifies, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:rsa");
  const std::shared_ptr<EVP_MD_CTX> operation(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* context = nullptr;
  BOOST_REQUIRE_MESSAGE(EVP_DigestSignInit(operation.get(), &context, EVP_sha256(), nullptr, key.get()) == 1,
                        take_errors());
  BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0);
  BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, 32) > 0);
  BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) > 0);
  BOOST_REQUIRE(EVP_DigestSignUpdate(operation.get(), "message", 7) == 1);
  Bytes signature(256);
  std::size_t size = signature.size();
  BOOST_REQUIRE_MESSAGE(EVP_DigestSignFinal(operation.get(), octets(signature), &size) == 1, take_errors());
  BOOST_TEST(size == 256U);
  BOOST_TEST(verifies(Material::get().rsa.get(), "message", signature, {"SHA256", RSA_PKCS1_PSS_PADDING, 32}));
}

// Basic128Rsa15, which old peers still speak.
BOOST_FIXTURE_TEST_CASE(pkcs1_decrypts_blocks_of_their_size, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:rsa");
  const Bytes nonce = message_of(32);
  const CipherContext encryption(EVP_PKEY_CTX_new_from_pkey(fakes::default_only(), Material::get().rsa.get(), nullptr),
                                 EVP_PKEY_CTX_free);
  Bytes block(256);
  std::size_t size = block.size();
  BOOST_REQUIRE(EVP_PKEY_encrypt_init(encryption.get()) == 1);
  BOOST_REQUIRE(EVP_PKEY_encrypt(encryption.get(), octets(block), &size,
                                 reinterpret_cast<const unsigned char*>(nonce.data()), nonce.size()) == 1);
  const CipherContext decryption(EVP_PKEY_CTX_new(key.get(), nullptr), EVP_PKEY_CTX_free);
  Bytes plaintext(256);
  size = plaintext.size();
  BOOST_REQUIRE(EVP_PKEY_decrypt_init(decryption.get()) == 1);
  BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_padding(decryption.get(), RSA_PKCS1_PADDING) > 0);
  BOOST_REQUIRE_MESSAGE(EVP_PKEY_decrypt(decryption.get(), octets(plaintext), &size, octets(block), block.size()) == 1,
                        take_errors());
  plaintext.resize(size);
  BOOST_TEST((plaintext == nonce));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
