#include "dbus/ctl/pcrs.h"

#include <charconv>
#include <span>
#include <sstream>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/hexadecimal.h"
#include "jose/base64.h"

namespace edgeseal::ctl {
namespace {

std::uint32_t parse_pcr(const std::string& text) {
  std::uint32_t pcr = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, pcr);
  if (error == std::errc() && stopped == end) return pcr;
  throw Failure(ExitCode::Usage, "\"" + text + "\" is no number of a PCR", "they are 0 to 23");
}

}  // namespace

std::vector<std::uint32_t> parse_pcrs(const std::string& text) {
  std::vector<std::uint32_t> pcrs;
  std::istringstream words(text + "+");
  for (std::string word; std::getline(words, word, '+');) pcrs.push_back(parse_pcr(word));
  return pcrs;
}

PcrValues parse_pcr_value(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) {
    throw Failure(ExitCode::Usage, "\"" + text + "\" is no value of a PCR", "write N=HEX");
  }
  return {{parse_pcr(text.substr(0, equals)), from_hex(text.substr(equals + 1), "the value of --value " + text)}};
}

PcrValues parse_pcr_json(const std::string& content, const std::string& origin) {
  const auto json = nlohmann::json::parse(content, nullptr, false);
  if (!json.is_object()) {
    throw Failure(ExitCode::Usage, origin + " holds no values of PCRs",
                  "give what edgesealctl pcr show --json printed");
  }
  PcrValues values;
  for (const auto& [pcr, value] : json.items()) {
    if (!value.is_string()) throw Failure(ExitCode::Usage, origin + ": the value of PCR " + pcr + " is no text");
    values[parse_pcr(pcr)] = from_hex(value.get<std::string>(), origin + ": the value of PCR " + pcr);
  }
  return values;
}

nlohmann::json to_json(const PcrValues& values) {
  auto json = nlohmann::json::object();
  for (const auto& [pcr, value] : values) json[std::to_string(pcr)] = to_hex(value);
  return json;
}

std::string to_toml(const PcrValues& values, const std::string& signature) {
  std::string text = "signature = \"" + std::string(jose::encode_base64(std::as_bytes(std::span(signature)))) + "\"\n";
  text += "\n[values]\n";
  for (const auto& [pcr, value] : values) text += std::to_string(pcr) + " = \"" + to_hex(value) + "\"\n";
  return text;
}

}  // namespace edgeseal::ctl
