#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "agent/openssl.h"
#include "agent/trust/strength.h"

namespace edgeseal::agent {

// Names that X509_NAME_cmp() calls equal have the same.
[[nodiscard]] std::uint64_t name_hash(const X509_NAME& name);

// A certificate as far as it matters in a list of thousands: whether it has the structure of one, whose it is, what its
// key and signature are worth. libcrypto needs ten times as long to make an X509 of it, since it looks for somebody who
// decodes the key.
class CertificateOutline {
 public:
  // Throws Error{certificate_invalid} for what parse_certificate() refuses, but for a key that is not usable.
  explicit CertificateOutline(tpm::ByteView der);

  [[nodiscard]] std::uint64_t subject_hash() const;
  // Of a usable RSA key or one on a named curve, under a signature with a hash. Nothing: ask the X509.
  [[nodiscard]] std::optional<Strength> strength() const;

 private:
  struct Fields;
  struct Free {
    void operator()(Fields* fields) const noexcept;
  };
  std::unique_ptr<Fields, Free> fields_;
};

}  // namespace edgeseal::agent
