#pragma once

#include <optional>
#include <string>
#include <vector>

#include "enroll/error.h"
#include "enroll/helper/program.h"
#include "enroll/password.h"

namespace edgeseal::enroll::helper {

inline constexpr int protocol_version = 1;

// How a helper ends: the numbers of certmonger's helpers.
enum class ExitStatus {
  issued = 0,
  wait = 1,  // the same again later
  rejected = 2,
  unreachable = 3,
  need_credentials = 4,
  wait_with_delay = 5,  // the same again after "delay" seconds
  not_supported = 6
};

// What a helper is told; see docs/helper.md.
struct Question {
  std::string job;  // the same each time that the same is asked
  std::string url;
  Bytes request;                     // PKCS #10, DER
  std::optional<Bytes> certificate;  // DER; the one to renew
  std::vector<Bytes> anchors;        // DER
  const Password* password = nullptr;
};

// One JSON object, with a line feed behind it. All that it passed through is overwritten.
[[nodiscard]] SecretBytes encode(const Question& question);

// What a helper has issued: the certificate first, then its issuers, in any order. Throws what its end says as an
// Error: waiting, rejected, transport, credentials, policy; Error{transport} also for what is no answer.
[[nodiscard]] std::vector<Certificate> issued_certificates(const ProgramEnd& end);

}  // namespace edgeseal::enroll::helper
