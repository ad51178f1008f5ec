#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "dbus/ctl/attachment.h"
#include "dbus/ctl/configuration_check.h"
#include "dbus/ctl/jobs.h"
#include "dbus/ctl/open_metrics.h"
#include "dbus/ctl/renewals.h"
#include "dbus/ctl/service_manager.h"

namespace edgeseal::ctl {

// What was found out, or why it could not be.
template <class T>
struct Known {
  std::optional<T> value;
  std::string why_not;
  std::string remedy{}, kind{};  // as a Failure has them

  [[nodiscard]] explicit operator bool() const { return value.has_value(); }
  [[nodiscard]] const T& operator*() const { return *value; }
  [[nodiscard]] const T* operator->() const { return &*value; }
};

struct FileFact {
  std::string path;
  uid_t owner = 0;
  mode_t mode = 0;          // as of stat(2)
  std::string error;        // it could not be looked at; empty: it was
  bool is_missing = false;  // it isn't there
};

// What a process has loaded.
struct ProcessFact {
  bool has_libcrypto = false;
  bool has_provider = false;
  bool is_secure = false;  // libcrypto ignores OPENSSL_CONF in it: AT_SECURE of getauxval(3)
};

// A service that uses keys, as edgesealctl attach left it and as it is.
struct AttachedFact {
  Attachment attachment;
  std::string account;                     // that opens the files: as was said, else of the service
  Known<UnitState> service, watch;         // watch: the path unit; not loaded: it has none
  std::vector<std::string> missing_files;  // that attach wrote
  Known<bool> reads_key;                   // its account can read the key reference
  Known<ProcessFact> process;              // its main one; nothing at all: it has none
};

struct ProviderFact {
  std::string problem;                        // of loading it; empty: it is loaded
  std::string stands_aside{};                 // why it offers nothing; empty: it does not
  std::map<std::string, std::string> keys{};  // by name: why it can't be found, empty: it was
  std::vector<std::string> not_asked{};       // keys that no access rule gives whoever looks
};

// As Enrolment1.Profiles says it.
struct ProfileFact {
  std::string name, protocol;
  std::string problem;  // empty: none
  std::string url{};    // empty: none
};

// As Enrolment1.CheckAuthorities says it.
struct ContactFact {
  std::string profile, url;
  std::string error, message;  // empty: the authority answers and is believed
};

// As Audit1.Verify says it.
struct AuditFact {
  bool intact = false;
  std::uint64_t lost = 0;
  std::string anchor{}, problem{}, write_problem{};
  std::string read_problem{};  // why nothing else is known of it; empty: it could be read
};

// All that the checks judge; gathered once.
struct Facts {
  std::chrono::sys_seconds now;
  std::string installed_version;

  Known<nlohmann::json> description;  // none: why the agent does not answer
  Known<std::vector<Renewal>> renewals;
  Known<std::vector<Job>> jobs;
  Known<std::vector<ProfileFact>> profiles;
  std::optional<Known<std::vector<ContactFact>>> contacts;  // none: nobody wanted them
  Known<std::vector<MetricFamily>> metrics;
  Known<AuditFact> audit;

  std::map<std::string, Known<UnitState>> units;  // of edgeseal
  std::map<std::string, bool> accounts;           // "user edgeseal", "group edgeseal-admin" ...: is it there
  Known<std::vector<ConfigurationMistake>> mistakes;
  Known<std::vector<std::string>> waiting_settings;
  std::vector<FileFact> configuration, published;
  std::vector<FileFact> state;  // the directory of all, then what nobody else may enter, then what it publishes
  std::optional<uid_t> agent_account;
  Known<std::string> key_socket;  // why nobody answers there; empty: somebody does
  bool clock_synchronised = false;
  Known<bool> journal_persistent;
  ProviderFact provider;
  Known<std::vector<AttachedFact>> attached;
};

}  // namespace edgeseal::ctl
