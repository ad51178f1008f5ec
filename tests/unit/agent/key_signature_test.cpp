#include "agent/keys/key_signature.h"

#include <openssl/rsa.h>

#include <boost/test/unit_test.hpp>

#include "agent/keys/public_key.h"
#include "agent/keys/signature_encoding.h"
#include "tests/fakes/fake_key_device.h"
#include "tests/unit/agent/error_code.h"

using namespace edgeseal;
using agent::Code;
using agent::SignatureRequest;
using tpm::HashAlgorithm;
using wire::SignatureScheme;

namespace {

const tpm::Bytes message(20, std::byte{0x6d});
constexpr std::size_t modulus_size = 256;

struct Chip {
  test::FakeTpm tpm;
  std::unique_ptr<tpm::KeyDevice> device = tpm.open();

  // A key of an application that has peers for these uses.
  agent::KeyPtr key(tpm::KeyAlgorithm algorithm, std::vector<std::string> legacy = {}) {
    tpm::CreatedKey created = device->create(algorithm);
    auto key = std::make_shared<agent::Key>();
    key->slot.application = "web";
    key->algorithm = algorithm;
    key->public_key = agent::subject_public_key_info(created.public_key);
    key->stored = {agent::key_id(key->public_key), std::move(created.tss_private_key), std::move(created.auth)};
    key->legacy = std::move(legacy);
    return key;
  }

  tpm::Bytes sign(const agent::KeyPtr& key, const SignatureRequest& request) {
    agent::require_fit(*key, request);
    return agent::sign_command(key, request)(*device);
  }
};

SignatureRequest raw(tpm::Bytes block) {
  return {SignatureScheme::rsa_raw, HashAlgorithm::sha256, 0, std::move(block)};
}

// 00 01 FF .. FF 00 and content: what a program pads by itself.
tpm::Bytes padded(const tpm::Bytes& content) {
  tpm::Bytes block(modulus_size, std::byte{0xff});
  block[0] = std::byte{0};
  block[1] = std::byte{1};
  block[modulus_size - content.size() - 1] = std::byte{0};
  std::copy(content.begin(), content.end(), block.end() - static_cast<std::ptrdiff_t>(content.size()));
  return block;
}

// What the public operation makes of a signature.
tpm::Bytes recovered(const agent::Key& key, const tpm::Bytes& signature) {
  const auto public_key = agent::parse_public_key(key.public_key);
  const agent::KeyContextPtr context(EVP_PKEY_CTX_new(public_key.get(), nullptr));
  tpm::Bytes block(modulus_size);
  std::size_t size = block.size();
  BOOST_REQUIRE(EVP_PKEY_verify_recover_init(context.get()) == 1);
  BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) == 1);
  BOOST_REQUIRE(EVP_PKEY_verify_recover(context.get(), reinterpret_cast<unsigned char*>(block.data()), &size,
                                        agent::octets(signature), signature.size()) == 1);
  return block;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(key_signature, Chip)

BOOST_AUTO_TEST_CASE(raw_rsa_is_the_private_operation_where_the_application_has_peers_for_it) {
  const auto key = this->key(tpm::KeyAlgorithm::rsa_2048, {"raw-rsa"});
  const tpm::Bytes block = padded(message);
  const tpm::Bytes signature = sign(key, raw(block));
  BOOST_TEST(signature.size() == modulus_size);
  BOOST_TEST((recovered(*key, signature) == block));
  BOOST_TEST(tpm.counts().raw_operations == 1U);
  BOOST_TEST(tpm.counts().signatures == 0U);
}

BOOST_AUTO_TEST_CASE(raw_rsa_is_refused_without_that) {
  const auto says_what_to_do = [](const agent::Error& error) {
    return error.code() == Code::not_supported &&
           std::string(error.what()).find("legacy = [\"raw-rsa\"]") != std::string::npos;
  };
  for (const auto& key : {this->key(tpm::KeyAlgorithm::rsa_2048),
                          this->key(tpm::KeyAlgorithm::rsa_2048, {"sha1-signatures", "pkcs1-decryption"})})
    BOOST_CHECK_EXCEPTION((void)sign(key, raw(padded(message))), agent::Error, says_what_to_do);
  BOOST_TEST(tpm.counts().raw_operations == 0U);
}

BOOST_AUTO_TEST_CASE(a_block_that_is_none_of_the_modulus_is_refused) {
  const auto key = this->key(tpm::KeyAlgorithm::rsa_2048, {"raw-rsa"});
  const auto public_key = agent::parse_public_key(key->public_key);
  const auto modulus = std::get<tpm::RsaPublicKey>(agent::to_tpm(*public_key)).modulus;
  for (const tpm::Bytes& block : {tpm::Bytes(), tpm::Bytes(modulus_size - 1), tpm::Bytes(modulus_size + 1), modulus,
                                  tpm::Bytes(modulus_size, std::byte{0xff})})
    BOOST_CHECK_EXCEPTION((void)sign(key, raw(block)), agent::Error, test::has_code(Code::invalid_argument));
  BOOST_TEST(tpm.counts().raw_operations == 0U);
  tpm::Bytes below = modulus;
  below.back() ^= std::byte{1};  // a modulus is odd
  BOOST_TEST((recovered(*key, sign(key, raw(below))) == below));
}

BOOST_AUTO_TEST_CASE(raw_rsa_is_for_rsa_keys) {
  const auto key = this->key(tpm::KeyAlgorithm::ec_p256, {"raw-rsa"});
  BOOST_CHECK_EXCEPTION((void)sign(key, raw(padded(message))), agent::Error, test::has_code(Code::not_supported));
}

BOOST_AUTO_TEST_CASE(sha1_is_signed_by_pkcs1_for_old_peers_and_by_nothing_else) {
  const auto old = this->key(tpm::KeyAlgorithm::rsa_2048, {"sha1-signatures"});
  const auto request = [](SignatureScheme scheme) {
    return SignatureRequest{scheme, HashAlgorithm::sha1, 0, agent::digest_of(HashAlgorithm::sha1, message)};
  };
  BOOST_TEST(agent::verifies(*agent::parse_public_key(old->public_key), HashAlgorithm::sha1, message,
                             sign(old, request(SignatureScheme::rsa_pkcs1))));
  BOOST_CHECK_EXCEPTION((void)sign(old, request(SignatureScheme::rsa_pss)), agent::Error,
                        test::has_code(Code::not_supported));
  BOOST_CHECK_EXCEPTION((void)sign(key(tpm::KeyAlgorithm::rsa_2048), request(SignatureScheme::rsa_pkcs1)), agent::Error,
                        test::has_code(Code::not_supported));
}

BOOST_AUTO_TEST_CASE(a_digest_has_the_length_of_its_hash) {
  const auto key = this->key(tpm::KeyAlgorithm::ec_p256);
  for (const std::size_t size : {std::size_t{0}, std::size_t{31}, std::size_t{33}})
    BOOST_CHECK_EXCEPTION((void)sign(key, {SignatureScheme::ecdsa, HashAlgorithm::sha256, 0, tpm::Bytes(size)}),
                          agent::Error, test::has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_SUITE_END()
