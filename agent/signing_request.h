#pragma once

#include <string>
#include <vector>

#include "agent/openssl.h"

namespace edgeseal::agent {

// What a certificate is asked for (OPC 10000-6 §6.2.2, OPC 10000-12 §7.10.10).
struct SigningRequestSubject {
  std::string distinguished_name;  // "CN=gw1,O=Example" or "CN=gw1/O=Example"; \ escapes a separator
  tpm::Bytes certificate;          // DER: lends its subject where distinguished_name is empty
  std::string application_uri;     // subjectAltName URI; empty: none
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
};

// A PKCS#10 request (RFC 2986) in three steps, so that a bad subject is refused before a key is made for it, and so
// that the signature can be made elsewhere and later.
class SigningRequest {
 public:
  // Throws Error{invalid_argument} for a subject or name that cannot be encoded.
  explicit SigningRequest(const SigningRequestSubject& subject);

  // For this key (DER SubjectPublicKeyInfo): SHA-256 of the part to be signed.
  [[nodiscard]] tpm::Bytes digest_for(tpm::ByteView public_key);
  // The DER request. `signature` is RSA PKCS#1 v1.5 or a DER Ecdsa-Sig-Value over the digest.
  [[nodiscard]] tpm::Bytes finish(tpm::ByteView signature);

 private:
  struct FreeExtensions {
    void operator()(STACK_OF(X509_EXTENSION) * stack) const noexcept;
  };

  std::unique_ptr<X509_REQ, OpensslFree<X509_REQ, X509_REQ_free>> request_;
  std::unique_ptr<STACK_OF(X509_EXTENSION), FreeExtensions> extensions_;
};

}  // namespace edgeseal::agent
