#pragma once

#include <chrono>
#include <initializer_list>
#include <string>
#include <vector>

#include "agent/openssl.h"
#include "agent/trust/trust_store.h"

namespace edgeseal::test {

using agent::Bytes;
using Days = std::chrono::duration<int, std::ratio<86400>>;

// What a certificate says; the defaults are those of an OPC UA application.
struct CertificateFields {
  std::string name = "application";
  std::string key_usage = "critical,digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment";
  std::string extended_key_usage = "serverAuth,clientAuth";
  std::string basic_constraints = "critical,CA:FALSE";
  std::string alternative_name = "URI:urn:gateway:application,DNS:gateway.example.com,IP:192.0.2.1";
  std::string more_oid;  // a further extension, critical, of any content
  Days from{-1}, to{30};
  const EVP_MD* hash = EVP_sha256();
  long version = X509_VERSION_3;
  long serial = 0;  // 0: one that no other has
};

[[nodiscard]] CertificateFields authority_fields(const std::string& name);

// Self-signed, without extensions, which version 1 has not.
[[nodiscard]] Bytes version_1_certificate();

// What a certificate says of a key that nobody has.
[[nodiscard]] agent::PublicKeyPtr public_rsa_key(int bits, int exponent_bits);

// A key with a certificate, and what it signs. Keys are made once per kind and number, since RSA keys take their time.
class Authority {
 public:
  explicit Authority(const std::string& name) : Authority(authority_fields(name), EVP_EC_gen("P-256"), nullptr) {}
  Authority(const std::string& name, const Authority& issuer)
      : Authority(authority_fields(name), EVP_EC_gen("P-256"), &issuer) {}
  // Of any kind; signs itself where `issuer` is null. Takes the key.
  Authority(const CertificateFields& fields, EVP_PKEY* key, const Authority* issuer);

  [[nodiscard]] const Bytes& certificate() const { return certificate_; }
  [[nodiscard]] Bytes issue(const CertificateFields& fields = {}) const;  // for a new P-256 key
  [[nodiscard]] Bytes issue(const CertificateFields& fields, EVP_PKEY& key) const;
  [[nodiscard]] Bytes crl(std::initializer_list<Bytes> revoked = {}, Days from = Days(-1), Days to = Days(30)) const;

 private:
  agent::PublicKeyPtr key_;
  Bytes certificate_;
};

}  // namespace edgeseal::test
