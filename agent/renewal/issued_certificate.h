#pragma once

#include <chrono>

#include "agent/openssl.h"

namespace edgeseal::agent {

// What a certificate that is issued here is good for.
enum class IssuedAs { end_entity, authority };

// A certificate for a request of this agent, in the same steps as SelfSignedCertificate: its subject, names and key are
// those of the request.
class IssuedCertificate {
 public:
  // `issuer`: of the authority; null: the key of the request signs it. Throws Error{internal_error} for a request that
  // was damaged.
  IssuedCertificate(tpm::ByteView request, CertificatePtr issuer, IssuedAs as,
                    std::chrono::system_clock::time_point now, std::chrono::days lifetime);

  // `public_key`: of who signs.
  [[nodiscard]] tpm::Bytes to_be_signed(tpm::ByteView public_key);
  [[nodiscard]] tpm::Bytes finish(tpm::ByteView signature);

 private:
  void copy_extensions(X509_REQ& request, IssuedAs as);

  CertificatePtr certificate_, issuer_;
};

}  // namespace edgeseal::agent
