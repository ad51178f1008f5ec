#pragma once

// A CRL, made while the test runs; nobody looks at its signature.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace edgeseal::test {

using TestCrl = std::unique_ptr<X509_CRL, decltype(&X509_CRL_free)>;

[[nodiscard]] inline TestCrl test_crl(const std::string& issuer, int revoked) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  TestCrl crl(X509_CRL_new(), &X509_CRL_free);
  const std::unique_ptr<X509_NAME, decltype(&X509_NAME_free)> name(X509_NAME_new(), &X509_NAME_free);
  X509_NAME_add_entry_by_txt(name.get(), "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(issuer.c_str()),
                             -1, -1, 0);
  const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> time(ASN1_TIME_new(), &ASN1_TIME_free);
  ASN1_TIME_set_string_X509(time.get(), "20260101000000Z");
  X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(crl.get(), name.get());
  X509_CRL_set1_lastUpdate(crl.get(), time.get());
  X509_CRL_set1_nextUpdate(crl.get(), time.get());
  for (int serial = 1; serial <= revoked; ++serial) {
    X509_REVOKED* entry = X509_REVOKED_new();
    const std::unique_ptr<ASN1_INTEGER, decltype(&ASN1_INTEGER_free)> number(ASN1_INTEGER_new(), &ASN1_INTEGER_free);
    ASN1_INTEGER_set(number.get(), serial);
    X509_REVOKED_set_serialNumber(entry, number.get());
    X509_REVOKED_set_revocationDate(entry, time.get());
    X509_CRL_add0_revoked(crl.get(), entry);
  }
  if (X509_CRL_sign(crl.get(), key.get(), EVP_sha256()) <= 0) throw std::runtime_error("X509_CRL_sign");
  return crl;
}

[[nodiscard]] inline std::vector<uint8_t> test_crl_der(const std::string& issuer, int revoked = 0) {
  unsigned char* data = nullptr;
  const int size = i2d_X509_CRL(test_crl(issuer, revoked).get(), &data);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(data, [](unsigned char* p) { OPENSSL_free(p); });
  return {data, data + size};
}

[[nodiscard]] inline std::string test_crl_pem(const std::string& issuer, int revoked = 0) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new(BIO_s_mem()), &BIO_free_all);
  PEM_write_bio_X509_CRL(bio.get(), test_crl(issuer, revoked).get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

}  // namespace edgeseal::test
