#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <boost/test/data/test_case.hpp>

#include "tests/provider/store_contents.h"

namespace edgeseal::tests {
namespace {

const std::vector<std::string> certified{"ec", "rsa", "ed25519"};
const std::vector<std::string> names{"ec", "rsa", "ed25519", "pss", "pss-sha256"};

struct Form {
  std::string output;
  std::string structure;  // empty: any
};

std::ostream& operator<<(std::ostream& out, const Form& form) {
  return out << form.output << " " << form.structure;
}

const std::vector<Form> public_forms{{"PEM", "SubjectPublicKeyInfo"}, {"DER", "SubjectPublicKeyInfo"}, {"TEXT", ""}};
const std::vector<Form> pkcs1_forms{
    {"PEM", "pkcs1"}, {"DER", "pkcs1"}, {"PEM", "type-specific"}, {"DER", "type-specific"}};
const std::vector<Form> reference_forms{{"PEM", "EdgesealKeyReference"}, {"PEM", "PrivateKeyInfo"},
                                        {"PEM", "type-specific"},        {"PEM", ""},
                                        {"DER", "EdgesealKeyReference"}, {"DER", "type-specific"}};

// Empty on failure.
std::string encoded(EVP_PKEY* key, int selection, const Form& form, const char* properties = nullptr) {
  const std::shared_ptr<OSSL_ENCODER_CTX> encoder(
      OSSL_ENCODER_CTX_new_for_pkey(key, selection, form.output.c_str(),
                                    form.structure.empty() ? nullptr : form.structure.c_str(), properties),
      OSSL_ENCODER_CTX_free);
  unsigned char* data = nullptr;
  std::size_t size = 0;
  if (OSSL_ENCODER_to_data(encoder.get(), &data, &size) != 1) return {};
  const std::string result(reinterpret_cast<char*>(data), size);
  OPENSSL_free(data);
  return result;
}

// What `write` writes; empty on failure.
template <class Write>
std::string written(const Write& write) {
  const std::shared_ptr<BIO> out(BIO_new(BIO_s_mem()), BIO_free);
  if (write(out.get()) <= 0) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem_private(EVP_PKEY* key, const EVP_CIPHER* cipher = nullptr) {
  return written([&](BIO* out) {
    unsigned char passphrase[] = "secret";
    return PEM_write_bio_PrivateKey(out, key, cipher, cipher != nullptr ? passphrase : nullptr,
                                    cipher != nullptr ? 6 : 0, nullptr, nullptr);
  });
}

struct LoadedKey : Fixture {
  PkeyPtr load(const std::string& name) {
    const PkeyPtr key = program.load_key("edgeseal:" + name);
    BOOST_REQUIRE_MESSAGE(key, take_errors());
    return key;
  }

  void check_signs(const PkeyPtr& key, const std::string& name) {
    BOOST_REQUIRE_MESSAGE(key, take_errors());
    const Bytes signature = sign(program.context(), key.get(), "message", options_of(name));
    BOOST_CHECK(verifies(Material::get().key(name).get(), "message", signature, options_of(name)));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(encoder)

BOOST_DATA_TEST_CASE_F(LoadedKey, a_private_key_in_pem_is_written_as_its_reference, boost::unit_test::data::make(names),
                       name) {
  const PkeyPtr key = load(name);
  const std::string reference = pem_reference(name, Material::get().key(name).get());
  BOOST_TEST(pem_private(key.get()) == reference);
  BOOST_TEST(pem_private(program.read_key(reference).get()) == reference);
  BOOST_TEST(written([&](BIO* out) {
               return PEM_write_bio_PKCS8PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
             }) == reference);
  BOOST_TEST(take_errors() == "");
  check_signs(program.read_key(pem_private(key.get())), name);
}

BOOST_DATA_TEST_CASE_F(LoadedKey, a_private_key_in_der_is_written_as_its_reference, boost::unit_test::data::make(names),
                       name) {
  unsigned char* der = nullptr;
  const int size = i2d_PrivateKey(load(name).get(), &der);
  const std::shared_ptr<unsigned char> owner(der, [](unsigned char* memory) { OPENSSL_free(memory); });
  BOOST_REQUIRE_MESSAGE(size > 0, take_errors());
  const unsigned char* next = der;
  const PkeyPtr again(d2i_AutoPrivateKey_ex(nullptr, &next, size, program.context(), nullptr), EVP_PKEY_free);
  check_signs(again, name);
  BOOST_TEST((next == der + size));
  BOOST_TEST(take_errors() == "");
}

BOOST_DATA_TEST_CASE_F(LoadedKey, a_reference_is_written_whichever_structure_is_asked_for,
                       boost::unit_test::data::make(names) * boost::unit_test::data::make(reference_forms), name,
                       form) {
  const std::string text = encoded(load(name).get(), EVP_PKEY_KEYPAIR, form);
  const std::string reference = pem_reference(name, Material::get().key(name).get());
  BOOST_TEST(text ==
             (form.output == "PEM" ? reference : encoded(load(name).get(), EVP_PKEY_KEYPAIR, reference_forms.back())));
  BOOST_TEST(text == encoded(load(name).get(), EVP_PKEY_KEYPAIR, form, "provider=edgeseal"));
  BOOST_TEST(!text.empty());
}

BOOST_DATA_TEST_CASE_F(LoadedKey, a_public_key_is_written_as_the_default_provider_writes_it,
                       boost::unit_test::data::make(names) * boost::unit_test::data::make(public_forms), name, form) {
  const std::string text = encoded(Material::get().key(name).get(), EVP_PKEY_PUBLIC_KEY, form);
  BOOST_REQUIRE(!text.empty());
  BOOST_TEST(encoded(load(name).get(), EVP_PKEY_PUBLIC_KEY, form) == text);
  BOOST_TEST(encoded(load(name).get(), EVP_PKEY_PUBLIC_KEY, form, "provider=edgeseal") == text);
  BOOST_TEST(take_errors() == "");
}

BOOST_DATA_TEST_CASE_F(LoadedKey, an_rsa_public_key_is_written_as_pkcs1_too, boost::unit_test::data::make(pkcs1_forms),
                       form) {
  const std::string text = encoded(Material::get().rsa.get(), EVP_PKEY_PUBLIC_KEY, form);
  BOOST_REQUIRE(!text.empty());
  BOOST_TEST(encoded(load("rsa").get(), EVP_PKEY_PUBLIC_KEY, form) == text);
  BOOST_TEST(encoded(load("rsa").get(), EVP_PKEY_PUBLIC_KEY, form, "provider=edgeseal") == text);
}

BOOST_FIXTURE_TEST_CASE(ec_parameters_are_written, LoadedKey) {
  const Form form{"PEM", "type-specific"};
  const std::string text = encoded(Material::get().ec.get(), EVP_PKEY_KEY_PARAMETERS, form);
  BOOST_REQUIRE(!text.empty());
  BOOST_TEST(encoded(load("ec").get(), EVP_PKEY_KEY_PARAMETERS, form) == text);
}

BOOST_DATA_TEST_CASE_F(LoadedKey, printed_it_says_who_has_the_private_part, boost::unit_test::data::make(names), name) {
  const PkeyPtr key = load(name);
  const std::string public_part =
      written([&](BIO* out) { return EVP_PKEY_print_public(out, Material::get().key(name).get(), 0, nullptr); });
  BOOST_TEST(written([&](BIO* out) { return EVP_PKEY_print_public(out, key.get(), 0, nullptr); }) == public_part);
  BOOST_TEST(written([&](BIO* out) { return EVP_PKEY_print_private(out, key.get(), 0, nullptr); }) ==
             "Private-Key: held by the Edgeseal agent, " + name + "\n" + public_part);
}

BOOST_DATA_TEST_CASE_F(LoadedKey, an_encrypted_private_key_is_refused, boost::unit_test::data::make(names), name) {
  const PkeyPtr key = load(name);
  char passphrase[] = "secret";
  const auto check = [](const std::string& text) {
    BOOST_TEST(text == "");
    BOOST_TEST(take_errors().find("encryption not supported") != std::string::npos);
  };
  check(pem_private(key.get(), EVP_aes_256_cbc()));
  check(written([&](BIO* out) {
    return PEM_write_bio_PKCS8PrivateKey(out, key.get(), EVP_aes_256_cbc(), passphrase, 6, nullptr, nullptr);
  }));

  const std::shared_ptr<OSSL_ENCODER_CTX> context(
      OSSL_ENCODER_CTX_new_for_pkey(key.get(), EVP_PKEY_KEYPAIR, "PEM", nullptr, nullptr), OSSL_ENCODER_CTX_free);
  const auto to_text = [&] { return written([&](BIO* out) { return OSSL_ENCODER_to_bio(context.get(), out); }); };
  BOOST_TEST(OSSL_ENCODER_CTX_set_cipher(context.get(), "AES-256-CBC", nullptr) == 1);
  check(to_text());
  BOOST_TEST(OSSL_ENCODER_CTX_set_cipher(context.get(), nullptr, nullptr) == 1);
  BOOST_TEST(to_text() == pem_reference(name, Material::get().key(name).get()));
}

BOOST_DATA_TEST_CASE_F(LoadedKey, D5_no_private_key_is_written_for_other_programs,
                       boost::unit_test::data::make(certified), name) {
  const PkeyPtr key = load(name);
  const auto check = [](bool failed) {
    BOOST_TEST(failed);
    BOOST_TEST(take_errors().find("private key cannot be exported") != std::string::npos);
  };
  check(EVP_PKEY2PKCS8(key.get()) == nullptr);
  check(written([&](BIO* out) {
          return i2d_PKCS8PrivateKey_bio(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        }) == "");
  check(written([&](BIO* out) {
          return PEM_write_bio_PrivateKey_traditional(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        }) == "");
  check(PKCS12_create("secret", nullptr, key.get(), Material::get().certificate(name).get(), nullptr, 0, 0, 0, 0, 0) ==
        nullptr);
}

BOOST_DATA_TEST_CASE_F(LoadedKey, a_public_key_has_no_reference, boost::unit_test::data::make(names), name) {
  const StoreContents contents = read_store(program.context(), "edgeseal:" + name + ";type=public");
  BOOST_REQUIRE(contents.keys.size() == 1U);
  const PkeyPtr public_key = contents.keys.front();
  BOOST_TEST(pem_private(public_key.get()) == "");
  BOOST_TEST(take_errors().find("no private key") != std::string::npos);
  BOOST_TEST(encoded(public_key.get(), EVP_PKEY_PUBLIC_KEY, public_forms.front()) ==
             encoded(Material::get().key(name).get(), EVP_PKEY_PUBLIC_KEY, public_forms.front()));
}

BOOST_DATA_TEST_CASE_F(LoadedKey, a_certificate_gets_its_public_part, boost::unit_test::data::make(names), name) {
  const PkeyPtr key = load(name);
  const std::shared_ptr<X509> certificate(X509_new_ex(program.context(), nullptr), X509_free);
  BOOST_REQUIRE(X509_set_pubkey(certificate.get(), key.get()) == 1);
  BOOST_TEST(EVP_PKEY_eq(X509_get0_pubkey(certificate.get()), Material::get().key(name).get()) == 1);
}

BOOST_FIXTURE_TEST_CASE(raw_and_encoded_public_parts_are_those_of_the_key, LoadedKey) {
  unsigned char raw[2][32] = {};
  std::size_t size = sizeof(raw[0]);
  BOOST_TEST(EVP_PKEY_get_raw_public_key(load("ed25519").get(), raw[0], &size) == 1);
  BOOST_TEST(EVP_PKEY_get_raw_public_key(Material::get().ed25519.get(), raw[1], &size) == 1);
  BOOST_TEST(std::equal(raw[0], raw[0] + size, raw[1]));
  BOOST_TEST(EVP_PKEY_get_raw_private_key(load("ed25519").get(), raw[0], &size) != 1);
  unsigned char* point[2] = {};
  BOOST_REQUIRE(EVP_PKEY_get1_encoded_public_key(load("ec").get(), &point[0]) == 65U);
  BOOST_REQUIRE(EVP_PKEY_get1_encoded_public_key(Material::get().ec.get(), &point[1]) == 65U);
  BOOST_TEST(std::equal(point[0], point[0] + 65, point[1]));
  for (unsigned char* memory : point) OPENSSL_free(memory);
}

BOOST_DATA_TEST_CASE_F(LoadedKey, a_key_of_the_program_is_written_as_ever, boost::unit_test::data::make(names), name) {
  const std::string pem = pem_private(Material::get().key(name).get());
  const PkeyPtr own = program.read_key(pem);
  BOOST_REQUIRE_MESSAGE(own, take_errors());
  BOOST_TEST(pem_private(own.get()) == pem);
  BOOST_TEST(pem_private(own.get(), EVP_aes_256_cbc()).starts_with("-----BEGIN ENCRYPTED PRIVATE KEY"));
  BOOST_TEST(take_errors() == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
