#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/pem.h>

#include <boost/test/data/test_case.hpp>

#include "tests/provider/store_contents.h"

namespace edgeseal::tests {
namespace {

using BioPtr = std::shared_ptr<BIO>;

const std::vector<std::string> certified{"ec", "rsa", "ed25519"};
const std::vector<std::string> names{"ec", "rsa", "ed25519", "pss", "pss-sha256"};

const char* type_of(const std::string& name) {
  return name == "ec" ? "EC" : name == "rsa" ? "RSA" : name == "ed25519" ? "ED25519" : "RSA-PSS";
}

int type_number_of(const std::string& name) {
  return name == "ec"        ? EVP_PKEY_EC
         : name == "rsa"     ? EVP_PKEY_RSA
         : name == "ed25519" ? EVP_PKEY_ED25519
                             : EVP_PKEY_RSA_PSS;
}

BioPtr memory_bio(const std::string& content) {
  const BioPtr bio(BIO_new(BIO_s_mem()), BIO_free);
  BOOST_REQUIRE(BIO_write(bio.get(), content.data(), static_cast<int>(content.size())) ==
                static_cast<int>(content.size()));
  return bio;
}

std::string reference_of(const std::string& name) {
  return pem_reference(name, Material::get().key(name).get());
}

std::string der_reference_of(const std::string& name) {
  const BioPtr text = memory_bio(reference_of(name));
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* der = nullptr;
  long size = 0;
  BOOST_REQUIRE(PEM_read_bio(text.get(), &label, &header, &der, &size) == 1);
  const std::string result(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(label);
  OPENSSL_free(header);
  OPENSSL_free(der);
  return result;
}

std::string private_key_pem(EVP_PKEY* key) {
  const BioPtr out(BIO_new(BIO_s_mem()), BIO_free);
  BOOST_REQUIRE(PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string with_crlf(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return result;
}

// Those before it load no RSA key from one, its own neither.
constexpr unsigned long libcrypto_that_reads_slow_sources = 0x30000160UL;  // 3.0.22

// A source that gives one byte at a time, as a slow pipe does; it neither seeks nor knows lines.
BioPtr slow_bio(const std::string& content) {
  struct Source {
    std::string content;
    std::size_t next = 0;
  };
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "one byte at a time");
    BIO_meth_set_read_ex(made, [](BIO* bio, char* out, std::size_t size, std::size_t* read) {
      auto* source = static_cast<Source*>(BIO_get_data(bio));
      *read = size > 0 && source->next < source->content.size() ? 1 : 0;
      if (*read == 1) *out = source->content[source->next++];
      return static_cast<int>(*read);
    });
    BIO_meth_set_ctrl(made, [](BIO* bio, int command, long, void*) -> long {
      const auto* source = static_cast<Source*>(BIO_get_data(bio));
      if (command == BIO_CTRL_EOF) return source->next == source->content.size() ? 1 : 0;
      return command == BIO_C_FILE_TELL || command == BIO_C_FILE_SEEK ? -1 : 0;
    });
    BIO_meth_set_destroy(made, [](BIO* bio) {
      delete static_cast<Source*>(BIO_get_data(bio));
      return 1;
    });
    return made;
  }();
  BIO* bio = BIO_new(method);
  BIO_set_data(bio, new Source{content});
  BIO_set_init(bio, 1);
  return {bio, BIO_free};
}

struct DecoderFixture : Fixture {
  void check_signs(const PkeyPtr& key, const std::string& name) {
    BOOST_REQUIRE_MESSAGE(key, take_errors());
    const Bytes signature = sign(program.context(), key.get(), "message", options_of(name));
    BOOST_CHECK(verifies(Material::get().key(name).get(), "message", signature, options_of(name)));
    BOOST_TEST(EVP_PKEY_eq(key.get(), Material::get().key(name).get()) == 1);
    BOOST_TEST(take_errors() == "");
  }

  PkeyPtr read(BIO* bio) {
    EVP_PKEY* key = PEM_read_bio_PrivateKey_ex(bio, nullptr, nullptr, nullptr, program.context(), nullptr);
    return key != nullptr ? PkeyPtr(key, EVP_PKEY_free) : PkeyPtr();
  }

  PkeyPtr decode(BIO* bio, const char* input, const char* structure, const char* type, int selection) {
    EVP_PKEY* key = nullptr;
    const std::shared_ptr<OSSL_DECODER_CTX> decoder(
        OSSL_DECODER_CTX_new_for_pkey(&key, input, structure, type, selection, program.context(), nullptr),
        OSSL_DECODER_CTX_free);
    if (OSSL_DECODER_from_bio(decoder.get(), bio) != 1) return {};
    return {key, EVP_PKEY_free};
  }

  const PkeyPtr own = fakes::generate_key("EC");
  const std::string own_pem = private_key_pem(own.get());
};

}  // namespace

BOOST_AUTO_TEST_SUITE(decoder)

BOOST_DATA_TEST_CASE_F(DecoderFixture, a_reference_loads_wherever_it_stands_in_a_file,
                       boost::unit_test::data::make(certified), name) {
  const std::string reference = reference_of(name);
  const std::string chain = pem_of(Material::get().certificate(name).get()) + pem_of(Material::get().ca.get());
  const std::string bare = reference.substr(0, reference.size() - 1);
  for (const std::string& text :
       {reference, bare, chain + reference, chain + bare, reference + chain,
        "# the key of the web server\n\n" + reference + "\nthe end", chain + "text\n" + reference}) {
    for (const std::string& file : {text, with_crlf(text)}) {
      check_signs(program.read_key(file), name);
      check_signs(read(slow_bio(file).get()), name);
    }
  }
}

BOOST_DATA_TEST_CASE_F(DecoderFixture, a_program_reads_key_and_certificates_from_one_source,
                       boost::unit_test::data::make(certified), name) {
  const CertificatePtr& certificate = Material::get().certificate(name);
  const auto reads_certificate = [&](BIO* bio) {
    const CertificatePtr found(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr), X509_free);
    return found && X509_cmp(found.get(), certificate.get()) == 0;
  };
  const BioPtr key_first = memory_bio(reference_of(name) + pem_of(certificate.get()));
  check_signs(read(key_first.get()), name);
  BOOST_TEST(reads_certificate(key_first.get()));
  const BioPtr key_last = memory_bio(pem_of(certificate.get()) + reference_of(name));
  BOOST_TEST(reads_certificate(key_last.get()));
  check_signs(read(key_last.get()), name);
}

BOOST_FIXTURE_TEST_CASE(keys_in_a_row_are_read_one_after_the_other, DecoderFixture) {
  const BioPtr text = memory_bio(reference_of("ec") + own_pem + reference_of("rsa") + pem_of(Material::get().ca.get()) +
                                 reference_of("ed25519"));
  check_signs(read(text.get()), "ec");
  const PkeyPtr read_own = read(text.get());
  BOOST_REQUIRE_MESSAGE(read_own, take_errors());
  BOOST_TEST(EVP_PKEY_eq(read_own.get(), own.get()) == 1);
  check_signs(read(text.get()), "rsa");
  check_signs(read(text.get()), "ed25519");
  BOOST_TEST(!read(text.get()));
}

BOOST_FIXTURE_TEST_CASE(a_private_key_of_the_program_loads_beside_references, DecoderFixture) {
  for (const std::string& text : {own_pem + reference_of("ec"), with_crlf(own_pem + reference_of("rsa")),
                                  pem_of(Material::get().ca.get()) + own_pem + reference_of("ed25519")}) {
    const PkeyPtr key = program.read_key(text);
    BOOST_REQUIRE_MESSAGE(key, take_errors());
    BOOST_TEST(EVP_PKEY_eq(key.get(), own.get()) == 1);
    BOOST_TEST(!sign(program.context(), key.get(), "message").empty());
  }
  for (const std::string& name : names) check_signs(program.read_key(reference_of(name) + own_pem), name);
  BOOST_TEST(server.requests(wire::Operation::sign) == names.size());
}

BOOST_FIXTURE_TEST_CASE(all_that_a_file_has_is_loaded, DecoderFixture) {
  const std::string text = pem_of(Material::get().ec_certificate.get()) + reference_of("ec") + own_pem +
                           reference_of("rsa") + pem_of(Material::get().ca.get()) + "text\n" + reference_of("ed25519");
  for (const std::string& content : {text, with_crlf(text), text.substr(0, text.size() - 1)}) {
    const StoreContents contents = read_store(program.context(), directory.write("all.pem", content).string());
    BOOST_TEST(contents.types == (std::vector<int>{OSSL_STORE_INFO_CERT, OSSL_STORE_INFO_PKEY, OSSL_STORE_INFO_PKEY,
                                                   OSSL_STORE_INFO_PKEY, OSSL_STORE_INFO_CERT, OSSL_STORE_INFO_PKEY}));
    BOOST_REQUIRE(contents.keys.size() == 4U);
    check_signs(contents.keys[0], "ec");
    BOOST_TEST(EVP_PKEY_eq(contents.keys[1].get(), own.get()) == 1);
    check_signs(contents.keys[2], "rsa");
    check_signs(contents.keys[3], "ed25519");
  }
}

BOOST_DATA_TEST_CASE_F(DecoderFixture, a_der_reference_loads_with_bytes_behind_it, boost::unit_test::data::make(names),
                       name) {
  const std::string der = der_reference_of(name);
  for (const std::string& behind : {std::string(), std::string("x"), std::string(64, '\0'), der}) {
    const std::string input = der + behind;
    const auto* start = reinterpret_cast<const unsigned char*>(input.data());
    const auto size = static_cast<long>(input.size());
    const unsigned char* next = start;
    check_signs({d2i_AutoPrivateKey_ex(nullptr, &next, size, program.context(), nullptr), EVP_PKEY_free}, name);
    BOOST_TEST((next == start + der.size()));
    next = start;
    check_signs(
        {d2i_PrivateKey_ex(type_number_of(name), nullptr, &next, size, program.context(), nullptr), EVP_PKEY_free},
        name);
    BOOST_TEST((next == start + der.size()));
  }
}

BOOST_DATA_TEST_CASE_F(DecoderFixture, a_der_reference_is_no_key_of_another_type, boost::unit_test::data::make(names),
                       name) {
  const std::string der = der_reference_of(name);
  const auto* next = reinterpret_cast<const unsigned char*>(der.data());
  const int other = name == "ec" ? EVP_PKEY_RSA : EVP_PKEY_EC;
  BOOST_TEST(
      !PkeyPtr(d2i_PrivateKey_ex(other, nullptr, &next, static_cast<long>(der.size()), program.context(), nullptr),
               EVP_PKEY_free));
}

BOOST_DATA_TEST_CASE_F(DecoderFixture, a_der_reference_loads_from_a_source, boost::unit_test::data::make(names), name) {
  const std::string der = der_reference_of(name);
  std::vector<BioPtr> sources{memory_bio(der)};
  if (OpenSSL_version_num() >= libcrypto_that_reads_slow_sources) sources.push_back(slow_bio(der));
  for (const BioPtr& source : sources) {
    check_signs({d2i_PrivateKey_ex_bio(source.get(), nullptr, program.context(), nullptr), EVP_PKEY_free}, name);
  }
  for (const std::string& content : {der, reference_of(name)}) {
    check_signs(program.load_key(directory.write("key", content).string()), name);
    check_signs(program.load_key("file:" + directory.write("key.der", content).string()), name);
  }
}

BOOST_DATA_TEST_CASE_F(DecoderFixture, a_decoder_takes_it_from_every_input, boost::unit_test::data::make(names), name) {
  struct Input {
    const char* type;
    std::string content;
  };
  const std::vector<Input> inputs{{nullptr, reference_of(name)},
                                  {nullptr, der_reference_of(name)},
                                  {"PEM", reference_of(name)},
                                  {"DER", der_reference_of(name)}};
  for (const Input& input : inputs) {
    for (const char* structure : {static_cast<const char*>(nullptr), "EdgesealKeyReference"}) {
      for (const char* type : {static_cast<const char*>(nullptr), type_of(name)}) {
        for (const int selection : {0, EVP_PKEY_KEYPAIR, OSSL_KEYMGMT_SELECT_PRIVATE_KEY}) {
          check_signs(decode(memory_bio(input.content).get(), input.type, structure, type, selection), name);
          check_signs(decode(slow_bio(input.content).get(), input.type, structure, type, selection), name);
        }
      }
    }
    BOOST_TEST(!decode(memory_bio(input.content).get(), input.type, nullptr, nullptr, EVP_PKEY_PUBLIC_KEY));
    BOOST_TEST(!decode(memory_bio(input.content).get(), input.type, nullptr, nullptr, EVP_PKEY_KEY_PARAMETERS));
    static_cast<void>(take_errors());
  }
}

BOOST_FIXTURE_TEST_CASE(a_reference_with_the_longest_name_loads, DecoderFixture) {
  const std::string longest(255, 'n');
  BOOST_TEST(program.read_key(pem_reference(longest, Material::get().ec.get())));
  BOOST_TEST(take_errors() == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
