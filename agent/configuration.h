#pragma once

#include <string>
#include <vector>

#include "agent/device_application.h"
#include "agent/device_identity.h"
#include "agent/key_socket.h"
#include "agent/onboarding/onboarding.h"
#include "agent/renewal/enrolment.h"
#include "agent/retired_keys.h"
#include "agent/sealed_keys.h"
#include "agent/server_configuration.h"
#include "agent/setup/bundles.h"
#include "agent/setup/one_time_password.h"
#include "agent/setup/setup.h"
#include "agent/setup/switch_source.h"
#include "agent/spare_keys.h"
#include "agent/staging/staging.h"
#include "agent/state.h"
#include "agent/trust/peer_validation.h"
#include "agent/trust/trust_alarms.h"
#include "agent/trust/trust_list_files.h"
#include "agent/trust/trust_lists.h"

namespace edgeseal::agent {

// edgeseal.toml(5). Every key has a default; an unknown key is an error with its line.
struct Configuration {
  std::string tcti = "device:/dev/tpmrm0";
  std::string pcr_authority;  // path of a PEM public key; empty: none
  std::string state_directory = "/var/lib/edgeseal";
  std::string key_socket_path = "/run/edgeseal/keys.sock";
  KeySocket::Limits key_socket;
  SealedKeys::Settings sealed_keys;
  SpareKeys::Settings spare_keys;
  RetiredKeys::Settings retired_keys;
  TrustLists::Settings trust_lists;
  TrustListFiles::Settings trust_list_files;
  PeerValidation::Settings validation;
  TrustAlarms::Settings alarms;
  ServerConfiguration::Settings server_configuration;
  DeviceApplication::Settings device;
  DeviceIdentity::Settings device_identity;
  Onboarding::Settings onboarding;
  Setup::Settings setup;
  OneTimePassword::Settings one_time_password;
  SwitchSettings setup_switch;
  Staging::Settings staging;
  Bundles::Settings bundles;
  Enrolment::Settings enrolment;  // with the profiles of enrolment.d/*.toml beside the file
  std::string admin_group = "edgeseal-admin";
  std::vector<ApplicationRecord> applications;  // of applications.d/*.toml beside the file, by name
};

inline constexpr const char* default_configuration_path = "/etc/edgeseal/edgeseal.toml";

// A missing file at the default path means the defaults; files and directories that others may write are refused.
// Throws Error{invalid_argument} with path, line and remedy.
[[nodiscard]] Configuration load_configuration(const std::string& path);

// DER SubjectPublicKeyInfo of the configured authority; nothing where none is. The file must be as safe from others as
// the configuration. Throws Error{invalid_argument}.
[[nodiscard]] std::optional<Bytes> load_pcr_authority(const Configuration& configuration);

}  // namespace edgeseal::agent
