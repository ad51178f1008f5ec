#pragma once

// Failures of the provider, as entries of the OpenSSL error queue of the calling thread. The reason names the cause;
// the text that goes with it names the object and what to do.

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
  decryption_failed,
  ciphertext_size_wrong,
  label_too_long,
  tls_version_missing,
  request_too_large,
  search_unsupported,
  encryption_unsupported,
  no_room,
};

// Makes the texts of the reasons known to libcrypto, once per process. Not by the provider's table of reason strings:
// libcrypto 3.0 takes those back when the last key goes, and crashes where that is after OPENSSL_cleanup(), as with a
// key in a global variable of a C++ program.
void register_reasons() noexcept;

// The number of a reason whose text is `words`, such as "not permitted for uid 33": most programs show the reason and
// not what goes with it. Thread-safe. A process has room for some of them; `general` where it is used up.
[[nodiscard]] Reason reason_in_words(const char* words, Reason general) noexcept;

[[gnu::format(printf, 2, 3)]] void raise_error(Reason reason, const char* format, ...) noexcept;

}  // namespace edgeseal::provider
