#pragma once

// Failures of the provider, as entries of the OpenSSL error queue of the calling thread. The reason names the cause;
// the text that goes with it names the object and what to do.

#include <openssl/core.h>
#include <openssl/core_dispatch.h>

namespace edgeseal::provider {

enum class Reason : int {
  agent_unreachable = 1,
  agent_timeout,
  agent_closed,
  agent_answer_malformed,
  agent_refused,
  agent_failed,
  agent_busy,
  tpm_unavailable,
  unknown_key,
  not_permitted,
  key_retired,
  operation_unsupported,
  digest_unsupported,
  digest_size_wrong,
  padding_unsupported,
  salt_length_invalid,
  private_key_missing,
  private_key_not_exportable,
  public_key_invalid,
  uri_invalid,
  setting_invalid,
  buffer_too_small,
  out_of_memory,
};

extern const OSSL_ITEM reason_strings[];

// Thread-safe: the queue belongs to the calling thread.
class Errors {
 public:
  // Takes what the core offers; raises nothing where it offers nothing.
  Errors(const OSSL_CORE_HANDLE* core, const OSSL_DISPATCH* functions) noexcept;

  [[gnu::format(printf, 3, 4)]] void raise(Reason reason, const char* format, ...) const noexcept;

 private:
  const OSSL_CORE_HANDLE* core_;
  OSSL_FUNC_core_new_error_fn* new_error_ = nullptr;
  OSSL_FUNC_core_vset_error_fn* set_error_ = nullptr;
};

}  // namespace edgeseal::provider
