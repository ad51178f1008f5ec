#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include <boost/test/data/test_case.hpp>
#include <functional>
#include <optional>

#include "tests/provider/fixture.h"

namespace edgeseal::tests {
namespace {

using CipherContext = std::shared_ptr<EVP_PKEY_CTX>;

struct Padding {
  int mode = RSA_PKCS1_OAEP_PADDING;
  std::string hash;      // empty: the default
  std::string mgf_hash;  // empty: the default
  std::string label;
};

std::ostream& operator<<(std::ostream& out, const Padding& shown) {
  return out << (shown.mode == RSA_PKCS1_PADDING ? "PKCS#1" : "OAEP ") << shown.hash << ' ' << shown.mgf_hash << ' '
             << shown.label.size();
}

std::vector<Padding> all_paddings() {
  std::vector<Padding> all{{.mode = RSA_PKCS1_PADDING, .hash = {}, .mgf_hash = {}, .label = {}},
                           {.hash = {}, .mgf_hash = {}, .label = {}},
                           {.hash = "SHA256", .mgf_hash = {}, .label = {}},
                           {.hash = {}, .mgf_hash = "SHA256", .label = {}},
                           {.hash = "SHA256", .mgf_hash = {}, .label = "label"},
                           {.hash = "SHA1", .mgf_hash = "SHA256", .label = std::string(255, 'l')}};
  for (const char* hash : {"SHA1", "SHA256", "SHA384", "SHA512"}) {
    for (const char* mgf_hash : {"SHA1", "SHA256", "SHA384", "SHA512"})
      all.push_back({.hash = hash, .mgf_hash = mgf_hash, .label = {}});
  }
  return all;
}

unsigned char* octets(Bytes& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
const unsigned char* octets(const Bytes& bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

bool set_padding(EVP_PKEY_CTX* context, const Padding& padding) {
  if (EVP_PKEY_CTX_set_rsa_padding(context, padding.mode) != 1) return false;
  if (!padding.hash.empty() && EVP_PKEY_CTX_set_rsa_oaep_md_name(context, padding.hash.c_str(), nullptr) != 1)
    return false;
  if (!padding.mgf_hash.empty() && EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, padding.mgf_hash.c_str(), nullptr) != 1)
    return false;
  if (padding.label.empty()) return true;
  void* label = OPENSSL_memdup(padding.label.data(), padding.label.size());
  if (EVP_PKEY_CTX_set0_rsa_oaep_label(context, label, static_cast<int>(padding.label.size())) == 1) return true;
  OPENSSL_free(label);
  return false;
}

using Cipher = int (*)(EVP_PKEY_CTX*, unsigned char*, std::size_t*, const unsigned char*, std::size_t);

// Nothing on failure.
std::optional<Bytes> run(Cipher cipher, EVP_PKEY_CTX* context, const Bytes& in) {
  std::size_t size = 0;
  if (cipher(context, nullptr, &size, octets(in), in.size()) != 1) return std::nullopt;
  Bytes out(size);
  if (cipher(context, octets(out), &size, octets(in), in.size()) != 1) return std::nullopt;
  out.resize(size);
  return out;
}

CipherContext new_context(OSSL_LIB_CTX* library, EVP_PKEY* key) {
  return {EVP_PKEY_CTX_new_from_pkey(library, key, nullptr), EVP_PKEY_CTX_free};
}

Bytes encrypt(OSSL_LIB_CTX* library, EVP_PKEY* key, const Bytes& plaintext, const Padding& padding) {
  const CipherContext context = new_context(library, key);
  BOOST_REQUIRE(EVP_PKEY_encrypt_init(context.get()) == 1);
  BOOST_REQUIRE(set_padding(context.get(), padding));
  return run(EVP_PKEY_encrypt, context.get(), plaintext).value_or(Bytes());
}

Bytes encrypt(const Bytes& plaintext, const Padding& padding) {
  return encrypt(fakes::default_only(), Material::get().rsa.get(), plaintext, padding);
}

Bytes premaster_secret(unsigned char major, unsigned char minor) {
  Bytes secret(48, std::byte{0x5e});
  secret[0] = std::byte{major};
  secret[1] = std::byte{minor};
  return secret;
}

const Bytes message = Bytes(20, std::byte{0x6d});
const Padding pkcs1{.mode = RSA_PKCS1_PADDING, .hash = {}, .mgf_hash = {}, .label = {}};
const Padding oaep_sha256{.hash = "SHA256", .mgf_hash = "SHA256", .label = {}};

struct DecryptionFixture : Fixture {
  PkeyPtr key = program.load_key("edgeseal:rsa");

  [[nodiscard]] CipherContext decryption() const {
    CipherContext context = new_context(program.context(), key.get());
    BOOST_REQUIRE_MESSAGE(EVP_PKEY_decrypt_init(context.get()) == 1, take_errors());
    return context;
  }

  [[nodiscard]] std::optional<Bytes> decrypt(const Bytes& ciphertext, const Padding& padding) const {
    const CipherContext context = decryption();
    BOOST_REQUIRE_MESSAGE(set_padding(context.get(), padding), take_errors());
    return run(EVP_PKEY_decrypt, context.get(), ciphertext);
  }

  // As a TLS server does, whose client offered `client` and got `negotiated`, zero for not told.
  [[nodiscard]] std::optional<Bytes> decrypt_premaster(const Bytes& ciphertext, unsigned client,
                                                       unsigned negotiated = 0) const {
    const CipherContext context = decryption();
    BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_WITH_TLS_PADDING) == 1);
    const OSSL_PARAM versions[] = {
        OSSL_PARAM_construct_uint(OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION, &client),
        OSSL_PARAM_construct_uint(OSSL_ASYM_CIPHER_PARAM_TLS_NEGOTIATED_VERSION, &negotiated),
        OSSL_PARAM_construct_end()};
    BOOST_REQUIRE(EVP_PKEY_CTX_set_params(context.get(), versions) == 1);
    return run(EVP_PKEY_decrypt, context.get(), ciphertext);
  }
};

bool told(const std::string& reason) {
  const std::string errors = take_errors();
  BOOST_TEST_INFO(errors);
  return errors.find(reason) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(decryption)

BOOST_DATA_TEST_CASE_F(DecryptionFixture, what_libcrypto_encrypts_comes_back,
                       boost::unit_test::data::make(all_paddings()), padding) {
  const auto plaintext = decrypt(encrypt(message, padding), padding);
  BOOST_REQUIRE_MESSAGE(plaintext.has_value(), take_errors());
  BOOST_TEST((*plaintext == message));
  BOOST_TEST(take_errors() == "");
  BOOST_TEST(server.requests(wire::Operation::decrypt) == 1U);
}

BOOST_DATA_TEST_CASE_F(DecryptionFixture, the_key_itself_encrypts_by_its_public_part,
                       boost::unit_test::data::make(all_paddings()), padding) {
  const Bytes ciphertext = encrypt(program.context(), key.get(), message, padding);
  BOOST_TEST(ciphertext.size() == 256U);
  BOOST_TEST(server.requests(wire::Operation::decrypt) == 0U);
  BOOST_TEST((decrypt(ciphertext, padding) == message));
}

BOOST_FIXTURE_TEST_CASE(an_empty_and_a_longest_message_come_back, DecryptionFixture) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{256 - 2 * 32 - 2}}) {
    const Bytes plaintext(size, std::byte{1});
    BOOST_TEST((decrypt(encrypt(plaintext, oaep_sha256), oaep_sha256) == plaintext));
  }
  const Bytes longest(256 - 11, std::byte{1});
  BOOST_TEST((decrypt(encrypt(longest, pkcs1), pkcs1) == longest));
}

BOOST_FIXTURE_TEST_CASE(another_label_hash_or_ciphertext_is_no_plaintext, DecryptionFixture) {
  const Padding labelled{.hash = "SHA256", .mgf_hash = "SHA256", .label = "label"};
  Bytes spoiled = encrypt(message, oaep_sha256);
  spoiled[100] ^= std::byte{1};
  BOOST_TEST(!decrypt(encrypt(message, labelled), oaep_sha256).has_value());
  BOOST_TEST(told("decryption failed"));
  BOOST_TEST(!decrypt(encrypt(message, oaep_sha256), {.hash = "SHA1", .mgf_hash = "SHA256", .label = {}}).has_value());
  BOOST_TEST(told("decryption failed"));
  BOOST_TEST(!decrypt(spoiled, oaep_sha256).has_value());
  BOOST_TEST(told("decryption failed"));
}

BOOST_FIXTURE_TEST_CASE(a_ciphertext_longer_than_the_modulus_or_empty_is_refused, DecryptionFixture) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{257}, std::size_t{512}}) {
    BOOST_TEST(!decrypt(Bytes(size, std::byte{1}), oaep_sha256).has_value());
    BOOST_TEST(told("wrong size of the ciphertext"));
  }
  BOOST_TEST(server.requests(wire::Operation::decrypt) == 0U);
}

// As a sender leaves out that writes numbers and not blocks.
BOOST_FIXTURE_TEST_CASE(leading_zeros_may_be_missing, DecryptionFixture) {
  Bytes ciphertext;
  do {
    ciphertext = encrypt(message, oaep_sha256);
  } while (ciphertext.front() != std::byte{0});
  ciphertext.erase(ciphertext.begin());
  BOOST_TEST((decrypt(ciphertext, oaep_sha256) == message));
}

BOOST_FIXTURE_TEST_CASE(a_small_buffer_is_refused_before_the_agent_is_asked, DecryptionFixture) {
  const Bytes ciphertext = encrypt(message, oaep_sha256);
  const CipherContext context = decryption();
  BOOST_REQUIRE(set_padding(context.get(), oaep_sha256));
  Bytes out(255);
  std::size_t size = out.size();
  BOOST_TEST(EVP_PKEY_decrypt(context.get(), octets(out), &size, octets(ciphertext), ciphertext.size()) != 1);
  BOOST_TEST(told("buffer too small"));
  BOOST_TEST(server.requests(wire::Operation::decrypt) == 0U);
}

BOOST_FIXTURE_TEST_CASE(what_the_agent_cannot_do_is_refused, DecryptionFixture) {
  const CipherContext context = decryption();
  for (const int mode : {RSA_NO_PADDING, RSA_X931_PADDING, RSA_PKCS1_PSS_PADDING}) {
    BOOST_TEST(EVP_PKEY_CTX_set_rsa_padding(context.get(), mode) != 1);
    BOOST_TEST(told("padding not supported"));
  }
  BOOST_TEST(EVP_PKEY_CTX_ctrl_str(context.get(), "rsa_padding_mode", "none") != 1);
  BOOST_TEST(told("padding not supported"));
  BOOST_REQUIRE(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1);
  BOOST_TEST(EVP_PKEY_CTX_set_rsa_oaep_md_name(context.get(), "SHA3-256", nullptr) != 1);
  BOOST_TEST(told("digest not supported"));
  BOOST_TEST(!set_padding(context.get(), {.hash = {}, .mgf_hash = {}, .label = std::string(256, 'l')}));
  BOOST_TEST(told("label too long"));
}

BOOST_FIXTURE_TEST_CASE(what_was_chosen_can_be_read_back, DecryptionFixture) {
  const CipherContext context = decryption();
  int mode = 0;
  BOOST_TEST(EVP_PKEY_CTX_get_rsa_padding(context.get(), &mode) > 0);
  BOOST_TEST(mode == RSA_PKCS1_PADDING);
  BOOST_REQUIRE(set_padding(context.get(), {.hash = "SHA384", .mgf_hash = {}, .label = "label"}));
  char hash[32] = {};
  char mgf_hash[32] = {};
  unsigned char* label = nullptr;
  BOOST_TEST(EVP_PKEY_CTX_get_rsa_padding(context.get(), &mode) > 0);
  BOOST_TEST(mode == RSA_PKCS1_OAEP_PADDING);
  BOOST_TEST(EVP_PKEY_CTX_get_rsa_oaep_md_name(context.get(), hash, sizeof(hash)) == 1);
  BOOST_TEST(EVP_PKEY_CTX_get_rsa_mgf1_md_name(context.get(), mgf_hash, sizeof(mgf_hash)) == 1);
  BOOST_TEST(std::string(hash) == "SHA384");
  BOOST_TEST(std::string(mgf_hash) == "SHA384");
  BOOST_REQUIRE(EVP_PKEY_CTX_get0_rsa_oaep_label(context.get(), &label) == 5);
  BOOST_TEST(std::string(reinterpret_cast<char*>(label), 5) == "label");
}

BOOST_FIXTURE_TEST_CASE(a_started_decryption_can_be_copied, DecryptionFixture) {
  const CipherContext first = decryption();
  BOOST_REQUIRE(set_padding(first.get(), oaep_sha256));
  const CipherContext second(EVP_PKEY_CTX_dup(first.get()), EVP_PKEY_CTX_free);
  BOOST_REQUIRE(second);
  BOOST_TEST((run(EVP_PKEY_decrypt, second.get(), encrypt(message, oaep_sha256)) == message));
}

BOOST_FIXTURE_TEST_CASE(keys_that_are_no_rsa_keys_do_not_decrypt, DecryptionFixture) {
  for (const char* uri : {"edgeseal:ec", "edgeseal:ed25519"}) {
    const PkeyPtr other = program.load_key(uri);
    const CipherContext context = new_context(program.context(), other.get());
    BOOST_TEST(EVP_PKEY_decrypt_init(context.get()) != 1);
    BOOST_TEST(!take_errors().empty());
  }
}

BOOST_FIXTURE_TEST_CASE(keys_for_pss_neither_decrypt_nor_encrypt, DecryptionFixture) {
  for (const char* uri : {"edgeseal:pss", "edgeseal:pss-sha256"}) {
    const PkeyPtr other = program.load_key(uri);
    const CipherContext context = new_context(program.context(), other.get());
    BOOST_TEST(EVP_PKEY_decrypt_init(context.get()) != 1);
    BOOST_TEST(told("those for PSS cannot"));
    BOOST_TEST(EVP_PKEY_encrypt_init(context.get()) != 1);
    BOOST_TEST(told("those for PSS cannot"));
  }
}

BOOST_FIXTURE_TEST_CASE(an_envelope_sealed_for_it_is_opened, DecryptionFixture) {
  using CipherState = std::shared_ptr<EVP_CIPHER_CTX>;
  EVP_PKEY* recipients[] = {key.get()};
  Bytes sealed_key(256);
  unsigned char* sealed_keys[] = {octets(sealed_key)};
  int sealed_key_size = 0;
  unsigned char iv[EVP_MAX_IV_LENGTH] = {};
  Bytes sealed(64);
  int size = 0;
  int rest = 0;
  const CipherState sealing(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  BOOST_REQUIRE_MESSAGE(
      EVP_SealInit(sealing.get(), EVP_aes_128_cbc(), sealed_keys, &sealed_key_size, iv, recipients, 1) == 1,
      take_errors());
  BOOST_REQUIRE(EVP_SealUpdate(sealing.get(), octets(sealed), &size, octets(message), 20) == 1);
  BOOST_REQUIRE(EVP_SealFinal(sealing.get(), octets(sealed) + size, &rest) == 1);
  BOOST_TEST(server.requests(wire::Operation::decrypt) == 0U);

  Bytes opened(64);
  int opened_size = 0;
  int opened_rest = 0;
  const CipherState opening(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  BOOST_REQUIRE_MESSAGE(
      EVP_OpenInit(opening.get(), EVP_aes_128_cbc(), octets(sealed_key), sealed_key_size, iv, key.get()) > 0,
      take_errors());
  BOOST_REQUIRE(EVP_OpenUpdate(opening.get(), octets(opened), &opened_size, octets(sealed), size + rest) == 1);
  BOOST_REQUIRE(EVP_OpenFinal(opening.get(), octets(opened) + opened_size, &opened_rest) == 1);
  opened.resize(static_cast<std::size_t>(opened_size + opened_rest));
  BOOST_TEST((opened == message));
  BOOST_TEST(server.requests(wire::Operation::decrypt) == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_refusal_by_policy_is_told_in_the_agent_s_words, DecryptionFixture) {
  const Bytes ciphertext = encrypt(message, pkcs1);
  server.refuse(fakes::KeyServer::Refusal{wire::Status::unsupported, "PKCS#1 v1.5 decryption is forbidden by policy"});
  BOOST_TEST(!decrypt(ciphertext, pkcs1).has_value());
  BOOST_TEST(told("operation not supported by the key::-1:key rsa: PKCS#1 v1.5 decryption is forbidden by policy"));
}

BOOST_FIXTURE_TEST_CASE(a_plaintext_that_cannot_be_is_refused, DecryptionFixture) {
  const Bytes ciphertext = encrypt(message, oaep_sha256);
  server.answer_plaintext(Bytes(256 - 2 * 32 - 1));
  BOOST_TEST(!decrypt(ciphertext, oaep_sha256).has_value());
  BOOST_TEST(told("malformed answer"));
  server.answer_plaintext(Bytes(256 - 10));
  BOOST_TEST(!decrypt(ciphertext, pkcs1).has_value());
  BOOST_TEST(told("malformed answer"));
  server.answer_plaintext(Bytes(wire::max_ciphertext_size));
  BOOST_TEST(!decrypt(ciphertext, oaep_sha256).has_value());
  BOOST_TEST(told("malformed answer"));
  server.answer_plaintext(std::nullopt);
  BOOST_TEST((decrypt(ciphertext, oaep_sha256) == message));
}

BOOST_FIXTURE_TEST_CASE(a_hostile_agent_breaks_no_decryption, DecryptionFixture) {
  using Behaviour = fakes::KeyServer::Behaviour;
  const Bytes ciphertext = encrypt(message, oaep_sha256);
  for (const Behaviour behaviour : {Behaviour::answer_garbage, Behaviour::answer_short, Behaviour::answer_other_id,
                                    Behaviour::answer_other_version, Behaviour::answer_oversized}) {
    server.behave(behaviour);
    BOOST_TEST(!decrypt(ciphertext, oaep_sha256).has_value());
    BOOST_TEST(!take_errors().empty());
    BOOST_TEST((decrypt(ciphertext, oaep_sha256) == message));
  }
}

BOOST_FIXTURE_TEST_CASE(a_premaster_secret_comes_back, DecryptionFixture) {
  const Bytes secret = premaster_secret(3, 3);
  BOOST_TEST((decrypt_premaster(encrypt(secret, pkcs1), 0x0303) == secret));
  BOOST_TEST((decrypt_premaster(encrypt(secret, pkcs1), 0x0302, 0x0303) == secret));
}

// The handshake must not learn from the agent or from here what was wrong with the padding.
BOOST_FIXTURE_TEST_CASE(what_is_no_premaster_secret_becomes_a_random_one, DecryptionFixture) {
  Bytes longer = premaster_secret(3, 3);
  longer.push_back(std::byte{0});
  const std::vector<Bytes> wrong{premaster_secret(3, 2),       premaster_secret(2, 3), longer, Bytes(), Bytes(47),
                                 Bytes(256 - 11, std::byte{3})};
  for (const Bytes& plaintext : wrong) {
    const Bytes ciphertext = encrypt(plaintext, pkcs1);
    const auto first = decrypt_premaster(ciphertext, 0x0303);
    const auto second = decrypt_premaster(ciphertext, 0x0303);
    BOOST_REQUIRE(first.has_value());
    BOOST_REQUIRE(second.has_value());
    BOOST_TEST(first->size() == 48U);
    BOOST_TEST((*first != *second));
    BOOST_TEST(!std::equal(first->begin() + 2, first->end(), premaster_secret(3, 3).begin() + 2));
  }
  Bytes spoiled = encrypt(premaster_secret(3, 3), pkcs1);
  spoiled[100] ^= std::byte{1};
  BOOST_TEST(decrypt_premaster(spoiled, 0x0303).has_value());
  BOOST_TEST(take_errors() == "");
}

BOOST_FIXTURE_TEST_CASE(a_premaster_secret_needs_the_version_of_the_client, DecryptionFixture) {
  BOOST_TEST(!decrypt_premaster(encrypt(premaster_secret(3, 3), pkcs1), 0).has_value());
  BOOST_TEST(told("no TLS version"));
  BOOST_TEST(server.requests(wire::Operation::decrypt) == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_cms_message_is_opened, DecryptionFixture) {
  for (const unsigned flags : {0U, static_cast<unsigned>(CMS_KEY_PARAM)}) {
    const std::shared_ptr<BIO> data(BIO_new_mem_buf("message", 7), BIO_free);
    const std::shared_ptr<CMS_ContentInfo> envelope(
        CMS_encrypt_ex(nullptr, nullptr, EVP_aes_128_cbc(), CMS_BINARY | CMS_PARTIAL, fakes::default_only(), nullptr),
        CMS_ContentInfo_free);
    CMS_RecipientInfo* recipient =
        CMS_add1_recipient_cert(envelope.get(), Material::get().rsa_certificate.get(), flags);
    BOOST_REQUIRE_MESSAGE(recipient != nullptr, take_errors());
    if (flags != 0) {
      EVP_PKEY_CTX* context = CMS_RecipientInfo_get0_pkey_ctx(recipient);
      BOOST_REQUIRE(set_padding(context, oaep_sha256));
    }
    BOOST_REQUIRE(CMS_final(envelope.get(), data.get(), nullptr, CMS_BINARY) == 1);

    const std::shared_ptr<BIO> sent(BIO_new(BIO_s_mem()), BIO_free);
    BOOST_REQUIRE(i2d_CMS_bio(sent.get(), envelope.get()) == 1);
    CMS_ContentInfo* received = CMS_ContentInfo_new_ex(program.context(), nullptr);
    BOOST_REQUIRE(d2i_CMS_bio(sent.get(), &received) != nullptr);
    const std::shared_ptr<CMS_ContentInfo> owner(received, CMS_ContentInfo_free);
    const std::shared_ptr<BIO> out(BIO_new(BIO_s_mem()), BIO_free);
    BOOST_CHECK_MESSAGE(
        CMS_decrypt(received, key.get(), Material::get().rsa_certificate.get(), nullptr, out.get(), CMS_BINARY) == 1,
        take_errors());
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    BOOST_TEST(std::string(text, static_cast<std::size_t>(size)) == "message");
  }
  BOOST_TEST(server.requests(wire::Operation::decrypt) == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
