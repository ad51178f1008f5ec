#include "tests/fakes/test_keys.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace edgeseal::fakes {
namespace {

template <typename Result>
Result check(Result result, const char* operation) {
  if (!result) throw std::runtime_error(std::string(operation) + " failed");
  return result;
}

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::shared_ptr<X509_EXTENSION> extension(
      check(X509V3_EXT_conf_nid(nullptr, &context, nid, value), "extension"), X509_EXTENSION_free);
  check(X509_add_ext(certificate, extension.get(), -1), "X509_add_ext");
}

// Restricted to signatures with the hash and at least so long a salt, or not where that is null.
EVP_PKEY* generate_pss_key(const char* hash, int salt) {
  const std::shared_ptr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(default_only(), "RSA-PSS", nullptr),
                                              EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  check(EVP_PKEY_keygen_init(context.get()) == 1 && EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), 2048) == 1,
        "EVP_PKEY_keygen_init");
  if (hash != nullptr)
    check(EVP_PKEY_CTX_set_rsa_pss_keygen_md_name(context.get(), hash, nullptr) == 1 &&
              EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md_name(context.get(), hash) == 1 &&
              EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(context.get(), salt) == 1,
          "restrictions of RSA-PSS");
  check(EVP_PKEY_generate(context.get(), &key) == 1, "EVP_PKEY_generate");
  return key;
}

}  // namespace

OSSL_LIB_CTX* default_only() {
  static OSSL_LIB_CTX* const context = [] {
    OSSL_LIB_CTX* created = check(OSSL_LIB_CTX_new(), "OSSL_LIB_CTX_new");
    check(OSSL_PROVIDER_load(created, "default"), "OSSL_PROVIDER_load");
    return created;
  }();
  return context;
}

PkeyPtr generate_key(const std::string& type) {
  const auto generate = [&]() -> EVP_PKEY* {
    if (type == "EC") return EVP_PKEY_Q_keygen(default_only(), nullptr, "EC", "P-256");
    if (type == "P-384") return EVP_PKEY_Q_keygen(default_only(), nullptr, "EC", "P-384");
    if (type == "RSA-PSS") return generate_pss_key(nullptr, 0);
    if (type == "RSA-PSS restricted") return generate_pss_key("SHA256", 32);
    if (type == "RSA") return EVP_PKEY_Q_keygen(default_only(), nullptr, "RSA", std::size_t{2048});
    return EVP_PKEY_Q_keygen(default_only(), nullptr, type.c_str());
  };
  return {check(generate(), "EVP_PKEY_Q_keygen"), EVP_PKEY_free};
}

PkeyPtr read_key(const std::filesystem::path& pem) {
  const std::shared_ptr<BIO> file(check(BIO_new_file(pem.c_str(), "r"), "BIO_new_file"), BIO_free);
  EVP_PKEY* key = PEM_read_bio_PrivateKey_ex(file.get(), nullptr, nullptr, nullptr, default_only(), nullptr);
  return {check(key, "PEM_read_bio_PrivateKey_ex"), EVP_PKEY_free};
}

Bytes public_key_of(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  check(size > 0, "i2d_PUBKEY");
  const auto* bytes = reinterpret_cast<const std::byte*>(der);
  Bytes result(bytes, bytes + size);
  OPENSSL_free(der);
  return result;
}

Bytes der_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  check(size > 0, "i2d_X509");
  const auto* bytes = reinterpret_cast<const std::byte*>(der);
  Bytes result(bytes, bytes + size);
  OPENSSL_free(der);
  return result;
}

CertificatePtr issue_certificate(EVP_PKEY* key, const std::string& name, X509* issuer, EVP_PKEY* issuer_key) {
  static long serial = 1;
  CertificatePtr certificate(check(X509_new_ex(default_only(), nullptr), "X509_new_ex"), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509* signer = issuer != nullptr ? issuer : certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
  add_extension(certificate.get(), signer, NID_basic_constraints, issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
  add_extension(certificate.get(), signer, NID_subject_alt_name, "DNS:localhost");
  check(X509_sign(certificate.get(), issuer_key != nullptr ? issuer_key : key, EVP_sha256()) > 0, "X509_sign");
  return certificate;
}

}  // namespace edgeseal::fakes
