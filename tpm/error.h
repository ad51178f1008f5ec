#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace edgeseal::tpm {

// What a caller can do about a failed command.
enum class Fault {
  absent,        // no TPM behind the TCTI: try again later, tell the administrator
  busy,          // TPM_RC_RETRY, YIELDED, TESTING or an EBUSY device: the same request may succeed soon
  locked_out,    // TPM_RC_LOCKOUT: dictionary-attack protection is active
  replaced,      // the storage key is not the recorded one: another TPM, a cleared TPM or an interposer
  unsupported,   // this chip lacks the algorithm or the command
  pcr_mismatch,  // the PCRs are not in a state that the policy of the key allows
  bad_blob,      // a stored key does not parse, or this TPM refuses to load it
  transport,     // the TSS or the TCTI failed, or the TPM as a whole: the context must be opened anew
  failed         // any other response code of the TPM
};

// The only exception that leaves tpm/. `rc` is the TSS2_RC as libtss2 gave it, 0 where the failure was found by our own
// check. what() reads "<operation>: <decoded response code>", and after it or in its place ": <detail>".
class Error : public std::runtime_error {
 public:
  Error(std::string operation, std::uint32_t rc);
  // For an operation that knows better than the response code alone what went wrong.
  Error(std::string operation, std::uint32_t rc, Fault fault);
  Error(std::string operation, std::uint32_t rc, Fault fault, const std::string& detail);
  Error(std::string operation, Fault fault, const std::string& detail);

  [[nodiscard]] const std::string& operation() const noexcept { return operation_; }
  [[nodiscard]] std::uint32_t rc() const noexcept { return rc_; }
  [[nodiscard]] Fault fault() const noexcept { return fault_; }

 private:
  std::string operation_;
  std::uint32_t rc_ = 0;
  Fault fault_;
};

}  // namespace edgeseal::tpm
