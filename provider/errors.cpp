#include "provider/errors.h"

#include <cstdarg>
#include <cstdint>

namespace edgeseal::provider {
namespace {

constexpr OSSL_ITEM item(Reason reason, const char* text) noexcept {
  return {static_cast<unsigned int>(reason), const_cast<char*>(text)};
}

}  // namespace

constexpr OSSL_ITEM reason_strings[] = {
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
    item(Reason::out_of_memory, "out of memory"),
    {0, nullptr},
};

Errors::Errors(const OSSL_CORE_HANDLE* core, const OSSL_DISPATCH* functions) noexcept : core_(core) {
  for (; functions->function_id != 0; ++functions) {
    if (functions->function_id == OSSL_FUNC_CORE_NEW_ERROR) new_error_ = OSSL_FUNC_core_new_error(functions);
    if (functions->function_id == OSSL_FUNC_CORE_VSET_ERROR) set_error_ = OSSL_FUNC_core_vset_error(functions);
  }
}

void Errors::raise(Reason reason, const char* format, ...) const noexcept {
  if (new_error_ == nullptr || set_error_ == nullptr) return;
  std::va_list arguments;
  va_start(arguments, format);
  new_error_(core_);
  set_error_(core_, static_cast<std::uint32_t>(reason), format, arguments);
  va_end(arguments);
}

}  // namespace edgeseal::provider
