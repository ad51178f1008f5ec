#pragma once

#include "agent/certificates/certificate_subject.h"

namespace edgeseal::agent {

// A PKCS#10 request (RFC 2986) in three steps, so that a bad subject is refused before a key is made for it, and so
// that the signature can be made elsewhere and later.
class SigningRequest {
 public:
  // Throws Error{invalid_argument} for a subject or name that cannot be encoded.
  explicit SigningRequest(const CertificateSubject& subject);

  // For this key (DER SubjectPublicKeyInfo): the part to be signed, as certificate_signature() has it.
  [[nodiscard]] tpm::Bytes to_be_signed(tpm::ByteView public_key);
  // The DER request.
  [[nodiscard]] tpm::Bytes finish(tpm::ByteView signature);

 private:
  RequestPtr request_;
  ExtensionsPtr extensions_;
};

}  // namespace edgeseal::agent
