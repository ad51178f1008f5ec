#include "agent/renewal/request_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

#include "agent/certificates/certificate_subject.h"
#include "agent/error.h"

namespace edgeseal::agent {

namespace {

struct Placeholder {
  std::string_view name;
  std::string TemplateValues::*value;
  std::string_view remedy;
};

constexpr std::array<Placeholder, 5> placeholders = {
    {{"host", &TemplateValues::host, "set the host name"},
     {"application", &TemplateValues::application, ""},
     {"uri", &TemplateValues::application_uri, "give the application an application-uri"},
     {"serial", &TemplateValues::serial_number, "give serial-number in [device] of edgeseal.toml"},
     {"device-uri", &TemplateValues::device_uri, "give product-instance-uri in [device] of edgeseal.toml"}}};

const Placeholder& placeholder(std::string_view name) {
  const auto found = std::ranges::find(placeholders, name, &Placeholder::name);
  if (found != placeholders.end()) return *found;
  throw Error(Code::invalid_argument,
              fmt::format("{{{:.32}}} stands for nothing; known: {{host}}, {{application}}, {{uri}}, {{serial}}, "
                          "{{device-uri}}",
                          name));
}

// Text and placeholders in turn.
std::string replaced(std::string_view text, const std::function<std::string(const Placeholder&)>& value) {
  std::string result;
  while (!text.empty()) {
    const auto begin = text.find('{');
    result += text.substr(0, begin);
    if (begin == std::string_view::npos) break;
    const auto end = text.find('}', begin);
    if (end == std::string_view::npos) throw Error(Code::invalid_argument, "a { has no } that belongs to it");
    result += value(placeholder(text.substr(begin + 1, end - begin - 1)));
    text.remove_prefix(end + 1);
  }
  return result;
}

std::string value_of(const Placeholder& placeholder, const TemplateValues& values) {
  const std::string& value = values.*placeholder.value;
  if (!value.empty()) return value;
  throw Error(Code::invalid_state,
              fmt::format("this device has nothing for {{{}}}; remedy: {}", placeholder.name, placeholder.remedy));
}

}  // namespace

void require_template(std::string_view text) {
  (void)replaced(text, [](const Placeholder&) { return std::string(); });
}

std::string expand(std::string_view text, const TemplateValues& values) {
  return replaced(text, [&](const Placeholder& placeholder) { return value_of(placeholder, values); });
}

std::string expand_name(std::string_view text, const TemplateValues& values) {
  return replaced(text, [&](const Placeholder& placeholder) { return escaped_value(value_of(placeholder, values)); });
}

}  // namespace edgeseal::agent
