#include "provider/refusal.h"

#include <openssl/bio.h>

#include <algorithm>
#include <array>

#include "provider/errors.h"

namespace edgeseal::provider {
namespace {

using Text = std::array<char, wire::max_error_text_size + 1>;

// It goes to terminals and logs of other programs.
Text printable(std::string_view text) noexcept {
  Text result{};
  std::transform(text.begin(), text.end(), result.begin(), [](char c) { return c >= ' ' && c <= '~' ? c : '?'; });
  return result;
}

void raise_busy(const char* key_name, const char* text, std::uint32_t retry_after_ms) noexcept {
  if (retry_after_ms == 0) return raise_error(Reason::agent_busy, "key %s: %s; try again", key_name, text);
  raise_error(Reason::agent_busy, "key %s: %s; try again after %u ms", key_name, text, unsigned{retry_after_ms});
}

Reason not_permitted_for(uid_t user) noexcept {
  std::array<char, 40> words{};
  BIO_snprintf(words.data(), words.size(), "not permitted for uid %u", unsigned{user});
  return reason_in_words(words.data(), Reason::not_permitted);
}

// The cause stands before the first semicolon, the remedy after it.
Reason tpm_unavailable_for(std::string_view text) noexcept {
  std::array<char, wire::max_error_text_size> words{};
  const auto cause = static_cast<int>(std::find(text.begin(), text.end(), ';') - text.begin());
  BIO_snprintf(words.data(), words.size(), "TPM unavailable: %.*s", cause, text.data());
  return reason_in_words(words.data(), Reason::tpm_unavailable);
}

}  // namespace

void raise_refusal(wire::Status status, const wire::ErrorResponse& refusal, const char* key_name, uid_t user) noexcept {
  const Text words = printable(refusal.text);
  const char* text = words.data();
  switch (status) {
    case wire::Status::ok: return;
    case wire::Status::bad_request: return raise_error(Reason::agent_refused, "key %s: %s", key_name, text);
    case wire::Status::unknown_key:
      return raise_error(Reason::unknown_key, "key %s: %s; see edgesealctl application list", key_name, text);
    case wire::Status::not_permitted:
      return raise_error(not_permitted_for(user),
                         "uid %u may not use key %s: %s; add an access rule to its application", unsigned{user},
                         key_name, text);
    case wire::Status::key_retired:
      return raise_error(Reason::key_retired, "key %s: %s; reload the key and its certificate", key_name, text);
    case wire::Status::unsupported: return raise_error(Reason::operation_unsupported, "key %s: %s", key_name, text);
    case wire::Status::busy: return raise_busy(key_name, text, refusal.retry_after_ms);
    case wire::Status::tpm_unavailable: return raise_error(tpm_unavailable_for(text), "key %s: %s", key_name, text);
    case wire::Status::internal:
      return raise_error(Reason::agent_failed, "key %s: %s; see the journal of edgeseald", key_name, text);
    case wire::Status::decryption_failed: return raise_error(Reason::decryption_failed, "key %s: %s", key_name, text);
  }
}

}  // namespace edgeseal::provider
