#pragma once

#include <string>

#include "enroll/openssl.h"

namespace edgeseal::test {

using enroll::Bytes;
using enroll::ByteView;
using enroll::Certificate;
using enroll::Key;

[[nodiscard]] Key ec_key();  // P-256

// What a certificate says. Extensions as in openssl.cnf: "basicConstraints=critical,CA:TRUE", one each line.
struct CertificateFields {
  std::string name;
  std::string extensions;
  int days = 30;
  const EVP_MD* digest = EVP_sha256();
  std::size_t padding = 0;  // bytes of a comment, to make it large
};

inline constexpr const char* ca_extensions =
    "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign,digitalSignature\n";
inline constexpr const char* device_extensions =
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n";
inline constexpr const char* ra_extensions =
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=cmcRA\n";

// Of that key, signed by `issuer_key` in the name of `issuer`, or by itself where that is null.
[[nodiscard]] Certificate issue(const CertificateFields& fields, const Key& key, const Certificate& issuer,
                                const Key& issuer_key);

// A key with its certificate.
struct Identity {
  Key key;
  Certificate certificate;

  [[nodiscard]] static Identity root(const std::string& name);
  [[nodiscard]] static Identity of(const CertificateFields& fields, const Identity& issuer);
  [[nodiscard]] Certificate issue(const CertificateFields& fields, const Key& for_key) const;
};

[[nodiscard]] std::string pem_of(const Certificate& certificate);
[[nodiscard]] std::string pem_of(const Key& key);

// PKCS #10, DER, with "DNS:NAME.example" as its alternative name.
[[nodiscard]] Bytes signing_request(const std::string& name, const Key& key);

}  // namespace edgeseal::test
