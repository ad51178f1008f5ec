#include "dbus/ctl/agent_connection.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "dbus/compat.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/jobs.h"

namespace edgeseal::ctl {
namespace {

using Objects = std::map<sdbus::ObjectPath, std::map<std::string, VariantMap>>;

const std::string kJob = "org.edgeseal.Job1";

const std::string kHowToStart =
    "start it: systemctl start edgeseald.service; its journal: journalctl -u edgeseald.service";

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> prefixes) {
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return text.starts_with(prefix); });
}

// What the agent can't know: how this program goes on.
std::string remedy_of(const std::string& error) {
  if (error == "TransactionPending") return "see: edgesealctl changes show NAME";
  if (error == "CertificateChainIncomplete") return "add the issuer: edgesealctl trust add LIST --issuer FILE";
  if (error == "CertificateUntrusted") return "trust it, or an issuer of it: edgesealctl trust add LIST FILE";
  return "";
}

Failure failure_of(const sdbus::Error& error) {
  constexpr std::string_view own = "org.edgeseal.Error.";
  const std::string name = error.getName();
  if (name == "org.edgeseal.Error.Shutdown") return {ExitCode::NotReachable, "the agent just ends", "try again"};
  if (name.starts_with(own)) {
    const std::string kind = name.substr(own.size());
    return {ExitCode::Refused, error.getMessage() + " (" + kind + ")", remedy_of(kind), kind};
  }
  if (starts_with_any(name, {"org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner",
                             "org.freedesktop.DBus.Error.Spawn.", "org.freedesktop.systemd1."})) {
    return {ExitCode::NotReachable, "the agent is not running", kHowToStart};
  }
  if (starts_with_any(
          name, {"org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.Timeout",
                 "org.freedesktop.DBus.Error.TimedOut", "org.freedesktop.DBus.Error.Disconnected", "System.Error."})) {
    return {ExitCode::NotReachable, "the agent does not answer: " + error.getMessage(), kHowToStart};
  }
  if (starts_with_any(name, {"org.freedesktop.DBus.Error.UnknownObject", "org.freedesktop.DBus.Error.UnknownMethod"})) {
    return {ExitCode::Refused, "there is no such application, group or job",
            "see: edgesealctl application list, edgesealctl job list"};
  }
  if (name == "org.freedesktop.DBus.Error.AccessDenied") {
    return {ExitCode::Refused, "the policy of the system bus does not let you call the agent", "be root",
            "AccessDenied"};
  }
  if (name == "org.freedesktop.DBus.Error.LimitsExceeded") {
    return {ExitCode::Refused, "the bus has too many calls waiting for the agent: " + error.getMessage(),
            "try again; who is on the bus: busctl list", "LimitsExceeded"};
  }
  return {ExitCode::Refused, error.getMessage() + " (" + name + ")"};
}

Application application_of(const VariantMap& properties) {
  return {.name = field<std::string>(properties, "Name"),
          .uri = field<std::string>(properties, "ApplicationUri"),
          .account = field<std::string>(properties, "Account"),
          .access = field<std::vector<std::string>>(properties, "Access"),
          .legacy = field<std::vector<std::string>>(properties, "Legacy"),
          .exports = field<std::vector<std::string>>(properties, "Exports"),
          .origin = field<std::string>(properties, "Origin"),
          .groups = {}};
}

TrustListState trust_list_of(const VariantMap& properties) {
  constexpr double most = std::chrono::milliseconds(std::chrono::years(1000)).count();
  const double given = field<double>(properties, "UpdateFrequency");
  const double frequency = std::isnan(given) ? 0 : std::clamp(given, -most, most);
  return {.last_update = field<std::uint64_t>(properties, "LastUpdateTime"),
          .update_frequency = std::chrono::milliseconds(static_cast<std::int64_t>(frequency)),
          .validation_options = field<std::uint32_t>(properties, "DefaultValidationOptions"),
          .writable = field<bool>(properties, "Writable"),
          .out_of_date = field<bool>(properties, "OutOfDate"),
          .intact = field<bool>(properties, "Intact")};
}

Group group_of(std::string name, const std::map<std::string, VariantMap>& interfaces) {
  const auto& properties = interfaces.at("org.edgeseal.CertificateGroup1");
  const auto list = interfaces.find("org.edgeseal.TrustList1");
  return {.name = std::move(name),
          .certificate_types = field<std::vector<std::string>>(properties, "CertificateTypes"),
          .directory = field<std::string>(properties, "Directory"),
          .transaction_pending = field<bool>(properties, "TransactionPending"),
          .trust_list = list == interfaces.end() ? TrustListState{} : trust_list_of(list->second)};
}

Objects managed_objects(sdbus::IConnection& connection) {
  Objects objects;
  sdbus::createProxy(connection, dbus::compat::ServiceName(dbus::kBusName), sdbus::ObjectPath(dbus::kRootPath))
      ->callMethod("GetManagedObjects")
      .onInterface("org.freedesktop.DBus.ObjectManager")
      .storeResultsTo(objects);
  return objects;
}

std::vector<Application> applications_of(const Objects& objects) {
  std::vector<Application> all;
  for (const auto& [path, interfaces] : objects) {
    const auto found = interfaces.find("org.edgeseal.Application1");
    if (found == interfaces.end()) continue;
    auto application = application_of(found->second);
    for (const auto& name : field<std::vector<std::string>>(found->second, "Groups")) {
      const auto object = objects.find(sdbus::ObjectPath(dbus::group_path({application.name, name})));
      if (object == objects.end() || !object->second.contains("org.edgeseal.CertificateGroup1")) continue;
      application.groups.push_back(group_of(name, object->second));
    }
    all.push_back(std::move(application));
  }
  std::ranges::sort(all, {}, &Application::name);
  return all;
}

}  // namespace

void AgentConnection::guarded(const std::function<void(sdbus::IConnection&)>& use) {
  try {
    if (!connection_) connection_ = sdbus::createSystemBusConnection();
  } catch (const sdbus::Error& error) {
    throw Failure(ExitCode::NotReachable, "the system bus can't be reached: " + error.getMessage(),
                  "is dbus.service running, and DBUS_SYSTEM_BUS_ADDRESS unset or right?");
  }
  try {
    connection_->setMethodCallTimeout(time_limit_);
    if (isatty(STDIN_FILENO) == 1) dbus::compat::allow_interaction(*connection_);
    use(*connection_);
  } catch (const sdbus::Error& error) {
    throw failure_of(error);
  } catch (const dbus::CallError& error) {  // a name that can't be a path
    throw Failure(ExitCode::Usage, error.what());
  }
}

template <class Remote>
void AgentConnection::with(const std::function<std::string()>& path_of, const std::function<void(Remote&)>& use) {
  guarded([&](sdbus::IConnection& connection) {
    Remote remote(connection, path_of());
    use(remote);
  });
}

void AgentConnection::with_agent(const std::function<void(dbus::RemoteAgent&)>& use) {
  with<dbus::RemoteAgent>([] { return dbus::kRootPath; }, use);
}

void AgentConnection::with_application(const std::string& name,
                                       const std::function<void(dbus::RemoteApplication&)>& use) {
  with<dbus::RemoteApplication>([&] { return dbus::application_path(name); }, use);
}

void AgentConnection::with_group(const std::string& application, const std::string& group,
                                 const std::function<void(dbus::RemoteGroup&)>& use) {
  with<dbus::RemoteGroup>([&] { return dbus::group_path({application, group}); }, use);
}

void AgentConnection::with_server_configuration(const std::string& application,
                                                const std::function<void(dbus::RemoteServerConfiguration&)>& use) {
  with<dbus::RemoteServerConfiguration>([&] { return dbus::application_path(application); }, use);
}

void AgentConnection::with_trust_list(const std::string& application, const std::string& group,
                                      const std::function<void(dbus::RemoteTrustList&)>& use) {
  with<dbus::RemoteTrustList>([&] { return dbus::group_path({application, group}); }, use);
}

void AgentConnection::with_bundles(const std::function<void(dbus::RemoteBundle&)>& use) {
  with<dbus::RemoteBundle>([] { return dbus::kRootPath; }, use);
}

void AgentConnection::with_audit(const std::function<void(dbus::RemoteAudit&)>& use) {
  with<dbus::RemoteAudit>([] { return dbus::kRootPath; }, use);
}

void AgentConnection::with_busy(const std::function<void(dbus::RemoteBusy&)>& use) {
  with<dbus::RemoteBusy>([] { return dbus::kRootPath; }, use);
}

void AgentConnection::with_staging(const std::function<void(dbus::RemoteStaging&)>& use) {
  with<dbus::RemoteStaging>([] { return dbus::kRootPath; }, use);
}

void AgentConnection::with_directories(const std::function<void(dbus::RemoteTrustDirectories&)>& use) {
  with<dbus::RemoteTrustDirectories>([] { return dbus::kRootPath; }, use);
}

void AgentConnection::with_configuration(const std::function<void(dbus::RemoteConfiguration&)>& use) {
  with<dbus::RemoteConfiguration>([] { return dbus::kRootPath; }, use);
}

void AgentConnection::with_device(const std::function<void(dbus::RemoteDevice&)>& use) {
  with<dbus::RemoteDevice>([] { return dbus::kDevicePath; }, use);
}

void AgentConnection::with_metrics(const std::function<void(dbus::RemoteMetrics&)>& use) {
  with<dbus::RemoteMetrics>([] { return dbus::kRootPath; }, use);
}

void AgentConnection::with_enrolment(const std::function<void(dbus::RemoteEnrolment&)>& use) {
  with<dbus::RemoteEnrolment>([] { return dbus::kRootPath; }, use);
}

void AgentConnection::with_job(std::uint64_t number, const std::function<void(dbus::RemoteJob&)>& use) {
  with<dbus::RemoteJob>([number] { return dbus::job_path(number); }, use);
}

std::map<std::uint64_t, VariantMap> AgentConnection::jobs() {
  std::map<std::uint64_t, VariantMap> all;
  guarded([&](sdbus::IConnection& connection) {
    for (const auto& [path, interfaces] : managed_objects(connection))
      if (const auto found = interfaces.find(kJob); found != interfaces.end())
        all.emplace(job_number(path), found->second);
  });
  return all;
}

VariantMap AgentConnection::job(std::uint64_t number) {
  VariantMap properties;
  guarded([&](sdbus::IConnection& connection) {
    sdbus::createProxy(connection, dbus::compat::ServiceName(dbus::kBusName), sdbus::ObjectPath(dbus::job_path(number)))
        ->callMethod("GetAll")
        .onInterface("org.freedesktop.DBus.Properties")
        .withArguments(kJob)
        .storeResultsTo(properties);
  });
  return properties;
}

nlohmann::json AgentConnection::describe() {
  std::string state;
  with_agent([&](dbus::RemoteAgent& agent) { state = agent.Describe(); });
  auto value = nlohmann::json::parse(state, nullptr, false);
  if (value.is_discarded()) {
    throw Failure(ExitCode::Refused, "the agent described itself with something that is no JSON");
  }
  return value;
}

std::vector<Application> AgentConnection::applications() {
  std::vector<Application> all;
  guarded([&](sdbus::IConnection& connection) { all = applications_of(managed_objects(connection)); });
  return all;
}

Application AgentConnection::application(const std::string& name) {
  for (auto& application : applications()) {
    if (application.name == name) return std::move(application);
  }
  throw Failure(ExitCode::Refused, "there is no application \"" + name + "\"", "see: edgesealctl application list");
}

}  // namespace edgeseal::ctl
