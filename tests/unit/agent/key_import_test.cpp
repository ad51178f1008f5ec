#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>

#include <array>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "agent/certificates/certificate.h"
#include "agent/keys/key_import.h"
#include "agent/keys/pss_key.h"
#include "agent/openssl.h"
#include "tests/unit/agent/error_code.h"

using namespace edgeseal;
using agent::Code;
using agent::PublicKeyPtr;
using agent::SoftwareKey;
using tpm::Bytes;

namespace {

// Known files are the first inputs of the fuzz target too.
Bytes file(const std::string& name) {
  std::ifstream in(std::filesystem::path(EDGESEAL_KEY_FILES) / name, std::ios::binary);
  BOOST_REQUIRE_MESSAGE(in, name);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

SoftwareKey parse(tpm::ByteView encoded, std::string_view passphrase = {}) {
  return agent::parse_private_key(encoded, std::as_bytes(std::span(passphrase)));
}
SoftwareKey parse(const std::string& text, std::string_view passphrase = {}) {
  return parse(std::as_bytes(std::span(text)), passphrase);
}

struct Refusal {
  Code code;
  std::string words;
};

Refusal refusal_of(tpm::ByteView encoded, std::string_view passphrase = {}) {
  try {
    (void)parse(encoded, passphrase);
  } catch (const agent::Error& error) {
    return {error.code(), error.what()};
  }
  return {Code::internal_error, "it was accepted"};
}

void check_refused(tpm::ByteView encoded, std::string_view passphrase, Code code, std::string_view words) {
  const Refusal refusal = refusal_of(encoded, passphrase);
  BOOST_TEST((refusal.code == code));
  BOOST_TEST(refusal.words.find(words) != std::string::npos, refusal.words << " lacks: " << words);
}

std::string pem_of(EVP_PKEY& key, const EVP_CIPHER* cipher = nullptr, std::string passphrase = {}) {
  const agent::BioPtr text(BIO_new(BIO_s_mem()));
  BOOST_REQUIRE(PEM_write_bio_PrivateKey_traditional(text.get(), &key, cipher,
                                                     reinterpret_cast<unsigned char*>(passphrase.data()),
                                                     static_cast<int>(passphrase.size()), nullptr, nullptr) == 1);
  return agent::bio_text(*text);
}

// Public key and private parts of one key, with one of them changed.
PublicKeyPtr rsa_with(EVP_PKEY& original, const char* changed, const std::function<void(BIGNUM*)>& change) {
  OSSL_PARAM* params = nullptr;
  BOOST_REQUIRE(EVP_PKEY_todata(&original, EVP_PKEY_KEYPAIR, &params) == 1);
  OSSL_PARAM* const param = OSSL_PARAM_locate(params, changed);
  BIGNUM* number = nullptr;
  BOOST_REQUIRE(OSSL_PARAM_get_BN(param, &number) == 1);
  change(number);
  BOOST_REQUIRE(BN_bn2nativepad(number, static_cast<unsigned char*>(param->data), static_cast<int>(param->data_size)) >=
                0);
  BN_free(number);
  const agent::KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  BOOST_REQUIRE(EVP_PKEY_fromdata_init(context.get()) == 1 &&
                EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params) == 1);
  OSSL_PARAM_free(params);
  return PublicKeyPtr(key);
}

using AlgorithmPtr = std::unique_ptr<X509_ALGOR, decltype(&X509_ALGOR_free)>;

// An encrypted key that nobody can decrypt.
Bytes encrypted_with(const X509_ALGOR& algorithm) {
  const std::unique_ptr<X509_SIG, decltype(&X509_SIG_free)> encrypted(X509_SIG_new(), X509_SIG_free);
  X509_ALGOR* target = nullptr;
  ASN1_OCTET_STRING* content = nullptr;
  X509_SIG_getm(encrypted.get(), &target, &content);
  X509_ALGOR_copy(target, &algorithm);
  ASN1_OCTET_STRING_set(content, std::array<unsigned char, 32>{}.data(), 32);
  return agent::der_of(encrypted.get(), i2d_X509_SIG);
}

Bytes pkcs12_with_mac(long iterations) {
  const Bytes original = file("pkcs12");
  const unsigned char* cursor = agent::octets(original);
  const std::unique_ptr<PKCS12, decltype(&PKCS12_free)> pfx(
      d2i_PKCS12(nullptr, &cursor, static_cast<long>(original.size())), PKCS12_free);
  const ASN1_INTEGER* number = nullptr;
  PKCS12_get0_mac(nullptr, nullptr, nullptr, &number, pfx.get());
  ASN1_INTEGER_set(const_cast<ASN1_INTEGER*>(number), iterations);
  return agent::der_of(pfx.get(), i2d_PKCS12);
}

using Pkcs12Ptr = std::unique_ptr<PKCS12, decltype(&PKCS12_free)>;

// Of this key alone, without a certificate.
Bytes pkcs12_of(EVP_PKEY& key, const std::string& passphrase) {
  const Pkcs12Ptr pfx(PKCS12_create(passphrase.c_str(), "key", &key, nullptr, nullptr, 0, 0, 2048, 2048, 0),
                      PKCS12_free);
  BOOST_REQUIRE(pfx != nullptr);
  return agent::der_of(pfx.get(), i2d_PKCS12);
}

Bytes pkcs12_of_two(EVP_PKEY& first, EVP_PKEY& second) {
  STACK_OF(PKCS12_SAFEBAG)* bags = nullptr;
  STACK_OF(PKCS7)* safes = nullptr;
  for (EVP_PKEY* key : {&first, &second})
    BOOST_REQUIRE(PKCS12_add_key(&bags, key, 0, 2048, NID_aes_256_cbc, "secret") != nullptr);
  BOOST_REQUIRE(PKCS12_add_safe(&safes, bags, -1, 0, nullptr) == 1);
  const Pkcs12Ptr pfx(PKCS12_add_safes(safes, 0), PKCS12_free);
  sk_PKCS7_pop_free(safes, PKCS7_free);
  sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
  return agent::der_of(pfx.get(), i2d_PKCS12);
}

std::string der_element(unsigned char tag, const std::string& content) {
  std::string length(1, static_cast<char>(0x84));  // of four bytes
  for (const int shift : {24, 16, 8, 0}) length += static_cast<char>(content.size() >> shift & 0xff);
  return std::string(1, static_cast<char>(tag)) + length + content;
}

// Safes in safes, as deep as that.
std::string nested_pkcs12(int depth) {
  constexpr unsigned char sequence = 0x30, octet_string = 0x04, explicit_content = 0xa0;
  const std::string data("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01");                   // RFC 2315 §14
  const std::string safe_contents("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x06");  // RFC 7292 §4.2
  const auto content_info = [&](const std::string& content) {
    return der_element(sequence, data + der_element(explicit_content, der_element(octet_string, content)));
  };
  std::string safe = der_element(sequence, "");
  for (int level = 0; level < depth; ++level)
    safe = der_element(sequence, der_element(sequence, safe_contents + der_element(explicit_content, safe)));
  return der_element(sequence, "\x02\x01\x03" + content_info(der_element(sequence, content_info(safe))));
}

struct Known {
  const char* name;
  const char* passphrase;
};
std::ostream& operator<<(std::ostream& out, const Known& known) {
  return out << known.name;
}
// All of them are the same key.
const Known same_key[] = {{"pkcs8.pem", ""},
                          {"sec1.der", ""},
                          {"sec1.pem", ""},
                          {"pkcs8-encrypted.der", "secret"},
                          {"pkcs8-pbes1.der", "secret"},
                          {"sec1-encrypted.pem", "secret"},
                          {"pkcs12", "secret"},
                          {"pkcs12-with-rc2-certificate", "secret"},
                          {"pkcs12-without-mac", "secret"},
                          {"pkcs12-without-passphrase", ""}};

}  // namespace

BOOST_AUTO_TEST_SUITE(key_import)

BOOST_DATA_TEST_CASE(each_form_gives_the_key, same_key, known) {
  const auto key = parse(file(known.name), known.passphrase);
  BOOST_TEST((key.algorithm() == tpm::KeyAlgorithm::ec_p256));
  BOOST_TEST((key.public_key() == parse(file("pkcs8.der")).public_key()));
}

BOOST_AUTO_TEST_CASE(a_key_for_pss_keeps_what_it_is_restricted_to) {
  const auto unrestricted = agent::pss_restriction(parse(file("pkcs8-pss.der")).public_key());
  BOOST_REQUIRE(unrestricted.has_value());
  BOOST_TEST(!unrestricted->hash.has_value());
  const auto restricted = agent::pss_restriction(parse(file("pkcs8-pss-restricted.der")).public_key());
  BOOST_REQUIRE(restricted.has_value());
  BOOST_TEST((restricted->hash == tpm::HashAlgorithm::sha256));
  BOOST_TEST(restricted->least_salt == 32u);
  check_refused(file("pkcs8-pss-sha1.der"), "", Code::not_supported, "SHA-256, SHA-384 or SHA-512");
}

BOOST_AUTO_TEST_CASE(rsa_and_ed25519_are_read) {
  BOOST_TEST((parse(file("pkcs1.der")).algorithm() == tpm::KeyAlgorithm::rsa_2048));
  BOOST_TEST((parse(file("ed25519.der")).algorithm() == tpm::KeyAlgorithm::ed25519));
}

BOOST_AUTO_TEST_CASE(the_traditional_encryption_is_read) {
  const PublicKeyPtr key(EVP_RSA_gen(2048));
  for (const EVP_CIPHER* cipher : {EVP_aes_256_cbc(), EVP_des_ede3_cbc()})
    BOOST_TEST((parse(pem_of(*key, cipher, "secret"), "secret").algorithm() == tpm::KeyAlgorithm::rsa_2048));
}

BOOST_AUTO_TEST_CASE(what_stands_beside_the_key_is_left_out) {
  const PublicKeyPtr key(EVP_EC_gen("P-384"));
  const std::string text =
      "Bag Attributes\n  friendlyName: x\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" +
      std::string("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n") + pem_of(*key);
  BOOST_TEST((parse(text).algorithm() == tpm::KeyAlgorithm::ec_p384));
}

BOOST_AUTO_TEST_CASE(a_passphrase_that_is_not_needed_does_no_harm) {
  BOOST_TEST((parse(file("pkcs8.der"), "secret").algorithm() == tpm::KeyAlgorithm::ec_p256));
}

BOOST_DATA_TEST_CASE(a_missing_passphrase_is_told_from_a_wrong_one, same_key, known) {
  if (*known.passphrase == '\0') return;
  check_refused(file(known.name), "", Code::invalid_argument, "a passphrase is needed");
  check_refused(file(known.name), "Secret", Code::invalid_argument, "the passphrase is wrong");
}

BOOST_AUTO_TEST_CASE(a_passphrase_is_bounded) {
  check_refused(file("pkcs12"), std::string(1025, 'x'), Code::invalid_argument, "at most 1024");
}

BOOST_AUTO_TEST_CASE(encryption_that_is_not_supported_names_the_remedy) {
  check_refused(file("pkcs12-with-rc2-key"), "secret", Code::not_supported, "openssl pkcs12 -legacy");
  check_refused(file("pkcs8-scrypt.der"), "secret", Code::not_supported, "scrypt");
}

BOOST_AUTO_TEST_CASE(a_file_does_not_choose_how_long_the_agent_computes) {
  for (const int iterations : {2'000'001, 0x7fffffff}) {
    const AlgorithmPtr pbes2(PKCS5_pbe2_set(EVP_aes_256_cbc(), iterations, nullptr, 8), X509_ALGOR_free);
    const AlgorithmPtr pbes1(PKCS5_pbe_set(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, iterations, nullptr, 8),
                             X509_ALGOR_free);
    check_refused(encrypted_with(*pbes2), "secret", Code::not_supported, "iterations");
    check_refused(encrypted_with(*pbes1), "secret", Code::not_supported, "iterations");
    check_refused(pkcs12_with_mac(iterations), "secret", Code::not_supported, "iterations");
  }
  check_refused(pkcs12_with_mac(-1), "secret", Code::not_supported, "iterations");
}

BOOST_AUTO_TEST_CASE(EN33_pkcs12_files_of_every_kind_have_their_answer) {
  const PublicKeyPtr first(EVP_EC_gen("P-256")), second(EVP_EC_gen("P-256"));
  const Bytes known = parse(file("pkcs8.pem")).public_key(), expected = agent::der_of(first.get(), i2d_PUBKEY);
  check_refused(pkcs12_with_mac(0x7fffffff), "secret", Code::not_supported, "iterations");
  check_refused(file("pkcs12-with-rc2-key"), "secret", Code::not_supported, "openssl pkcs12 -legacy");
  BOOST_TEST((parse(file("pkcs12-without-mac"), "secret").public_key() == known));
  BOOST_TEST((parse(file("pkcs12-without-passphrase")).public_key() == known));
  for (const int depth : {1, 20, 1000}) {
    const std::string nested = nested_pkcs12(depth);
    check_refused(std::as_bytes(std::span(nested)), "", Code::invalid_argument, "");
  }
  // The first of two keys counts, and no certificate is needed.
  BOOST_TEST((parse(pkcs12_of_two(*first, *second), "secret").public_key() == expected));
  for (const char* const passphrase : {"secret", "gr\u00fcn", "\U0001f511 beyond the basic plane"})
    BOOST_TEST((parse(pkcs12_of(*first, passphrase), passphrase).public_key() == expected));
  check_refused(pkcs12_of(*first, "\U0001f511"), "\U0001f512", Code::invalid_argument, "the passphrase is wrong");
}

BOOST_AUTO_TEST_CASE(kinds_of_keys_that_are_not_kept_are_named_with_those_that_are) {
  check_refused(file("pkcs8-dsa.der"), "", Code::not_supported, "Ed25519");
  // libcrypto reads PKCS#8 behind every label, and with bytes behind it.
  const std::string mislabelled = agent::pem("RSA PRIVATE KEY", file("pkcs8-dsa.der"));
  check_refused(std::as_bytes(std::span(mislabelled)), "", Code::not_supported, "Ed25519");
  Bytes longer = file("pkcs8-dsa.der");
  longer.push_back(std::byte{0});
  check_refused(longer, "", Code::invalid_argument, "not a private key");
  for (const char* const name :
       {"pkcs8-pss-trailer.der", "pkcs8-pss-negative-salt.der", "pkcs8-pss-unwritten-hash.der"})
    check_refused(file(name), "", Code::not_supported, "RSASSA-PSS");
  check_refused(file("sec1-explicit.der"), "", Code::not_supported, "explicit parameters");
  for (const char* const curve : {"P-224", "secp256k1", "brainpoolP256r1"}) {
    const PublicKeyPtr key(EVP_EC_gen(curve));
    const std::string pem = pem_of(*key);
    check_refused(std::as_bytes(std::span(pem)), "", Code::not_supported, "P-521");
  }
  const PublicKeyPtr small(EVP_RSA_gen(1024));
  const std::string pem = pem_of(*small);
  check_refused(std::as_bytes(std::span(pem)), "", Code::not_supported, "2048");
}

BOOST_AUTO_TEST_CASE(other_forms_of_private_keys_are_named) {
  const std::string text = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
  check_refused(std::as_bytes(std::span(text)), "", Code::not_supported, "OPENSSH PRIVATE KEY");
}

BOOST_AUTO_TEST_CASE(an_rsa_key_whose_parts_do_not_fit_is_refused) {
  const PublicKeyPtr key(EVP_RSA_gen(2048));
  for (const char* const part : {OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_EXPONENT1,
                                 OSSL_PKEY_PARAM_RSA_COEFFICIENT1}) {
    const auto changed = rsa_with(*key, part, [](BIGNUM* number) { BN_sub_word(number, 2); });
    const std::string pem = pem_of(*changed);
    check_refused(std::as_bytes(std::span(pem)), "", Code::invalid_argument, "do not fit together");
  }
}

BOOST_AUTO_TEST_CASE(an_ec_key_whose_public_part_is_of_another_is_refused) {
  Bytes der = file("sec1.der");
  der.back() ^= std::byte{1};  // no longer on the curve
  BOOST_TEST((refusal_of(der).code == Code::invalid_argument));
  const PublicKeyPtr key(EVP_EC_gen("P-256")), other(EVP_EC_gen("P-256"));
  Bytes mixed = agent::der_of(key.get(), i2d_PrivateKey);
  const Bytes foreign = agent::der_of(other.get(), i2d_PrivateKey);
  std::copy(foreign.end() - 64, foreign.end(), mixed.end() - 64);  // the point is the end of the encoding
  check_refused(mixed, "", Code::invalid_argument, "do not fit together");
}

BOOST_AUTO_TEST_CASE(what_is_no_private_key_is_refused) {
  const std::string certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  check_refused(std::as_bytes(std::span(certificate)), "", Code::invalid_argument, "no private key");
  check_refused({}, "", Code::invalid_argument, "1 to 65536 bytes");
  check_refused(Bytes(agent::max_import_size + 1), "", Code::invalid_argument, "1 to 65536 bytes");
  check_refused(Bytes(100, std::byte{0x30}), "", Code::invalid_argument, "not a private key");
  Bytes longer = file("pkcs8.der");
  longer.push_back(std::byte{0});
  check_refused(longer, "", Code::invalid_argument, "not a private key");
}

BOOST_DATA_TEST_CASE(what_is_cut_off_is_refused, same_key, known) {
  const Bytes whole = file(known.name);
  for (std::size_t size = 1; size + 30 < whole.size(); size += 7) {
    const Refusal refusal = refusal_of(tpm::ByteView(whole).first(size), known.passphrase);
    BOOST_TEST((refusal.code == Code::invalid_argument || refusal.code == Code::not_supported), refusal.words);
  }
}

BOOST_AUTO_TEST_SUITE_END()
