#include "dbus/ctl/bundle_key.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <algorithm>
#include <array>
#include <memory>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/openssl_objects.h"
#include "dbus/ctl/passphrase.h"

namespace edgeseal::ctl {
namespace {

constexpr size_t kMostKeyBytes = 64 * 1024;
constexpr long kLeastIterations = 10'000;
constexpr long kMostIterations = 10'000'000;

void free_bags(STACK_OF(PKCS12_SAFEBAG) * bags) {
  sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}
void free_safes(STACK_OF(PKCS7) * safes) {
  sk_PKCS7_pop_free(safes, PKCS7_free);
}
void free_certificates(STACK_OF(X509) * certificates) {
  sk_X509_pop_free(certificates, X509_free);
}

using Bio = std::unique_ptr<BIO, Freed<BIO, BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Pkcs12 = std::unique_ptr<PKCS12, Freed<PKCS12, PKCS12_free>>;
using Pkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freed<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Bags = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), Freed<STACK_OF(PKCS12_SAFEBAG), free_bags>>;
using Safes = std::unique_ptr<STACK_OF(PKCS7), Freed<STACK_OF(PKCS7), free_safes>>;
using Certificates = std::unique_ptr<STACK_OF(X509), Freed<STACK_OF(X509), free_certificates>>;
using Pbes2 = std::unique_ptr<PBE2PARAM, Freed<PBE2PARAM, PBE2PARAM_free>>;
using Pbkdf2 = std::unique_ptr<PBKDF2PARAM, Freed<PBKDF2PARAM, PBKDF2PARAM_free>>;

[[noreturn]] void refuse(const std::string& path, const std::string& problem, const std::string& remedy = "") {
  ERR_clear_error();
  throw Failure(ExitCode::Usage, path + ": " + problem, remedy);
}

// One PKCS#12 file on its way.
struct File {
  std::string path;
  std::string_view passphrase;

  [[noreturn]] void fail(const std::string& problem) const {
    refuse(path, problem, "make it anew: openssl pkcs12 -export -iter 600000");
  }
  void require_iterations(const ASN1_INTEGER* count) const {
    const long iterations = count == nullptr ? 1 : ASN1_INTEGER_get(count);
    if (iterations < kLeastIterations || iterations > kMostIterations)
      fail("it asks for " + std::to_string(iterations) + " iterations; 10000 to 10000000 are taken");
  }
  void require_pbes2(const X509_ALGOR& algorithm) const;
  void require_good_bags(STACK_OF(PKCS12_SAFEBAG) * bags) const;
};

int identifier_of(const X509_ALGOR& algorithm) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, &algorithm);
  return OBJ_obj2nid(object);
}

template <class Parameters, class Result>
Result parameters_of(const X509_ALGOR& algorithm, const ASN1_ITEM* item) {
  return Result(static_cast<Parameters*>(ASN1_TYPE_unpack_sequence(item, algorithm.parameter)));
}

void File::require_pbes2(const X509_ALGOR& algorithm) const {
  constexpr std::array ciphers{NID_aes_128_cbc, NID_aes_192_cbc, NID_aes_256_cbc};
  const auto scheme = identifier_of(algorithm) == NID_pbes2
                          ? parameters_of<PBE2PARAM, Pbes2>(algorithm, ASN1_ITEM_rptr(PBE2PARAM))
                          : nullptr;
  if (!scheme || std::find(ciphers.begin(), ciphers.end(), identifier_of(*scheme->encryption)) == ciphers.end() ||
      identifier_of(*scheme->keyfunc) != NID_id_pbkdf2)
    fail("it is not encrypted by PBES2 with PBKDF2 and AES");
  const auto derivation = parameters_of<PBKDF2PARAM, Pbkdf2>(*scheme->keyfunc, ASN1_ITEM_rptr(PBKDF2PARAM));
  if (!derivation) fail("its encryption has no parameters");
  require_iterations(derivation->iter);
}

void File::require_good_bags(STACK_OF(PKCS12_SAFEBAG) * bags) const {
  if (bags == nullptr) fail("its content can't be read, or the passphrase is wrong");
  for (int index = 0; index < sk_PKCS12_SAFEBAG_num(bags); ++index) {
    const PKCS12_SAFEBAG* bag = sk_PKCS12_SAFEBAG_value(bags, index);
    if (PKCS12_SAFEBAG_get_nid(bag) == NID_safeContentsBag) fail("bags within bags are not taken");
    if (PKCS12_SAFEBAG_get_nid(bag) != NID_pkcs8ShroudedKeyBag) continue;
    const X509_ALGOR* algorithm = nullptr;
    X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(bag), &algorithm, nullptr);
    require_pbes2(*algorithm);
  }
}

void require_good_safe(const File& file, PKCS7& safe) {
  if (safe.d.ptr == nullptr) file.fail("it has a part without content");
  if (PKCS7_type_is_data(&safe)) return file.require_good_bags(Bags(PKCS12_unpack_p7data(&safe)).get());
  if (!PKCS7_type_is_encrypted(&safe)) file.fail("it has a part of a kind that is not taken");
  file.require_pbes2(*safe.d.encrypted->enc_data->algorithm);
  const Bags bags(PKCS12_unpack_p7encdata(&safe, file.passphrase.data(), static_cast<int>(file.passphrase.size())));
  file.require_good_bags(bags.get());
}

// Each derivation is looked at before it is made.
void require_good(const File& file, PKCS12& archive) {
  const ASN1_INTEGER* iterations = nullptr;
  if (PKCS12_mac_present(&archive) != 1) file.fail("it has no authentication code");
  PKCS12_get0_mac(nullptr, nullptr, nullptr, &iterations, &archive);
  file.require_iterations(iterations);
  if (PKCS12_verify_mac(&archive, file.passphrase.data(), static_cast<int>(file.passphrase.size())) != 1)
    file.fail("the passphrase is wrong, or it was altered");
  const Safes safes(PKCS12_unpack_authsafes(&archive));
  if (!safes) file.fail("it can't be read");
  for (int index = 0; index < sk_PKCS7_num(safes.get()); ++index)
    require_good_safe(file, *sk_PKCS7_value(safes.get(), index));
}

jose::SecretBytes pkcs8_of(const std::string& path, EVP_PKEY& key) {
  const Pkcs8 info(EVP_PKEY2PKCS8(&key));
  unsigned char* der = nullptr;
  const int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der) : 0;
  if (size <= 0) refuse(path, "the private key can't be encoded");
  const auto* bytes = reinterpret_cast<const std::byte*>(der);
  jose::SecretBytes result(bytes, bytes + size);
  OPENSSL_clear_free(der, static_cast<size_t>(size));
  return result;
}

jose::Bytes der_of(X509& certificate) {
  jose::Bytes der(static_cast<size_t>(i2d_X509(&certificate, nullptr)));
  auto* position = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(&certificate, &position);
  return der;
}

Bio memory_of(const SecretFile& file) {
  return Bio(BIO_new_mem_buf(file.content().data(), static_cast<int>(file.content().size())));
}

// Nobody is asked: a passphrase that were typed here would not be counted.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

}  // namespace

jose::SecretBytes pkcs8_of_file(const std::string& path) {
  const SecretFile file = SecretFile::read(path, kMostKeyBytes);
  const Bio bio = memory_of(file);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (!key) refuse(path, "no private key in PEM, or it is encrypted", "decrypt it, or use --pkcs12");
  return pkcs8_of(path, *key);
}

void read_pkcs12(const std::string& path, const std::string& passphrase_file, jose::Bundle& bundle) {
  const SecretFile file = SecretFile::read(path, kMostKeyBytes);
  const SecretFile passphrase = read_or_ask_passphrase(
      passphrase_file, {.prompt = "Passphrase of " + path, .option = "--pkcs12-passphrase-file"});
  const std::string_view typed = passphrase.content();
  const Pkcs12 archive(d2i_PKCS12_bio(memory_of(file).get(), nullptr));
  if (!archive) refuse(path, "no PKCS#12 file");
  require_good({path, typed}, *archive);
  EVP_PKEY* key = nullptr;
  X509* own = nullptr;
  STACK_OF(X509)* issuers = nullptr;
  const bool parsed = PKCS12_parse(archive.get(), typed.data(), &key, &own, &issuers) == 1;
  const Key held_key(key);
  const Certificate held_certificate(own);
  const Certificates held_issuers(issuers);
  if (!parsed || !held_key || !held_certificate) refuse(path, "it does not hold a private key with its certificate");
  bundle.private_key = pkcs8_of(path, *held_key);
  bundle.certificate = {der_of(*held_certificate)};
  for (int index = 0; index < sk_X509_num(held_issuers.get()); ++index)
    bundle.certificate.push_back(der_of(*sk_X509_value(held_issuers.get(), index)));
}

}  // namespace edgeseal::ctl
