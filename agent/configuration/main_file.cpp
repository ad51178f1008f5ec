#include "agent/configuration/main_file.h"

#include <fmt/format.h>

#include <filesystem>
#include <sstream>

#include "agent/configuration/account_rules.h"
#include "agent/configuration/application_rules.h"
#include "agent/configuration/configuration_files.h"
#include "agent/configuration/configuration_table.h"
#include "agent/configuration/trust_material.h"
#include "agent/error.h"
#include "agent/openssl.h"
#include "agent/staging/staged_url.h"

namespace edgeseal::agent {

namespace {

using Kind = ConfigurationProblem::Kind;

void require_absolute(const std::string& path) {
  if (!path.starts_with('/'))
    throw Error(Code::invalid_argument, fmt::format("\"{:.200}\" is no absolute path: begin it with /", path));
}

// Where accounts are looked for by their names alone.
void judge_name(const ConfigurationTable& table, std::string_view key, const std::string& name) {
  if (!name.empty() && name.find_first_not_of("0123456789") == std::string::npos)
    table.note(key, fmt::format("\"{:.64}\" is a number: give the name instead", name));
}

// The agent makes what is to be in it, and not the directory itself.
void judge_parent(const ConfigurationTable& table, std::string_view key, const std::string& path,
                  const ConfigurationSurroundings& surroundings, Kind missing) {
  const std::string parent = std::filesystem::path(path).parent_path();
  if (path.starts_with('/') && !surroundings.has_path(parent))
    table.note(key, fmt::format("there is no directory {:.200}: create it before the agent starts", parent), missing);
}

void read_tpm(ConfigurationTable& table, const ConfigurationSurroundings& surroundings, Configuration& configuration) {
  std::string authority;
  table.read("tcti", configuration.tcti);
  table.read("pcr-authority", authority);
  if (authority.empty()) return;
  configuration.pcr_authority = table.judge("pcr-authority", [&] {
    require_absolute(authority);
    Bytes key = public_key_of(authority, surroundings.root);
    PcrPolicies::require_authority(key);
    return key;
  });
}

void read_trust(ConfigurationTable& table, Configuration& configuration) {
  MinimumStrength& strength = configuration.validation.strength;
  auto days =
      static_cast<unsigned>(std::chrono::floor<std::chrono::days>(configuration.alarms.expiration_limit).count());
  auto idle = static_cast<unsigned>(configuration.trust_list_files.activity_timeout.count());
  table.read("max-list-size", configuration.trust_lists.max_size, 0, TrustLists::max_size_ceiling);
  table.read("activity-timeout-ms", idle, 1000, 3'600'000);
  table.read("rejected-certificates", configuration.validation.rejected, 1, 1000);
  table.read("minimum-rsa-bits", strength.rsa_bits, 1024, 16384);
  table.read("minimum-curve-bits", strength.curve_bits, 192, 521);
  table.read("minimum-hash-bits", strength.hash_bits, 160, 512);
  table.read("expiration-limit-days", days, 1, 3650);
  table.read("strict", configuration.server_configuration.strict);
  configuration.trust_lists.strength = strength;
  configuration.alarms.expiration_limit = std::chrono::days(days);
  configuration.trust_list_files.activity_timeout = std::chrono::milliseconds(idle);
}

// Each by itself: it says in which line the mistake is.
void read_identity(ConfigurationTable& table, std::string_view key, std::string DeviceIdentity::Settings::*member,
                   DeviceIdentity::Settings& settings) {
  table.read(key, settings.*member);
  DeviceIdentity::Settings alone;
  alone.*member = settings.*member;
  table.judge(key, [&] { require_identity(alone); });
}

void read_device(ConfigurationTable& table, const ConfigurationSurroundings& surroundings,
                 Configuration& configuration) {
  DeviceApplication::Settings& device = configuration.device;
  DeviceIdentity::Settings& identity = configuration.device_identity;
  std::string uri;
  table.read("product-instance-uri", uri);
  table.read("account", device.account);
  table.read("access", device.access);
  device.product_instance_uri = table.judge("product-instance-uri", [&] {
    if (!uri.empty()) require_product_instance_uri(uri);
    return uri;
  });
  judge_user(table, "account", device.account, surroundings);
  judge_access(table, device.access, surroundings);
  read_identity(table, "manufacturer", &DeviceIdentity::Settings::manufacturer, identity);
  read_identity(table, "model", &DeviceIdentity::Settings::model, identity);
  read_identity(table, "serial-number", &DeviceIdentity::Settings::serial_number, identity);
  read_identity(table, "hardware-type", &DeviceIdentity::Settings::hardware_type, identity);
  table.read("singleton", configuration.onboarding.singleton);
  table.read("updater", configuration.onboarding.updater);
}

// With a mistake there is no switch: presence is not reported by one that nobody meant.
void read_switch(ConfigurationTable& table, SwitchSettings& read) {
  SwitchSettings settings;
  std::string key = "KEY_RESTART";
  table.read("event", settings.event);
  table.read("key", key);
  table.read("gpio-chip", settings.gpio_chip);
  table.read("gpio-line", settings.gpio_line, 0, 65535);
  table.read("active-low", settings.active_low);
  table.read("hold-seconds", settings.hold_seconds, 0, 60);
  if (!settings.event.empty()) table.need("event", [&] { require_absolute(settings.event); });
  if (!settings.gpio_chip.empty()) table.need("gpio-chip", [&] { require_absolute(settings.gpio_chip); });
  settings.key = table.need("key", [&] { return parse_key(key); });
  if (!settings.event.empty() && !settings.gpio_chip.empty())
    table.refuse("gpio-chip", "event and gpio-chip are two switches: choose one");
  read = settings;
}

void read_setup(ConfigurationTable& table, Configuration& configuration) {
  Setup::Settings& setup = configuration.setup;
  std::vector<std::string> ways{"default"};
  auto minutes = static_cast<unsigned>(std::chrono::floor<std::chrono::minutes>(setup.window).count());
  auto presence = static_cast<unsigned>(std::chrono::floor<std::chrono::minutes>(setup.presence_counts).count());
  auto pause = static_cast<unsigned>(configuration.one_time_password.pause.count());
  table.read("open-by", ways);
  table.read("window-minutes", minutes, 1, 1440);
  table.read("presence-minutes", presence, 1, 60);
  table.read("strict", setup.strict);
  table.read("password-tries", configuration.one_time_password.tries, 1, 20);
  table.read("password-pause-ms", pause, 0, 60'000);
  table.read_table("switch", [&](ConfigurationTable& nested) { read_switch(nested, configuration.setup_switch); });
  setup.open_by.clear();
  for (const std::string& way : ways) table.judge("open-by", [&] { setup.open_by.push_back(parse_open_way(way)); });
  setup.window = std::chrono::minutes(minutes);
  setup.presence_counts = std::chrono::minutes(presence);
  configuration.one_time_password.pause = std::chrono::milliseconds(pause);
}

void read_staging(ConfigurationTable& table, Configuration& configuration) {
  Staging::Settings& staging = configuration.staging;
  table.read("allow-inline-key", staging.allow_inline_key);
  table.read("system-anchors", staging.system_anchors);
  table.read("fetch-urls", staging.fetch_urls);
  table.read("http-hosts", staging.http_hosts);
  for (const std::string& host : staging.http_hosts) table.judge("http-hosts", [&] { require_host_name(host); });
  auto seconds = static_cast<unsigned>(staging.verify_within.count());
  table.read("verify-within-seconds", seconds, 60, std::chrono::seconds(Changeover::max_confirm_time).count());
  staging.verify_within = std::chrono::seconds(seconds);
}

void read_bundle(ConfigurationTable& table, Configuration& configuration) {
  Bundles::Settings& bundles = configuration.bundles;
  bool import_keys = false;
  auto minutes = static_cast<unsigned>(std::chrono::floor<std::chrono::minutes>(bundles.pin_within).count());
  auto seconds = static_cast<unsigned>(bundles.verify_within.count());
  table.read("without-pin", bundles.without_pin);
  table.read("import-keys", import_keys);
  table.read("pin-minutes", minutes, 1, 1440);
  table.read("verify-within-seconds", seconds, 60, std::chrono::seconds(Changeover::max_confirm_time).count());
  bundles.keys = import_keys ? DeliveredKeys::imported : DeliveredKeys::refused;
  bundles.pin_within = std::chrono::minutes(minutes);
  bundles.verify_within = std::chrono::seconds(seconds);
}

void read_enrolment(ConfigurationTable& table, const ConfigurationSurroundings& surroundings,
                    Configuration& configuration) {
  auto seconds = static_cast<unsigned>(configuration.enrolment.job_time.count());
  table.read("account", configuration.enrolment.account);
  judge_name(table, "account", configuration.enrolment.account);
  if (table.has("account")) judge_user(table, "account", configuration.enrolment.account, surroundings);
  table.read("job-seconds", seconds, 30, 3600);
  configuration.enrolment.job_time = std::chrono::seconds(seconds);
}

void read_audit(ConfigurationTable& table, Configuration& configuration) {
  auto kibibytes = configuration.audit.segment_size / 1024;
  table.read("segment-kib", kibibytes, 64, 16 * 1024);
  table.read("segments", configuration.audit.segments, 2, 1000);
  configuration.audit.segment_size = kibibytes * 1024;
}

// Another one than that of before would have other keys: it is never guessed.
void read_state(ConfigurationTable& table, const ConfigurationSurroundings& surroundings,
                Configuration& configuration) {
  table.read("directory", configuration.state_directory);
  if (!table.has("directory")) return;
  table.judge(
      "directory", [&] { require_absolute(configuration.state_directory); }, Kind::form);
  judge_parent(table, "directory", configuration.state_directory, surroundings, surroundings.missing);
}

void read_bus(ConfigurationTable& table, const ConfigurationSurroundings& surroundings, Configuration& configuration) {
  table.read("admin-group", configuration.admin_group);
  judge_name(table, "admin-group", configuration.admin_group);
  if (table.has("admin-group")) judge_group(table, "admin-group", configuration.admin_group, surroundings);
}

// systemd may pass a socket, and the path counts for nothing then.
void read_key_socket(ConfigurationTable& table, const ConfigurationSurroundings& surroundings,
                     Configuration& configuration) {
  auto deadline = static_cast<unsigned>(configuration.key_socket.deadline.count());
  table.read("path", configuration.key_socket_path);
  table.read("deadline-ms", deadline);
  table.read("max-connections", configuration.key_socket.connections);
  table.read("max-connections-per-user", configuration.key_socket.connections_per_user);
  configuration.key_socket.deadline = std::chrono::milliseconds(deadline);
  if (!table.has("path")) return;
  table.judge("path", [&] { require_socket_path(configuration.key_socket_path); });
  judge_parent(table, "path", configuration.key_socket_path, surroundings, Kind::warning);
}

void read_sections(ConfigurationTable& main, const ConfigurationSurroundings& surroundings,
                   Configuration& configuration) {
  main.read_table("tpm", [&](ConfigurationTable& table) { read_tpm(table, surroundings, configuration); });
  main.read_table("keys", [&](ConfigurationTable& table) {
    constexpr std::int64_t ten_years = 10LL * 366 * 24 * 60 * 60;
    table.read_seconds("sealed-idle-seconds", configuration.sealed_keys.idle);
    table.read("spare-rsa-keys", configuration.spare_keys.count, 0, 16);
    table.read_seconds("spare-quiet-seconds", configuration.spare_keys.quiet);
    table.read_seconds("retired-key-grace", configuration.retired_keys.grace, ten_years);
    table.read_seconds("retired-key-limit", configuration.retired_keys.limit, ten_years);
  });
  main.read_table("trust", [&](ConfigurationTable& table) { read_trust(table, configuration); });
  main.read_table("device", [&](ConfigurationTable& table) { read_device(table, surroundings, configuration); });
  main.read_table("staging", [&](ConfigurationTable& table) { read_staging(table, configuration); });
  main.read_table("state", [&](ConfigurationTable& table) { read_state(table, surroundings, configuration); });
  main.read_table("bundle", [&](ConfigurationTable& table) { read_bundle(table, configuration); });
  main.read_table("enrolment", [&](ConfigurationTable& table) { read_enrolment(table, surroundings, configuration); });
  main.read_table("setup", [&](ConfigurationTable& table) { read_setup(table, configuration); });
  main.read_table("audit", [&](ConfigurationTable& table) { read_audit(table, configuration); });
  main.read_table("bus", [&](ConfigurationTable& table) { read_bus(table, surroundings, configuration); });
  main.read_table("key-socket",
                  [&](ConfigurationTable& table) { read_key_socket(table, surroundings, configuration); });
  configuration.staging.strength = configuration.validation.strength;
  main.require_all_known();
}

// What it says, by "section.key".
void flatten(const std::string& prefix, const toml::table& table, std::map<std::string, std::string>& settings) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const toml::table* nested = node.as_table()) {
      flatten(name + ".", *nested, settings);
      continue;
    }
    std::ostringstream text;
    text << toml::node_view<const toml::node>(node);
    settings.emplace(name, text.str());
  }
}

}  // namespace

void read_main_file(const std::string& path, const ConfigurationSurroundings& surroundings,
                    Configuration& configuration, ConfigurationProblems& problems) {
  ConfigurationProblems found;
  try {
    const toml::table file = parse_toml(path, read_configuration_file(path, surroundings.root), found);
    ConfigurationTable main(path, file, found);
    read_sections(main, surroundings, configuration);
    flatten("", file, configuration.declared.settings);
    if (const auto& key = configuration.pcr_authority)  // it may be another one in the same file
      configuration.declared.settings["tpm.pcr-authority"] = hexadecimal(sha256(*key));
  } catch (const Error& error) {
    found.add({path, 0, error.what()});
  }
  problems.add_file(found);
}

}  // namespace edgeseal::agent
