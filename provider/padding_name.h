#pragma once

#include <openssl/core.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "provider/parameter.h"

namespace edgeseal::provider {

// A padding of RSA as programs choose it: by the number of RSA_padding_set(3) or, where libcrypto has one, by name.
template <class Padding>
struct PaddingName {
  Padding padding;
  int number;
  std::string_view name;
};

// Null where the program chose none of the table.
template <class Padding, std::size_t size>
[[nodiscard]] const PaddingName<Padding>* chosen_padding(const std::array<PaddingName<Padding>, size>& table,
                                                         const OSSL_PARAM& parameter) noexcept {
  const std::optional<int> number = number_in(parameter);
  const std::string_view name = text_of(parameter);
  for (const auto& entry : table) {
    if (entry.number == number || (!name.empty() && entry.name == name)) return &entry;
  }
  return nullptr;
}

// In the form, number or text, that the program asks for. False where there is no name for it.
template <class Padding, std::size_t size>
[[nodiscard]] bool put_padding(const std::array<PaddingName<Padding>, size>& table, Padding padding,
                               OSSL_PARAM& parameter) noexcept {
  for (const auto& entry : table) {
    if (entry.padding != padding) continue;
    if (parameter.data_type != OSSL_PARAM_UTF8_STRING) return OSSL_PARAM_set_int(&parameter, entry.number) == 1;
    return !entry.name.empty() && OSSL_PARAM_set_utf8_string(&parameter, entry.name.data()) == 1;
  }
  return false;
}

}  // namespace edgeseal::provider
