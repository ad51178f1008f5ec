#pragma once

#include <openssl/x509.h>

#include <memory>
#include <string>

namespace edgeseal::ctl {

template <class T, auto Free>
struct Freed {
  void operator()(T* object) const { Free(object); }
};

[[nodiscard]] std::string name_text(const X509_NAME* name);  // RFC 2253
[[nodiscard]] std::string time_text(const ASN1_TIME* time);  // 2026-01-31T12:00:00Z

}  // namespace edgeseal::ctl
