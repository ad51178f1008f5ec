#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/audit/audit_log.h"
#include "agent/certificates/server_configuration.h"
#include "agent/configuration/configuration_problems.h"
#include "agent/configuration/configuration_surroundings.h"
#include "agent/configuration/declarations.h"
#include "agent/device/device_application.h"
#include "agent/device/device_identity.h"
#include "agent/keys/key_socket.h"
#include "agent/keys/pcr_policies.h"
#include "agent/keys/retired_keys.h"
#include "agent/keys/sealed_keys.h"
#include "agent/keys/spare_keys.h"
#include "agent/onboarding/onboarding.h"
#include "agent/renewal/enrolment.h"
#include "agent/setup/bundles.h"
#include "agent/setup/one_time_password.h"
#include "agent/setup/setup.h"
#include "agent/setup/switch_source.h"
#include "agent/staging/staging.h"
#include "agent/state/state.h"
#include "agent/trust/peer_validation.h"
#include "agent/trust/trust_alarms.h"
#include "agent/trust/trust_list_files.h"
#include "agent/trust/trust_lists.h"

namespace edgeseal::agent {

// edgeseal.toml(5). Every key has a default; an unknown key is an error with its line.
struct Configuration {
  std::string tcti = "device:/dev/tpmrm0";
  std::optional<Bytes> pcr_authority;  // see PcrPolicies
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
  AuditLog::Settings audit;
  std::string admin_group = "edgeseal-admin";
  Declarations declared;  // of the file and of the directories beside it
  std::string path;
};

inline constexpr const char* default_configuration_path = "/etc/edgeseal/edgeseal.toml";

struct ConfigurationPlace {
  std::string path;             // of edgeseal.toml, with the root of an image
  bool may_be_missing = false;  // the defaults then
};

// Everything but profiles and approvals; good where no error was added. Files and directories that others may write are
// refused.
[[nodiscard]] Configuration read_configuration(const ConfigurationPlace& place,
                                               const ConfigurationSurroundings& surroundings,
                                               ConfigurationProblems& problems);

// What the agent starts with. A missing file at the default path means the defaults. A mistake in a value that costs an
// application, a profile or a setting alone is logged; for all others it throws Error{invalid_argument} with path, line
// and remedy.
[[nodiscard]] Configuration load_configuration(const std::string& path);

}  // namespace edgeseal::agent
