#include "dbus/ctl/service_manager.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "dbus/compat.h"
#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {
namespace {

constexpr const char* kName = "org.freedesktop.systemd1";
constexpr const char* kPath = "/org/freedesktop/systemd1";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";
constexpr const char* kUnit = "org.freedesktop.systemd1.Unit";
constexpr const char* kService = "org.freedesktop.systemd1.Service";
constexpr const char* kNoSuchUnit = "org.freedesktop.systemd1.NoSuchUnit";
constexpr const char* kJobRemoved =
    "type='signal',sender='org.freedesktop.systemd1',path='/org/freedesktop/systemd1',"
    "interface='org.freedesktop.systemd1.Manager',member='JobRemoved'";
// Path units take no time; a service that is restarted has 90 s to stop and 90 s to start, where nobody told systemd
// another.
constexpr std::chrono::seconds kTimeLimit{30}, kJobLimit{200};

using Job = sdbus::Struct<uint32_t, sdbus::ObjectPath>;  // number 0: none
using Families = sdbus::Struct<bool, std::vector<std::string>>;
using EnvironmentFile = sdbus::Struct<std::string, bool>;  // it may be missing

auto proxy_of(sdbus::IConnection& connection, const std::string& path) {
  return sdbus::createProxy(connection, dbus::compat::ServiceName(kName), sdbus::ObjectPath(path));
}

// One that systemd tells of ended jobs; to ask it for that twice is an error.
std::unique_ptr<sdbus::IConnection> connect() {
  auto connection = sdbus::createSystemBusConnection();
  connection->setMethodCallTimeout(kTimeLimit);
  proxy_of(*connection, kPath)->callMethod("Subscribe").onInterface(kManager);
  return connection;
}

template <class T>
T property(sdbus::IProxy& unit, const char* interface, const char* name) {
  const sdbus::Variant value = unit.getProperty(name).onInterface(interface);
  return value.get<T>();
}

bool permits_unix_sockets(const Families& families) {
  const bool is_allow_list = families.get<0>();
  const auto& names = families.get<1>();
  return is_allow_list == (std::ranges::find(names, "AF_UNIX") != names.end());
}

ServiceFacts facts_of(sdbus::IProxy& unit) {
  ServiceFacts facts;
  facts.name = property<std::string>(unit, kUnit, "Id");
  facts.account = property<std::string>(unit, kService, "User");
  facts.environment = property<std::vector<std::string>>(unit, kService, "Environment");
  for (const auto& file : property<std::vector<EnvironmentFile>>(unit, kService, "EnvironmentFiles"))
    facts.environment_files.push_back(file.get<0>());
  facts.unset_environment = property<std::vector<std::string>>(unit, kService, "UnsetEnvironment");
  facts.dynamic_user = property<bool>(unit, kService, "DynamicUser");
  const auto families = property<Families>(unit, kService, "RestrictAddressFamilies");
  facts.unix_sockets = permits_unix_sockets(families);
  facts.only_unix_sockets = families == Families(true, {"AF_UNIX"});
  return facts;
}

std::unique_ptr<sdbus::IProxy> load_unit(sdbus::IConnection& connection, const std::string& name) {
  sdbus::ObjectPath path;
  proxy_of(connection, kPath)->callMethod("LoadUnit").onInterface(kManager).withArguments(name).storeResultsTo(path);
  return proxy_of(connection, path);
}

// The results of the jobs that ended since it was made.
class EndedJobs {
 public:
  explicit EndedJobs(sdbus::IConnection& connection)
      : connection_(connection),
        match_(dbus::compat::add_match(connection, kJobRemoved, [this](sd_bus_message* signal) {
          const char *job = nullptr, *result = nullptr;
          if (sd_bus_message_read(signal, "uoss", nullptr, &job, nullptr, &result) >= 0) results_[job] = result;
        })) {}

  // Empty: not in time.
  [[nodiscard]] std::string result_of(const std::string& job, std::chrono::seconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!results_.contains(job) && std::chrono::steady_clock::now() < end) {
      if (dbus::compat::process_one(connection_)) continue;
      const auto data = connection_.getEventLoopPollData();
      pollfd waited{data.fd, data.events, 0};
      poll(&waited, 1, 1000);
    }
    return results_[job];
  }

 private:
  sdbus::IConnection& connection_;
  std::map<std::string, std::string> results_;
  sdbus::Slot match_;
};

}  // namespace

void ServiceManager::guarded(const std::string& what, const Use& use) {
  try {
    if (!connection_) connection_ = connect();
    use(*connection_);
  } catch (const sdbus::Error& error) {
    throw Failure(ExitCode::Refused, "systemd does not " + what + ": " + error.getMessage(),
                  "is it a machine that systemd has booted, and are you root?");
  }
}

ServiceFacts ServiceManager::describe(const std::string& service) {
  ServiceFacts facts;
  std::string state;
  guarded("describe " + service, [&](sdbus::IConnection& connection) {
    const auto unit = load_unit(connection, service);
    state = property<std::string>(*unit, kUnit, "LoadState");
    if (state == "loaded") facts = facts_of(*unit);
  });
  if (state == "loaded") return facts;
  throw Failure(ExitCode::Usage,
                "systemd has no " + service + (state == "not-found" ? "" : " that it can use: " + state),
                state == "not-found" ? "see: systemctl list-unit-files --type=service"
                                     : "see: systemctl status '" + service + "'");
}

UnitState ServiceManager::state(const std::string& name) {
  UnitState state;
  guarded("tell the state of " + name, [&](sdbus::IConnection& connection) {
    const auto unit = load_unit(connection, name);
    state = {.load = property<std::string>(*unit, kUnit, "LoadState"),
             .file = property<std::string>(*unit, kUnit, "UnitFileState"),
             .active = property<std::string>(*unit, kUnit, "ActiveState"),
             .sub = property<std::string>(*unit, kUnit, "SubState"),
             .result = {},
             .status = {},
             .main_process = 0,
             .type = {}};
    if (!name.ends_with(".service") || state.load != "loaded") return;
    state.result = property<std::string>(*unit, kService, "Result");
    state.status = property<std::string>(*unit, kService, "StatusText");
    state.main_process = property<std::uint32_t>(*unit, kService, "MainPID");
    state.type = property<std::string>(*unit, kService, "Type");
  });
  return state;
}

void ServiceManager::reload() {
  guarded("read its units again", [](sdbus::IConnection& connection) {
    proxy_of(connection, kPath)->callMethod("Reload").onInterface(kManager);
  });
}

void ServiceManager::start(const std::string& unit) {
  run_job("start", "StartUnit", unit);
}

void ServiceManager::stop(const std::string& unit) {
  run_job("stop", "StopUnit", unit);
}

void ServiceManager::restart(const std::string& unit) {
  run_job("restart", "RestartUnit", unit);
}

void ServiceManager::wait_for_job(const std::string& unit) {
  guarded("tell what " + unit + " does", [&](sdbus::IConnection& connection) {
    EndedJobs ended(connection);
    const auto job = property<Job>(*load_unit(connection, unit), kUnit, "Job");
    if (job.get<0>() != 0) (void)ended.result_of(job.get<1>(), kTimeLimit);
  });
}

void ServiceManager::run_job(const std::string& verb, const std::string& method, const std::string& unit) {
  std::string result;
  guarded(verb + " " + unit, [&](sdbus::IConnection& connection) {
    const auto manager = proxy_of(connection, kPath);
    EndedJobs ended(connection);
    sdbus::ObjectPath job;
    try {
      manager->callMethod(method).onInterface(kManager).withArguments(unit, std::string("replace")).storeResultsTo(job);
    } catch (const sdbus::Error& error) {
      if (method == "StopUnit" && std::string(error.getName()) == kNoSuchUnit) return void(result = "done");
      throw;
    }
    result = ended.result_of(job, kJobLimit);
  });
  if (result == "done") return;
  throw Failure(ExitCode::Refused, method + " of " + unit + " ended with: " + (result.empty() ? "timeout" : result),
                "see: systemctl status '" + unit + "'");
}

}  // namespace edgeseal::ctl
