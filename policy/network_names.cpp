#include "policy/network_names.h"

#include <algorithm>

namespace edgeseal::policy {
namespace {

constexpr std::size_t max_service_name = 15, max_label = 63, max_name = 253, max_path = 255;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_alphanumeric(char c) {
  return is_letter(c) || (c >= '0' && c <= '9');
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= max_label && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; });
}

bool is_service_name(std::string_view text) {
  return !text.empty() && text.size() <= max_service_name && text.front() != '-' && text.back() != '-' &&
         text.find("--") == std::string_view::npos && std::any_of(text.begin(), text.end(), is_letter) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_alphanumeric(c) || c == '-'; });
}

// Whether it holds for each of what the separator divides.
template <class Holds>
bool each_part(std::string_view text, char separator, const Holds& holds) {
  for (;;) {
    const auto end = text.find(separator);
    if (!holds(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool is_path_character(char c) {
  constexpr std::string_view others = "-._~!$&'()*+,;=:@%/";
  return is_alphanumeric(c) || others.find(c) != std::string_view::npos;
}

// Else it could be read as an address.
bool ends_in_a_name(std::string_view text) {
  return is_letter(text.substr(text.rfind('.') + 1).front());
}

}  // namespace

bool is_service_type(std::string_view text) {
  constexpr std::string_view protocol = "._tcp";
  if (!text.starts_with('_') || !text.ends_with(protocol)) return false;
  return is_service_name(text.substr(1, text.size() - 1 - protocol.size()));
}

bool is_host_name(std::string_view text) {
  return text.size() <= max_name && each_part(text, '.', is_label) && ends_in_a_name(text);
}

bool is_path(std::string_view text) {
  return text.starts_with('/') && text.size() <= max_path && std::all_of(text.begin(), text.end(), is_path_character) &&
         each_part(text, '/', [](std::string_view segment) { return segment != "." && segment != ".."; });
}

}  // namespace edgeseal::policy
