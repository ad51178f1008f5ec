// What an EST server sends is refused with a reason, or is within its bounds. The first byte chooses the part of an
// answer: a certs-only message in Base64 (m) or in DER (d), wishes (a), or one of the headers Content-Type (c),
// Retry-After (r), WWW-Authenticate (w), Location (l).
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "enroll/base64.h"
#include "enroll/certificate_limits.h"
#include "enroll/der_reader.h"
#include "enroll/error.h"
#include "enroll/est/certs_only.h"
#include "enroll/est/challenge.h"
#include "enroll/est/csr_attributes.h"
#include "enroll/http.h"
#include "enroll/printable.h"
#include "enroll/retry_after.h"
#include "enroll/trust_anchors.h"
#include "enroll/url.h"

namespace {

using namespace edgeseal::enroll;

void require(bool holds) {
  if (!holds) std::abort();
}

// Any set of certificates gives anchors, or a reason why not.
void check_trust(const std::vector<Certificate>& certificates) {
  const Clock clock = device_clock();
  try {
    const TrustSet trust = received_trust(certificates);
    require(!trust.anchors.empty() && trust.anchors.size() + trust.intermediates.size() <= certificates.size());
    static_cast<void>(renewed_trust({{certificates.front()}, {}}, certificates, {"localhost", certificates}, clock));
  } catch (const Error& error) {
    require(error.error_class() == ErrorClass::transport || error.error_class() == ErrorClass::rollover);
  }
}

void check_message(ByteView text) {
  try {
    const std::vector<Certificate> certificates = est::parse_certs_only(text);
    require(!certificates.empty() && certificates.size() <= max_certificates);
    for (const Certificate& certificate : certificates) require(subject_of(certificate).size() <= max_quoted_text + 3);
    check_trust(certificates);
  } catch (const Error& error) {
    require(error.error_class() == ErrorClass::transport);
  }
}

void check_wishes(ByteView der) {
  try {
    est::require_csr_attributes(der);
  } catch (const MalformedDer&) {
  }
}

void check_media_type(std::string_view header) {
  HttpResponse response;
  response.headers = {{"content-type", std::string(header)}};
  const std::string type = response.media_type();
  require(type.size() <= header.size() && type.find(';') == std::string::npos);
}

void check_location(std::string_view header) {
  try {
    const Url url = resolve(parse_url("https://plant/.well-known/est/cacerts"), std::string(header));
    require(!url.host.empty() && (url.scheme == "https" || url.scheme == "http"));
    require(same_origin(url, parse_url(url.text())));
  } catch (const Error& error) {
    require(error.error_class() == ErrorClass::redirect || error.error_class() == ErrorClass::policy);
  }
}

void check_retry_after(std::string_view header) {
  const auto pause = retry_after(header, std::chrono::system_clock::from_time_t(1'800'000'000));
  require(pause >= min_retry && pause <= max_retry);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input = std::as_bytes(std::span(data + 1, size - 1));
  const std::string_view text = text_of(input);
  switch (data[0]) {
    case 'm': check_message(input); break;
    case 'd': check_message(bytes_of(encode_base64(input))); break;
    case 'a': check_wishes(input); break;
    case 'c': check_media_type(text); break;
    case 'r': check_retry_after(text); break;
    case 'w': static_cast<void>(est::basic_realm({text})); break;
    case 'l': check_location(text); break;
    default: break;
  }
  return 0;
}
