#pragma once

#include <string>
#include <string_view>

namespace edgeseal::agent {

// What a profile says of subjects and names, for every device and slot alike: text with {host}, {application}, {uri}
// (its ApplicationUri), {serial} and {device-uri} (of the device identity).
struct TemplateValues {
  std::string host, application, application_uri, serial_number, device_uri;
};

// Throws Error{invalid_argument} naming what is known.
void require_template(std::string_view text);

// Throws Error{invalid_state} where this device lacks a value, naming the remedy.
[[nodiscard]] std::string expand(std::string_view text, const TemplateValues& values);
// The same, with the values escaped as parts of a distinguished name.
[[nodiscard]] std::string expand_name(std::string_view text, const TemplateValues& values);

}  // namespace edgeseal::agent
