#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

#include "provider/wire/message.h"
#include "tpm/error.h"

namespace edgeseal::agent {

// Everything that the agent refuses, for the bus and the key socket alike. One table (error.cpp) gives the D-Bus name
// and the wire number of each; the names are OPC UA status names without "Bad" where OPC 10000-12 has one.
enum class Code {
  invalid_argument,
  not_found,
  entry_exists,
  invalid_state,
  not_supported,
  user_access_denied,
  certificate_invalid,  // this and the next: OPC 10000-4 §6.1.3
  certificate_chain_incomplete,
  certificate_policy_check_failed,
  certificate_untrusted,
  certificate_time_invalid,
  certificate_issuer_time_invalid,
  certificate_host_name_invalid,
  certificate_uri_invalid,
  certificate_use_not_allowed,
  certificate_issuer_use_not_allowed,
  certificate_revocation_unknown,
  certificate_issuer_revocation_unknown,
  certificate_revoked,
  certificate_issuer_revoked,
  security_checks_failed,
  transaction_pending,
  nothing_to_do,
  request_too_large,
  too_many_operations,
  out_of_service,
  key_retired,
  decryption_failed,
  key_unavailable,  // the machine is not in a state that the policy of the key allows
  busy,
  tpm_unavailable,
  state_unavailable,
  internal_error
};

[[nodiscard]] std::string_view bus_name(Code code);
[[nodiscard]] wire::Status wire_status(Code code);

// The only exception of agent/ that reaches a caller. The message names cause and remedy, and holds no secret.
class Error : public std::runtime_error {
 public:
  Error(Code code, const std::string& message) : std::runtime_error(message), code_(code) {}
  // Busy: when another try is likely to succeed.
  Error(Code code, const std::string& message, std::chrono::milliseconds retry_after)
      : std::runtime_error(message), code_(code), retry_after_(retry_after) {}
  // A refusal of the TPM, in the words of its health.
  explicit Error(const tpm::Error& cause);

  [[nodiscard]] Code code() const noexcept { return code_; }
  [[nodiscard]] std::chrono::milliseconds retry_after() const noexcept { return retry_after_; }  // 0: not said

 private:
  Code code_;
  std::chrono::milliseconds retry_after_{0};
};

}  // namespace edgeseal::agent
