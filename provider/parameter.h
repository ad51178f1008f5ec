#pragma once

// Reading what a program set.

#include <openssl/core.h>
#include <openssl/params.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace edgeseal::provider {

// A UTF-8 parameter ends with a zero byte or with its size. Empty where it is of another type.
[[nodiscard]] inline std::string_view text_of(const OSSL_PARAM& parameter) noexcept {
  const char* start = static_cast<const char*>(parameter.data);
  if (parameter.data_type != OSSL_PARAM_UTF8_STRING || start == nullptr) return {};
  return {start, static_cast<std::size_t>(std::find(start, start + parameter.data_size, '\0') - start)};
}

// Empty where there is no such parameter or it is no text.
[[nodiscard]] inline std::string_view text_in(const OSSL_PARAM parameters[], const char* key) noexcept {
  const OSSL_PARAM* parameter = OSSL_PARAM_locate_const(parameters, key);
  return parameter != nullptr ? text_of(*parameter) : std::string_view();
}

[[nodiscard]] inline std::optional<int> number_in(const OSSL_PARAM& parameter) noexcept {
  int value = 0;
  if (parameter.data_type == OSSL_PARAM_UTF8_STRING || OSSL_PARAM_get_int(&parameter, &value) != 1) return std::nullopt;
  return value;
}

}  // namespace edgeseal::provider
