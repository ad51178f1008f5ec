#pragma once

#include <chrono>

#include "agent/certificates/certificate_subject.h"

namespace edgeseal::agent {

// "No well-defined expiration date" (RFC 5280 §4.1.2.5): until 99991231235959Z, as IEEE 802.1AR has it for an IDevID.
inline constexpr std::chrono::days without_end{4'000'000};

// A certificate that its own key signs (OPC 10000-12 §7.10.6), in the same three steps as SigningRequest.
class SelfSignedCertificate {
 public:
  // Valid from a day before `now`, for devices whose clocks differ. Throws Error{invalid_argument} for a subject or
  // name that cannot be encoded.
  SelfSignedCertificate(const CertificateSubject& subject, std::chrono::system_clock::time_point now,
                        std::chrono::days lifetime);

  [[nodiscard]] tpm::Bytes to_be_signed(tpm::ByteView public_key);
  // The DER certificate.
  [[nodiscard]] tpm::Bytes finish(tpm::ByteView signature);

 private:
  CertificatePtr certificate_;
  ExtensionsPtr extensions_;
};

}  // namespace edgeseal::agent
