#include "dbus/ctl/openssl_configuration.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {
namespace {

constexpr std::string_view kInitSection = "edgeseal_init";
constexpr std::string_view kProvidersSection = "edgeseal_providers";
constexpr std::string_view kDefaultSection = "edgeseal_default";
constexpr std::string_view kSettingsSection = "edgeseal_settings";

// A value as config(5) reads it back: what means something to it is escaped.
std::string escaped(const std::string& value) {
  constexpr std::string_view plain = "/._-+@:=,~";
  std::string text;
  for (const char c : value) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
      throw Failure(ExitCode::Usage, "a control character can't stand in a configuration of OpenSSL: " + value);
    const bool letter_or_digit = std::isalnum(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0;
    if (!letter_or_digit && plain.find(c) == std::string_view::npos) text += '\\';
    text += c;
  }
  return text;
}

std::string section(std::string_view name) {
  return "\n[" + std::string(name) + "]\n";
}

std::string setting(std::string_view name, const std::string& value) {
  return std::string(name) + " = " + value + "\n";
}

// Where no provider is activated, libcrypto takes the default one; with edgeseal activated, it has to be, too. Where
// others are, the default one may be absent on purpose.
bool needs_default(const SystemOpenssl& system) {
  return std::ranges::none_of(system.providers, [](const auto& provider) { return provider.active; });
}

std::string activated_default(const SystemOpenssl& system) {
  const auto known = std::ranges::find(system.providers, "default", &SystemOpenssl::Provider::name);
  const std::string name = known == system.providers.end() ? std::string(kDefaultSection) : known->section;
  return section(name) + setting("activate", "1");
}

std::string provider_list(const SystemOpenssl& system) {
  const bool known =
      std::ranges::find(system.providers, "default", &SystemOpenssl::Provider::name) != system.providers.end();
  std::string text = section(system.provider_section.empty() ? kProvidersSection : system.provider_section);
  if (needs_default(system) && !known) text += setting("default", std::string(kDefaultSection));
  return text + setting("edgeseal", std::string(kSettingsSection));
}

std::string init_sections(const SystemOpenssl& system) {
  const std::string name = system.init_section.empty() ? std::string(kInitSection) : system.init_section;
  std::string text;
  if (system.init_section.empty()) text += section("default") + setting("openssl_conf", name);
  if (system.provider_section.empty()) text += section(name) + setting("providers", std::string(kProvidersSection));
  return text;
}

std::string provider_settings(const ProviderSettings& settings) {
  std::string text = section(kSettingsSection);
  if (!settings.module.empty()) text += setting("module", escaped(settings.module));
  if (!settings.socket.empty()) text += setting("socket", escaped(settings.socket));
  if (settings.timeout_ms != 0) text += setting("timeout-ms", std::to_string(settings.timeout_ms));
  return text + setting("activate", "1");
}

}  // namespace

std::string openssl_configuration(const SystemOpenssl& system, const ProviderSettings& settings) {
  std::string text =
      "# For OPENSSL_CONF: what the system's configuration says, and the keys of the Edgeseal agent. The providers "
      "that\n"
      "# were there go first and do all that needs no managed key. See provider-edgeseal(7).\n";
  if (!system.path.empty()) text += "\n.include " + escaped(system.path.string()) + "\n";
  text += init_sections(system) + provider_list(system);
  if (needs_default(system)) text += activated_default(system);
  return text + provider_settings(settings);
}

}  // namespace edgeseal::ctl
