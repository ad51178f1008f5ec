#include "agent/configuration.h"

#include <fmt/format.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "agent/configuration_files.h"
#include "agent/configuration_table.h"
#include "agent/error.h"
#include "agent/openssl.h"

namespace edgeseal::agent {

namespace {

toml::table parse(const std::string& path) {
  return parse_toml(path, read_configuration_file(path));
}

ApplicationRecord parse_application(const std::string& path) {
  const toml::table file = parse(path);
  ApplicationRecord application;
  application.name = std::filesystem::path(path).stem();
  application.origin = path;
  std::vector<std::string> slots;
  ConfigurationTable table(path, file);
  table.read("application-uri", application.application_uri);
  table.read("account", application.account);
  table.read("access", application.access);
  table.read("slots", slots);
  table.read("legacy", application.legacy);
  table.read("trust-groups", application.trust_groups);
  table.read("server-capabilities", application.server_capabilities);
  table.read("exports", application.exports);
  table.require_all_known();
  try {
    for (const std::string& slot : slots) application.slots.push_back(SlotDeclaration::parse(slot));
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", path, error.what()));
  }
  return application;
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

void read_device(ConfigurationTable& table, Configuration& configuration) {
  table.read("product-instance-uri", configuration.device.product_instance_uri);
  table.read("account", configuration.device.account);
  table.read("access", configuration.device.access);
  table.read("manufacturer", configuration.device_identity.manufacturer);
  table.read("model", configuration.device_identity.model);
  table.read("serial-number", configuration.device_identity.serial_number);
  table.read("hardware-type", configuration.device_identity.hardware_type);
  table.read("singleton", configuration.onboarding.singleton);
  table.read("updater", configuration.onboarding.updater);
}

// A mistake in a name is told with the file.
template <class Function>
auto in_file(const std::string& path, const Function& read) {
  try {
    return read();
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", path, error.what()));
  }
}

void read_switch(const std::string& path, ConfigurationTable& table, SwitchSettings& settings) {
  std::string key = "KEY_RESTART";
  table.read("event", settings.event);
  table.read("key", key);
  table.read("gpio-chip", settings.gpio_chip);
  table.read("gpio-line", settings.gpio_line, 0, 65535);
  table.read("active-low", settings.active_low);
  table.read("hold-seconds", settings.hold_seconds, 0, 60);
  settings.key = in_file(path, [&] { return parse_key(key); });
  if (!settings.event.empty() && !settings.gpio_chip.empty())
    throw Error(Code::invalid_argument,
                fmt::format("{}: [setup.switch]: event and gpio-chip are two switches; choose one", path));
}

void read_setup(const std::string& path, ConfigurationTable& table, Configuration& configuration) {
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
  table.read_table("switch",
                   [&](ConfigurationTable& nested) { read_switch(path, nested, configuration.setup_switch); });
  setup.open_by.clear();
  for (const std::string& way : ways) setup.open_by.push_back(in_file(path, [&] { return parse_open_way(way); }));
  setup.window = std::chrono::minutes(minutes);
  setup.presence_counts = std::chrono::minutes(presence);
  configuration.one_time_password.pause = std::chrono::milliseconds(pause);
}

void read_staging(ConfigurationTable& table, Configuration& configuration) {
  Staging::Settings& staging = configuration.staging;
  table.read("allow-inline-key", staging.allow_inline_key);
  table.read("system-anchors", staging.system_anchors);
  table.read("http-hosts", staging.http_hosts);
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

void read_enrolment(ConfigurationTable& table, Configuration& configuration) {
  auto seconds = static_cast<unsigned>(configuration.enrolment.job_time.count());
  table.read("account", configuration.enrolment.account);
  table.read("job-seconds", seconds, 30, 3600);
  configuration.enrolment.job_time = std::chrono::seconds(seconds);
}

void read_main_file(const std::string& path, Configuration& configuration) {
  const toml::table file = parse(path);
  ConfigurationTable main(path, file);
  main.read_table("tpm", [&](ConfigurationTable& table) {
    table.read("tcti", configuration.tcti);
    table.read("pcr-authority", configuration.pcr_authority);
  });
  main.read_table("keys", [&](ConfigurationTable& table) {
    constexpr std::int64_t ten_years = 10LL * 366 * 24 * 60 * 60;
    table.read_seconds("sealed-idle-seconds", configuration.sealed_keys.idle);
    table.read("spare-rsa-keys", configuration.spare_keys.count, 0, 16);
    table.read_seconds("spare-quiet-seconds", configuration.spare_keys.quiet);
    table.read_seconds("retired-key-grace", configuration.retired_keys.grace, ten_years);
    table.read_seconds("retired-key-limit", configuration.retired_keys.limit, ten_years);
  });
  main.read_table("trust", [&](ConfigurationTable& table) { read_trust(table, configuration); });
  main.read_table("device", [&](ConfigurationTable& table) { read_device(table, configuration); });
  main.read_table("staging", [&](ConfigurationTable& table) { read_staging(table, configuration); });
  main.read_table("state", [&](ConfigurationTable& table) { table.read("directory", configuration.state_directory); });
  main.read_table("bundle", [&](ConfigurationTable& table) { read_bundle(table, configuration); });
  main.read_table("enrolment", [&](ConfigurationTable& table) { read_enrolment(table, configuration); });
  main.read_table("setup", [&](ConfigurationTable& table) { read_setup(path, table, configuration); });
  main.read_table("bus", [&](ConfigurationTable& table) { table.read("admin-group", configuration.admin_group); });
  main.read_table("key-socket", [&](ConfigurationTable& table) {
    unsigned deadline = static_cast<unsigned>(configuration.key_socket.deadline.count());
    table.read("path", configuration.key_socket_path);
    table.read("deadline-ms", deadline);
    table.read("max-connections", configuration.key_socket.connections);
    table.read("max-connections-per-user", configuration.key_socket.connections_per_user);
    configuration.key_socket.deadline = std::chrono::milliseconds(deadline);
  });
  configuration.staging.strength = configuration.validation.strength;
  main.require_all_known();
}

}  // namespace

Configuration load_configuration(const std::string& given_path) {
  const std::string path = std::filesystem::absolute(given_path);
  Configuration configuration;
  if (const char* directory = std::getenv("STATE_DIRECTORY")) configuration.state_directory = directory;
  if (path != default_configuration_path || !is_missing(path)) read_main_file(path, configuration);
  const auto directory = std::filesystem::path(path).parent_path();
  for (const std::string& file : configuration_files(directory / "applications.d"))
    configuration.applications.push_back(parse_application(file));
  if (const char* credentials = std::getenv("CREDENTIALS_DIRECTORY"))
    configuration.enrolment.credentials_directory = credentials;
  configuration.enrolment.profiles = load_profiles(directory / "enrolment.d");
  return configuration;
}

std::optional<Bytes> load_pcr_authority(const Configuration& configuration) {
  if (configuration.pcr_authority.empty()) return std::nullopt;
  const std::string& path = configuration.pcr_authority;
  const std::string text = read_configuration_file(path);
  const BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  const PublicKeyPtr key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  if (!key) throw Error(Code::invalid_argument, fmt::format("{}: no public key in PEM: {}", path, openssl_reason()));
  return der_of(key.get(), i2d_PUBKEY);
}

}  // namespace edgeseal::agent
