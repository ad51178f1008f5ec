#pragma once

// A self-signed certificate, made while the test runs.

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace edgeseal::test {

class TestCertificate {
 public:
  explicit TestCertificate(const std::string& common_name, const std::string& alternative_names = "DNS:gw1.example.com")
      : key_(EVP_EC_gen("P-256"), &EVP_PKEY_free), certificate_(X509_new(), &X509_free) {
    X509_set_version(certificate_.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_.get()), 0x1234);
    ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate_.get()), "20260101000000Z");
    ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate_.get()), "20270101000000Z");
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate_.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
    X509_set_pubkey(certificate_.get(), key_.get());
    add_extension(alternative_names);
    if (X509_sign(certificate_.get(), key_.get(), EVP_sha256()) <= 0) throw std::runtime_error("X509_sign");
  }

  [[nodiscard]] std::vector<uint8_t> der() const {
    unsigned char* data = nullptr;
    const int size = i2d_X509(certificate_.get(), &data);
    const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(data,
                                                                         [](unsigned char* p) { OPENSSL_free(p); });
    return {data, data + size};
  }

  [[nodiscard]] std::string pem() const {
    return text([this](BIO* bio) { PEM_write_bio_X509(bio, certificate_.get()); });
  }

  [[nodiscard]] std::string key_pem() const {
    return text([this](BIO* bio) { PEM_write_bio_PrivateKey(bio, key_.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }

 private:
  void add_extension(const std::string& names) {
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str()), &X509_EXTENSION_free);
    if (!extension || X509_add_ext(certificate_.get(), extension.get(), -1) != 1)
      throw std::runtime_error("subjectAltName");
  }

  template <class Write>
  static std::string text(const Write& write) {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new(BIO_s_mem()), &BIO_free_all);
    write(bio.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<size_t>(size)};
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

}  // namespace edgeseal::test
