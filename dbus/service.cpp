#include "dbus/service.h"

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "dbus/activation.h"
#include "dbus/agent_object.h"
#include "dbus/application_object.h"
#include "dbus/audit_object.h"
#include "dbus/authority.h"
#include "dbus/bundle_object.h"
#include "dbus/bus_error.h"
#include "dbus/busy_object.h"
#include "dbus/compat.h"
#include "dbus/configuration_object.h"
#include "dbus/device_object.h"
#include "dbus/enrolment_object.h"
#include "dbus/guard.h"
#include "dbus/job_object.h"
#include "dbus/message_filter.h"
#include "dbus/metrics_object.h"
#include "dbus/object_path.h"
#include "dbus/setup_object.h"
#include "dbus/staging_object.h"
#include "dbus/trust_directories_object.h"

namespace edgeseal::dbus {
namespace {

// A client that floods the bus must not keep the event loop from its other work: each of its sources has one turn, and
// programs that sign wait for theirs.
constexpr int kMostMessagesAtOnce = 64;
constexpr std::chrono::milliseconds kLongestTurn{1};

constexpr const char* kNameVanished =
    "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',interface='org.freedesktop.DBus',"
    "member='NameOwnerChanged',arg2=''";

std::unique_ptr<sdbus::IConnection> connect() {
  try {
    return sdbus::createSystemBusConnection();
  } catch (const sdbus::Error& error) {
    throw CallError("BusUnavailable", "the system bus can't be reached: " + error.getMessage());
  }
}

Service::PollState poll_state(const sdbus::IConnection& connection) {
  try {
    const auto data = connection.getEventLoopPollData();
    return {data.fd, data.events, compat::deadline(data)};
  } catch (const sdbus::Error&) {  // disconnected: process() says so, at once
    return {-1, 0, std::chrono::microseconds(0)};
  }
}

}  // namespace

class Service::Impl {
 public:
  Impl(const Ports& ports, const ServiceSettings& settings);

  [[nodiscard]] std::array<PollState, 2> poll_states() const;
  [[nodiscard]] bool process();
  void add(const ApplicationInfo& application) { put(application).announce(); }
  void remove(const std::string& name);

  // Runs what sends signals; the bus may be gone.
  void tell(const char* what, const std::function<void()>& send) { contain(ports_.audit, what, send); }
  // The same for an application, unless it is gone.
  void tell(const char* what, const std::string& application, const std::function<void(ApplicationObject&)>& send);
  AgentObject& agent() { return agent_object_; }
  TrustDirectoriesObject& directories() { return directories_object_; }
  AuditObject& audit() { return audit_object_; }
  DeviceObject& device() { return device_object_; }
  BundleObject& bundles() { return bundle_object_; }
  BusyObject& busy() { return busy_object_; }
  SetupObject& setup() { return setup_object_; }
  StagingObject& staging() { return staging_object_; }
  EnrolmentObject& enrolment() { return enrolment_object_; }
  void add_job(const JobInfo& job) { put_job(job).announce(); }
  void remove_job(JobNumber number);
  void start_enrolment_service() { enrolment_service_.request(); }
  // Runs what sends signals of a job, unless it is gone.
  void tell(const char* what, JobNumber number, const std::function<void(JobObject&)>& send);
  std::map<std::string, std::unique_ptr<ApplicationObject>>& applications() { return applications_; }

 private:
  ApplicationObject& put(const ApplicationInfo& application);
  JobObject& put_job(const JobInfo& job);
  void name_vanished(sd_bus_message* signal);
  void take_name();

  // What is pending there; false: the bus is gone.
  [[nodiscard]] bool process(sdbus::IConnection& connection);

  Ports ports_;
  std::unique_ptr<sdbus::IConnection> connection_, questions_;  // that has the name and the objects; that asks others
  MessageFilter filter_;
  Authority authority_;
  Guard guard_;
  AgentObject agent_object_;
  TrustDirectoriesObject directories_object_;
  AuditObject audit_object_;
  DeviceObject device_object_;
  BusyObject busy_object_;
  BundleObject bundle_object_;
  SetupObject setup_object_;
  StagingObject staging_object_;
  EnrolmentObject enrolment_object_;
  MetricsObject metrics_object_;
  ConfigurationObject configuration_object_;
  Activation enrolment_service_;
  std::map<std::string, std::unique_ptr<ApplicationObject>> applications_;
  std::vector<std::unique_ptr<ApplicationObject>> withdrawn_;  // perhaps in a handler now; end after it
  std::map<JobNumber, std::unique_ptr<JobObject>> jobs_;
  std::vector<std::unique_ptr<JobObject>> withdrawn_jobs_;  // the same
  bool processing_ = false;
  sdbus::Slot vanished_;
};

Service::Impl::Impl(const Ports& ports, const ServiceSettings& settings)
    : ports_(ports),
      connection_(connect()),
      questions_(connect()),
      filter_(*connection_, ports.audit),
      authority_(*questions_, ports.accounts, ports.audit, ports.onboarding, ports.enrolment, settings.admin_group,
                 settings.polkit),
      guard_(authority_, ports.audit, ports.busy),
      agent_object_(*connection_, ports.agent, guard_),
      directories_object_(*connection_, ports.directories, guard_),
      audit_object_(*connection_, ports.audit_log, guard_),
      device_object_(*connection_, ports.device_identity, ports.onboarding, guard_),
      busy_object_(*connection_, ports.busy, guard_),
      bundle_object_(*connection_, ports.bundles, guard_),
      setup_object_(*connection_, ports.setup, guard_),
      staging_object_(*connection_, ports.staging, guard_),
      enrolment_object_(*connection_, ports.enrolment, guard_),
      metrics_object_(*connection_, ports.metrics, guard_),
      configuration_object_(*connection_, ports.configuration, guard_),
      enrolment_service_(*questions_, kEnrolmentService,
                         [this](const std::string& problem) {
                           tell("StartServiceByName", [&] { ports_.enrolment.service_missing(problem); });
                           tell("StartServiceByName", [&] { ports_.staging.service_missing(problem); });
                         }),
      vanished_(
          compat::add_match(*connection_, kNameVanished, [this](sd_bus_message* signal) { name_vanished(signal); })) {
  for (const auto& application : ports.agent.applications()) put(application);  // who is not there yet tells nobody
  for (const auto& job : ports.enrolment.jobs()) put_job(job);
  take_name();
}

void Service::Impl::take_name() {
  try {
    connection_->requestName(compat::ServiceName(kBusName));
  } catch (const sdbus::Error& error) {
    if (error.getName() == "org.freedesktop.DBus.Error.FileExists") {
      throw CallError("NameTaken", std::string(kBusName) + " is taken: an agent runs already on this bus");
    }
    throw CallError("BusUnavailable", "the bus doesn't give the name " + std::string(kBusName) +
                                          " (is the bus policy installed?): " + error.getMessage());
  }
}

void Service::Impl::name_vanished(sd_bus_message* signal) {
  contain(ports_.audit, "NameOwnerChanged", [&] {
    const char* name = nullptr;
    if (sd_bus_message_read(signal, "s", &name) < 0 || name == nullptr) return;
    if (std::string_view(name) == kEnrolmentService) {
      ports_.enrolment.service_left();
      ports_.staging.service_left();
    }
    if (*name != ':') return;
    guard_.caller_vanished(name);
    ports_.groups.owner_vanished(name);
    ports_.enrolment.runner_vanished(name);
    ports_.staging.runner_vanished(name);
  });
}

std::array<Service::PollState, 2> Service::Impl::poll_states() const {
  return {poll_state(*connection_), poll_state(*questions_)};
}

bool Service::Impl::process() {
  processing_ = true;
  const bool connected = process(*questions_) && process(*connection_);
  processing_ = false;
  withdrawn_.clear();
  withdrawn_jobs_.clear();
  return connected;
}

bool Service::Impl::process(sdbus::IConnection& connection) {
  try {
    const auto end = std::chrono::steady_clock::now() + kLongestTurn;
    for (int i = 0; i < kMostMessagesAtOnce && compat::process_one(connection); ++i) {
      withdrawn_.clear();
      withdrawn_jobs_.clear();
      if (std::chrono::steady_clock::now() >= end) break;
    }
    return true;
  } catch (const sdbus::Error& error) {
    contain(ports_.audit, "system bus", [&] { ports_.audit.internal_error("system bus", error.what()); });
    return false;
  }
}

ApplicationObject& Service::Impl::put(const ApplicationInfo& application) {
  if (!processing_) withdrawn_.clear();
  auto object = std::make_unique<ApplicationObject>(*connection_, ports_, guard_, application);
  return *applications_.insert_or_assign(application.name, std::move(object)).first->second;
}

void Service::Impl::remove(const std::string& name) {
  auto found = applications_.extract(name);
  if (found.empty()) return;
  found.mapped()->withdraw();
  withdrawn_.push_back(std::move(found.mapped()));
}

JobObject& Service::Impl::put_job(const JobInfo& job) {
  if (!processing_) withdrawn_jobs_.clear();
  auto object = std::make_unique<JobObject>(*connection_, ports_.enrolment, guard_, job);
  return *jobs_.insert_or_assign(job.number, std::move(object)).first->second;
}

void Service::Impl::remove_job(JobNumber number) {
  auto found = jobs_.extract(number);
  if (found.empty()) return;
  found.mapped()->withdraw();
  withdrawn_jobs_.push_back(std::move(found.mapped()));
}

void Service::Impl::tell(const char* what, JobNumber number, const std::function<void(JobObject&)>& send) {
  const auto found = jobs_.find(number);
  if (found != jobs_.end()) tell(what, [&] { send(*found->second); });
}

void Service::Impl::tell(const char* what, const std::string& application,
                         const std::function<void(ApplicationObject&)>& send) {
  const auto found = applications_.find(application);
  if (found != applications_.end()) tell(what, [&] { send(*found->second); });
}

Service::Service(const Ports& ports, const ServiceSettings& settings)
    : impl_(std::make_unique<Impl>(ports, settings)) {}

Service::~Service() = default;

std::array<Service::PollState, 2> Service::poll_states() const {
  return impl_->poll_states();
}

bool Service::process() {
  return impl_->process();
}

void Service::application_added(const ApplicationInfo& application) {
  impl_->tell("InterfacesAdded", [&] { impl_->add(application); });
}

void Service::application_removed(const std::string& name) {
  impl_->tell("InterfacesRemoved", [&] { impl_->remove(name); });
}

void Service::access_changed(const std::string& application, const std::vector<std::string>& access) {
  impl_->tell("PropertiesChanged", application, [&](auto& object) { object.access_changed(access); });
}

void Service::group_changed(const GroupName& group) {
  impl_->tell("PropertiesChanged", group.application, [&](auto& object) { object.group_changed(group.group); });
}

void Service::tpm_status_changed() {
  impl_->tell("PropertiesChanged", [&] { impl_->agent().tpm_status_changed(); });
}

void Service::setup_state_changed() {
  impl_->tell("PropertiesChanged", [&] {
    impl_->setup().changed();
    for (const auto& [name, object] : impl_->applications()) object->server_configuration().changed();
  });
}

void Service::bundle_changed() {
  impl_->tell("PropertiesChanged", [&] { impl_->bundles().changed(); });
}

void Service::pin_wanted() {
  impl_->tell("PinWanted", [&] { impl_->bundles().pin_wanted(); });
}

void Service::pin_closed(const std::string& session, const std::string& outcome) {
  impl_->tell("PinClosed", [&] { impl_->bundles().pin_closed(session, outcome); });
}

void Service::busy_changed() {
  impl_->tell("PropertiesChanged", [&] { impl_->busy().changed(); });
}

void Service::contact_due() {
  impl_->tell("ContactDue", [&] { impl_->busy().contact_due(); });
}

void Service::changes_applied(const std::string& application, const std::vector<std::string>& certificate_groups,
                              const std::vector<std::string>& trust_lists) {
  impl_->tell("ChangesApplied", application,
              [&](auto& object) { object.server_configuration().changes_applied(certificate_groups, trust_lists); });
}

void Service::shutdown_requested(const std::string& application, std::uint32_t seconds, const std::string& reason) {
  impl_->tell("ShutdownRequested", application,
              [&](auto& object) { object.server_configuration().shutdown_requested(seconds, reason); });
}

void Service::trust_list_changed(const GroupName& group) {
  impl_->tell("PropertiesChanged", group.application, [&](auto& object) {
    if (auto* list = object.trust_list(group.group)) list->changed();
  });
}

void Service::alarm(const GroupName& group, const std::string& kind, const std::string& source, std::uint16_t severity,
                    const std::string& message) {
  impl_->tell("Alarm", group.application, [&](auto& object) {
    if (auto* list = object.trust_list(group.group)) list->alarm(kind, source, severity, message);
  });
}

void Service::directories_changed() {
  impl_->tell("PropertiesChanged", [&] { impl_->directories().changed(); });
}

void Service::enrolment_changed() {
  impl_->tell("PropertiesChanged", [&] { impl_->enrolment().changed(); });
}

void Service::job_added(const JobInfo& job) {
  impl_->tell("InterfacesAdded", [&] { impl_->add_job(job); });
}

void Service::job_changed(JobNumber number) {
  impl_->tell("PropertiesChanged", number, [](JobObject& job) { job.changed(); });
}

void Service::job_removed(JobNumber number) {
  impl_->tell("InterfacesRemoved", [&] { impl_->remove_job(number); });
}

void Service::job_waiting(JobNumber number) {
  impl_->tell("JobWaiting", [&] { impl_->enrolment().job_waiting(number); });
  impl_->tell("StartServiceByName", [&] { impl_->start_enrolment_service(); });
}

void Service::contact_waiting(const std::string& profile) {
  impl_->tell("ContactWaiting", [&] { impl_->enrolment().contact_waiting(profile); });
  impl_->tell("StartServiceByName", [&] { impl_->start_enrolment_service(); });
}

void Service::download_waiting(const std::string& url) {
  impl_->tell("DownloadWaiting", [&] { impl_->staging().download_waiting(url); });
  impl_->tell("StartServiceByName", [&] { impl_->start_enrolment_service(); });
}

void Service::job_cancelled(JobNumber number) {
  impl_->tell("Cancelled", number, [](JobObject& job) { job.cancelled(); });
}

void Service::certificate_expiring(const std::string& slot, std::uint32_t days, std::uint64_t expires,
                                   const std::string& needs) {
  impl_->tell("CertificateExpiring", [&] { impl_->enrolment().expiring(slot, days, expires, needs); });
}

void Service::identity_changed() {
  impl_->tell("PropertiesChanged", [&] { impl_->device().identity_changed(); });
}

void Service::onboarding_changed() {
  impl_->tell("PropertiesChanged", [&] { impl_->device().onboarding_changed(); });
}

void Service::staging_changed() {
  impl_->tell("PropertiesChanged", [&] { impl_->staging().changed(); });
}

void Service::staging_rolled_back(const std::string& reason) {
  impl_->tell("RolledBack", [&] { impl_->staging().rolled_back(reason); });
}

void Service::audit_event(const std::string& kind, const std::map<std::string, std::string>& fields) {
  impl_->tell("Recorded", [&] { impl_->audit().recorded(kind, fields); });
}

void Service::audit_kept(std::uint64_t sequence) {
  impl_->tell("Kept", [&] { impl_->audit().kept(sequence); });
}

}  // namespace edgeseal::dbus
