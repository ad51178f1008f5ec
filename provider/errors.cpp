#include "provider/errors.h"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdarg>
#include <string_view>

namespace edgeseal::provider {
namespace {

// The number that libcrypto gave to this library of errors. The module stays in the process (-z nodelete), thus the
// texts too.
std::atomic<int> library_number{0};

constexpr ERR_STRING_DATA item(Reason reason, const char* text) noexcept {
  return {ERR_PACK(0, 0, static_cast<unsigned long>(reason)), text};
}

// libcrypto writes the library number into it.
ERR_STRING_DATA reason_texts[] = {
    item(Reason::agent_unreachable, "agent not reachable"),
    item(Reason::agent_timeout, "agent did not answer in time"),
    item(Reason::agent_closed, "agent closed the connection"),
    item(Reason::agent_answer_malformed, "malformed answer of the agent"),
    item(Reason::agent_refused, "agent refused the request"),
    item(Reason::agent_failed, "agent failed"),
    item(Reason::agent_busy, "agent busy"),
    item(Reason::tpm_unavailable, "TPM unavailable"),
    item(Reason::unknown_key, "unknown key"),
    item(Reason::not_permitted, "not permitted"),
    item(Reason::key_retired, "key retired"),
    item(Reason::operation_unsupported, "operation not supported by the key"),
    item(Reason::digest_unsupported, "digest not supported"),
    item(Reason::digest_size_wrong, "wrong size of the digest"),
    item(Reason::padding_unsupported, "padding not supported"),
    item(Reason::salt_length_invalid, "invalid salt length"),
    item(Reason::private_key_missing, "no private key"),
    item(Reason::private_key_not_exportable, "private key cannot be exported"),
    item(Reason::public_key_invalid, "invalid public key"),
    item(Reason::uri_invalid, "invalid key URI"),
    item(Reason::setting_invalid, "invalid setting"),
    item(Reason::buffer_too_small, "buffer too small"),
    item(Reason::decryption_failed, "decryption failed"),
    item(Reason::ciphertext_size_wrong, "wrong size of the ciphertext"),
    item(Reason::label_too_long, "label too long"),
    item(Reason::tls_version_missing, "no TLS version"),
    item(Reason::request_too_large, "request too large"),
    item(Reason::search_unsupported, "search not supported"),
    item(Reason::encryption_unsupported, "encryption not supported"),
    item(Reason::no_room, "no room"),
    {0, nullptr},
};

// Words of the moment, from when they were needed first. They stay, as libcrypto keeps their address.
struct SpokenReason {
  enum class State { free, taken, known };
  std::atomic<State> state{State::free};
  std::array<char, 96> words{};
  std::array<ERR_STRING_DATA, 2> entry{};
};
constexpr int first_spoken_reason = 100;
std::array<SpokenReason, 16> spoken_reasons;

void make_known(SpokenReason& spoken, int reason, std::string_view words) noexcept {
  std::copy(words.begin(), words.end(), spoken.words.begin());
  spoken.entry[0] = item(static_cast<Reason>(reason), spoken.words.data());
  ERR_load_strings(library_number, spoken.entry.data());
  spoken.state = SpokenReason::State::known;
}

}  // namespace

Reason reason_in_words(const char* words, Reason general) noexcept {
  std::string_view wanted(words);
  wanted.remove_suffix(wanted.size() - std::min(wanted.size(), spoken_reasons[0].words.size() - 1));
  int reason = first_spoken_reason;
  for (SpokenReason& spoken : spoken_reasons) {
    auto state = SpokenReason::State::free;
    if (spoken.state.compare_exchange_strong(state, SpokenReason::State::taken)) {
      make_known(spoken, reason, wanted);
      return static_cast<Reason>(reason);
    }
    if (state == SpokenReason::State::known && wanted == spoken.words.data()) return static_cast<Reason>(reason);
    ++reason;
  }
  return general;
}

void register_reasons() noexcept {
  if (library_number != 0) return;
  int number = 0;
  if (!library_number.compare_exchange_strong(number, ERR_get_next_error_library())) return;
  static ERR_STRING_DATA name[] = {{0, "edgeseal"}, {0, nullptr}};
  name[0].error = ERR_PACK(library_number.load(), 0, 0);
  ERR_load_strings(0, name);
  ERR_load_strings(library_number, reason_texts);
}

void raise_error(Reason reason, const char* format, ...) noexcept {
  std::va_list arguments;
  va_start(arguments, format);
  ERR_new();
  ERR_vset_error(library_number, static_cast<int>(reason), format, arguments);
  va_end(arguments);
}

}  // namespace edgeseal::provider
