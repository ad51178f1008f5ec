#include "dbus/ctl/system_openssl.h"

#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {
namespace {

struct FreeConf {
  void operator()(CONF* conf) const { NCONF_free(conf); }
};
using Conf = std::unique_ptr<CONF, FreeConf>;

// Empty where there is none. A failed look-up leaves an error in the queue.
std::string value(const Conf& conf, const std::string& section, const char* name) {
  const char* found = NCONF_get_string(conf.get(), section.empty() ? nullptr : section.c_str(), name);
  ERR_clear_error();
  return found == nullptr ? "" : found;
}

[[noreturn]] void refuse(const std::filesystem::path& path, long line) {
  std::array<char, 256> reason{};
  ERR_error_string_n(ERR_peek_last_error(), reason.data(), reason.size());
  ERR_clear_error();
  throw Failure(
      ExitCode::Usage,
      "cannot read " + path.string() + (line > 0 ? ", line " + std::to_string(line) : "") + ": " + reason.data(),
      "every program that uses OpenSSL reads this file: mend it first");
}

Conf load(const std::filesystem::path& path) {
  Conf conf(NCONF_new(nullptr));
  long line = 0;
  if (!conf || NCONF_load(conf.get(), path.c_str(), &line) <= 0) refuse(path, line);
  return conf;
}

// OpenSSL before 3.2 takes any value for yes.
bool is_active(const std::string& activate) {
  constexpr std::array<std::string_view, 4> no{"0", "no", "false", "off"};
  return !activate.empty() && std::ranges::find(no, activate) == no.end();
}

// What comes before a dot only keeps names of one section apart.
std::string without_prefix(const std::string& name) {
  const auto dot = name.find('.');
  return dot == std::string::npos ? name : name.substr(dot + 1);
}

std::vector<SystemOpenssl::Provider> providers_of(const Conf& conf, const std::string& section) {
  std::vector<SystemOpenssl::Provider> providers;
  STACK_OF(CONF_VALUE)* entries = section.empty() ? nullptr : NCONF_get_section(conf.get(), section.c_str());
  for (int i = 0; entries != nullptr && i < sk_CONF_VALUE_num(entries); ++i) {
    const CONF_VALUE* entry = sk_CONF_VALUE_value(entries, i);
    const std::string identity = value(conf, entry->value, "identity");
    providers.push_back({identity.empty() ? without_prefix(entry->name) : identity, entry->value,
                         is_active(value(conf, entry->value, "activate"))});
  }
  ERR_clear_error();
  return providers;
}

}  // namespace

SystemOpenssl SystemOpenssl::find() {
  const auto path = std::filesystem::path(X509_get_default_cert_area()) / "openssl.cnf";
  std::error_code error;
  if (std::filesystem::status(path, error).type() == std::filesystem::file_type::not_found) return {};
  return read(path);
}

SystemOpenssl SystemOpenssl::read(const std::filesystem::path& path) {
  const Conf conf = load(path);
  SystemOpenssl system;
  system.path = path;
  system.init_section = value(conf, "", "openssl_conf");
  if (!system.init_section.empty()) system.provider_section = value(conf, system.init_section, "providers");
  system.providers = providers_of(conf, system.provider_section);
  return system;
}

}  // namespace edgeseal::ctl
