#include "policy/names.h"

#include <algorithm>
#include <cstddef>

namespace edgeseal::policy {
namespace {

constexpr std::size_t max_name_size = 64;

// Not the functions of <cctype>: those ask the locale.
constexpr bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

constexpr bool is_name_character(char c) {
  return is_letter_or_digit(c) || c == '_' || c == '-';
}

}  // namespace

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= max_name_size && is_letter_or_digit(name.front()) &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

}  // namespace edgeseal::policy
