#include "provider/settings.h"

#include <openssl/params.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "provider/wire/message.h"

namespace edgeseal::provider {
namespace {

constexpr std::chrono::milliseconds longest_timeout{600'000};

OSSL_FUNC_core_get_params_fn* find_get_params(const OSSL_DISPATCH* functions) noexcept {
  for (; functions->function_id != 0; ++functions) {
    if (functions->function_id == OSSL_FUNC_CORE_GET_PARAMS) return OSSL_FUNC_core_get_params(functions);
  }
  return nullptr;
}

bool parse_timeout(std::string_view text, std::chrono::milliseconds& timeout) noexcept {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  timeout = std::chrono::milliseconds(value);
  return error == std::errc{} && rest == end && value > 0 && timeout <= longest_timeout;
}

bool parse_yes_or_no(std::string_view text, bool& value) noexcept {
  value = text == "yes";
  return value || text == "no";
}

}  // namespace

const char* Settings::load(const OSSL_CORE_HANDLE* core, const OSSL_DISPATCH* functions) noexcept {
  char* socket = nullptr;
  char* limit = nullptr;
  char* fips = nullptr;
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_ptr("socket", &socket, 0),
                             OSSL_PARAM_construct_utf8_ptr("timeout-ms", &limit, 0),
                             OSSL_PARAM_construct_utf8_ptr("fips", &fips, 0), OSSL_PARAM_construct_end()};
  OSSL_FUNC_core_get_params_fn* get_params = find_get_params(functions);
  if (get_params != nullptr) static_cast<void>(get_params(core, parameters));

  const std::string_view path = socket != nullptr ? socket : wire::default_socket_path;
  if (!path.starts_with('/') || path.size() >= socket_path.size()) {
    return "socket must be an absolute path of at most 107 characters";
  }
  std::copy(path.begin(), path.end(), socket_path.begin());
  if (limit != nullptr && !parse_timeout(limit, timeout)) return "timeout-ms must be 1 to 600000";
  if (fips != nullptr && !parse_yes_or_no(fips, validated)) return "fips must be yes or no";
  return nullptr;
}

}  // namespace edgeseal::provider
