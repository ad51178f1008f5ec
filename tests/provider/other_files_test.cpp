#include <openssl/decoder.h>
#include <openssl/pem.h>
#include <openssl/ui.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "tests/provider/store_contents.h"

// Whatever a program loads that is not Edgeseal's loads as without the module, and leaves the same errors.

namespace edgeseal::tests {
namespace {

using BioPtr = std::shared_ptr<BIO>;

// What the openssl program makes; "secret" is the passphrase.
constexpr const char* commands = R"(
  printf "[ca]\ndefault_ca = section\n[section]\ndatabase = index.txt\ndefault_md = sha256\ndefault_crl_days = 1\n" > ca.cnf
  : > index.txt
  openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out rsa.pem
  openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:1024 -out rsa-pss.pem
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit -out ec-explicit.pem
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out ec-secp256k1.pem
  for type in ED25519 ED448 X25519; do openssl genpkey -algorithm $type -out $type.pem; done
  openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048 -out dh-parameters.pem
  openssl genpkey -paramfile dh-parameters.pem -out dh.pem
  openssl ecparam -name prime256v1 -out ec-parameters.pem
  openssl ecparam -name prime256v1 -genkey -out ec-with-parameters.pem
  for key in rsa rsa-pss ec ec-explicit ec-secp256k1 ED25519 ED448 X25519 dh; do
    openssl pkey -in $key.pem -pubout -out $key-public.pem
    openssl pkey -in $key.pem -pubout -outform DER -out $key-public.der
    openssl pkcs8 -topk8 -nocrypt -in $key.pem -outform DER -out $key-pkcs8.der
    openssl pkcs8 -topk8 -passout pass:secret -in $key.pem -out $key-encrypted.pem
    openssl pkcs8 -topk8 -passout pass:secret -in $key.pem -outform DER -out $key-encrypted.der
  done
  for key in rsa ec; do
    openssl pkey -traditional -in $key.pem -out $key-traditional.pem
    openssl pkey -traditional -in $key.pem -outform DER -out $key-traditional.der
    openssl pkey -traditional -in $key.pem -aes128 -passout pass:secret -out $key-traditional-encrypted.pem
    openssl req -x509 -key $key.pem -subj /CN=$key -out $key-certificate.pem
    openssl x509 -in $key-certificate.pem -outform DER -out $key-certificate.der
    openssl x509 -in $key-certificate.pem -trustout -out $key-trusted.pem
    openssl req -new -key $key.pem -subj /CN=$key -out $key-request.pem
    openssl pkcs12 -export -in $key-certificate.pem -inkey $key.pem -passout pass:secret -out $key.p12
    openssl pkcs12 -export -in $key-certificate.pem -inkey $key.pem -passout pass: -out $key-plain.p12
    openssl crl2pkcs7 -nocrl -certfile $key-certificate.pem -out $key-chain.p7b
    openssl ca -gencrl -config ca.cnf -cert $key-certificate.pem -keyfile $key.pem -out $key.crl
    cat $key-certificate.pem $key.pem > $key-both.pem
    cat $key.pem $key-certificate.pem rsa-public.pem > $key-many.pem
    sed "s/$/\r/" $key.pem > $key-crlf.pem
    { echo text; cat $key.pem; echo text; } > $key-with-text.pem
    head -c 100 $key.pem > $key-cut-off.pem
    head -c 60 $key-pkcs8.der > $key-cut-off.der
    sed "s/PRIVATE KEY/SECRET THING/" $key.pem > $key-unknown-label.pem
  done
  openssl rsa -in rsa.pem -RSAPublicKey_out -out rsa-pkcs1-public.pem
  printf "" > empty
  printf "0" > one-byte
  printf "0\203\001\000\000" > large-sequence
  printf "0\200\000\000" > indefinite-length
  printf "no key\n" > text
)";

void make_files(const TemporaryDirectory& directory) {
  const auto script = directory.write("make.sh", "set -eu\nexport OPENSSL_CONF=/dev/null\n" + std::string(commands));
  const std::string command =
      "cd " + directory.path().string() + " && sh " + script.string() + " >log 2>&1 || { cat log >&2; exit 1; }";
  BOOST_REQUIRE(std::system(command.c_str()) == 0);
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

BioPtr memory_bio(const std::string& content) {
  return {BIO_new_mem_buf(content.data(), static_cast<int>(content.size())), BIO_free};
}

int give_passphrase(char* out, int size, int /*writing*/, void* /*argument*/) {
  return std::snprintf(out, static_cast<std::size_t>(size), "secret");
}

// Without what differs between two runs of the same code: the thread's number.
std::string errors() {
  std::istringstream lines(take_errors());
  std::string result;
  for (std::string line; std::getline(lines, line);)
    result += "  " + line.substr(std::min(line.size(), line.find(':'))) + "\n";
  return result;
}

std::string description(EVP_PKEY* key) {
  if (key == nullptr) return "none";
  const PkeyPtr owner(key, EVP_PKEY_free);
  const char* type = EVP_PKEY_get0_type_name(key);
  return std::string(type != nullptr ? type : "?") + " " + std::to_string(EVP_PKEY_get_bits(key)) + " of " +
         OSSL_PROVIDER_get0_name(EVP_PKEY_get0_provider(key));
}

// What a program of that library context makes of the file, by every way that it has.
class Loading {
 public:
  Loading(OSSL_LIB_CTX* context, const std::filesystem::path& file)
      : context_(context), file_(file), content_(content_of(file)) {}

  std::string outcome() {
    return store(0) + store(OSSL_STORE_INFO_PKEY) + store(OSSL_STORE_INFO_CERT) + pem() + der() + decoder(nullptr) +
           decoder("PEM") + decoder("DER");
  }

 private:
  std::string store(int expect) {
    const std::shared_ptr<UI_METHOD> passphrase(UI_UTIL_wrap_read_pem_callback(give_passphrase, 0), UI_destroy_method);
    const std::shared_ptr<OSSL_STORE_CTX> opened(
        OSSL_STORE_open_ex(file_.c_str(), context_, nullptr, passphrase.get(), nullptr, nullptr, nullptr, nullptr),
        OSSL_STORE_close);
    std::string result = "store:";
    if (!opened || (expect != 0 && OSSL_STORE_expect(opened.get(), expect) != 1)) return result + "\n" + errors();
    while (OSSL_STORE_eof(opened.get()) == 0) {
      const std::shared_ptr<OSSL_STORE_INFO> info(OSSL_STORE_load(opened.get()), OSSL_STORE_INFO_free);
      result +=
          info ? std::string(" ") + OSSL_STORE_INFO_type_string(OSSL_STORE_INFO_get_type(info.get())) : " nothing";
    }
    return result + "\n" + errors();
  }

  template <class Read>
  std::string by(const char* what, const Read& read) {
    const BioPtr bio = memory_bio(content_);
    const std::string found = read(bio.get());
    const std::string rest = std::to_string(BIO_pending(bio.get()));
    return std::string(what) + ": " + found + ", " + rest + " bytes left\n" + errors();
  }

  std::string pem() {
    return by("PEM private key",
              [&](BIO* bio) {
                return description(
                    PEM_read_bio_PrivateKey_ex(bio, nullptr, give_passphrase, nullptr, context_, nullptr));
              }) +
           by("PEM public key",
              [&](BIO* bio) {
                return description(PEM_read_bio_PUBKEY_ex(bio, nullptr, give_passphrase, nullptr, context_, nullptr));
              }) +
           by("PEM parameters",
              [&](BIO* bio) { return description(PEM_read_bio_Parameters_ex(bio, nullptr, context_, nullptr)); });
  }

  std::string der() {
    return by("DER private key",
              [&](BIO* bio) { return description(d2i_PrivateKey_ex_bio(bio, nullptr, context_, nullptr)); }) +
           by("DER public key", [&](BIO* bio) { return description(public_key_in(bio)); });
  }

  EVP_PKEY* public_key_in(BIO* bio) {
    char* start = nullptr;
    const long size = BIO_get_mem_data(bio, &start);
    const auto* next = reinterpret_cast<const unsigned char*>(start);
    return d2i_PUBKEY_ex(nullptr, &next, size, context_, nullptr);
  }

  std::string decoder(const char* input) {
    std::string result;
    for (const int selection : {0, EVP_PKEY_KEYPAIR, EVP_PKEY_PUBLIC_KEY, EVP_PKEY_KEY_PARAMETERS}) {
      result += by("decoder", [&](BIO* bio) {
        EVP_PKEY* key = nullptr;
        const std::shared_ptr<OSSL_DECODER_CTX> decoding(
            OSSL_DECODER_CTX_new_for_pkey(&key, input, nullptr, nullptr, selection, context_, nullptr),
            OSSL_DECODER_CTX_free);
        static_cast<void>(OSSL_DECODER_CTX_set_pem_password_cb(decoding.get(), give_passphrase, nullptr));
        static_cast<void>(OSSL_DECODER_from_bio(decoding.get(), bio));
        return description(key);
      });
    }
    return result;
  }

  OSSL_LIB_CTX* context_;
  const std::filesystem::path file_;
  const std::string content_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(other_files)

BOOST_FIXTURE_TEST_CASE(they_load_as_without_the_module, Fixture) {
  const TemporaryDirectory files;
  make_files(files);
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(files.path())) {
    BOOST_TEST(
        Loading(program.context(), entry.path()).outcome() == Loading(fakes::default_only(), entry.path()).outcome(),
        entry.path().filename());
    ++count;
  }
  BOOST_TEST(count > 80U);
  const std::string of_a_key = Loading(program.context(), files.path() / "rsa.pem").outcome();
  BOOST_TEST(of_a_key.find("PEM private key: RSA 1024 of default, 0 bytes left") != std::string::npos, of_a_key);
  BOOST_TEST(server.connections() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
