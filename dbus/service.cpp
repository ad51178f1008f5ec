#include "dbus/service.h"

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "dbus/agent_object.h"
#include "dbus/application_object.h"
#include "dbus/authority.h"
#include "dbus/bus_error.h"
#include "dbus/compat.h"
#include "dbus/guard.h"
#include "dbus/message_filter.h"
#include "dbus/object_path.h"

namespace edgeseal::dbus {
namespace {

// A client that floods the bus must not keep the event loop from its other work.
constexpr int kMostMessagesAtOnce = 64;

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

}  // namespace

class Service::Impl {
 public:
  Impl(AgentPort& agent, CertificateGroupPort& groups, AuditPort& audit, const ServiceSettings& settings);

  [[nodiscard]] PollState poll_state() const;
  [[nodiscard]] bool process();
  void add(const ApplicationInfo& application) { put(application).announce(); }
  void remove(const std::string& name);

  // Runs what sends signals; the bus may be gone.
  void tell(const char* what, const std::function<void()>& send) { contain(audit_, what, send); }
  AgentObject& agent() { return agent_object_; }
  std::map<std::string, std::unique_ptr<ApplicationObject>>& applications() { return applications_; }

 private:
  ApplicationObject& put(const ApplicationInfo& application);
  void name_vanished(sd_bus_message* signal);
  void take_name();

  AgentPort& agent_;
  CertificateGroupPort& groups_;
  AuditPort& audit_;
  std::unique_ptr<sdbus::IConnection> connection_;
  MessageFilter filter_;
  Authority authority_;
  Guard guard_;
  AgentObject agent_object_;
  std::map<std::string, std::unique_ptr<ApplicationObject>> applications_;
  std::vector<std::unique_ptr<ApplicationObject>> withdrawn_;  // perhaps in a handler now; end after it
  bool processing_ = false;
  sdbus::Slot vanished_;
};

Service::Impl::Impl(AgentPort& agent, CertificateGroupPort& groups, AuditPort& audit, const ServiceSettings& settings)
    : agent_(agent),
      groups_(groups),
      audit_(audit),
      connection_(connect()),
      filter_(*connection_, audit),
      authority_(*connection_, audit, settings.admin_group, settings.polkit),
      guard_(authority_, audit),
      agent_object_(*connection_, agent, guard_),
      vanished_(
          compat::add_match(*connection_, kNameVanished, [this](sd_bus_message* signal) { name_vanished(signal); })) {
  for (const auto& application : agent.applications()) put(application);  // who is not there yet tells nobody
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
  contain(audit_, "NameOwnerChanged", [&] {
    const char* name = nullptr;
    if (sd_bus_message_read(signal, "s", &name) < 0 || name == nullptr || *name != ':') return;
    guard_.caller_vanished(name);
    groups_.owner_vanished(name);
  });
}

Service::PollState Service::Impl::poll_state() const {
  try {
    const auto data = connection_->getEventLoopPollData();
    return {data.fd, data.events, compat::deadline(data)};
  } catch (const sdbus::Error&) {  // disconnected: process() says so, at once
    return {-1, 0, std::chrono::microseconds(0)};
  }
}

bool Service::Impl::process() {
  processing_ = true;
  bool connected = true;
  try {
    for (int i = 0; i < kMostMessagesAtOnce && compat::process_one(*connection_); ++i) withdrawn_.clear();
  } catch (const sdbus::Error& error) {
    contain(audit_, "system bus", [&] { audit_.internal_error("system bus", error.what()); });
    connected = false;
  }
  processing_ = false;
  withdrawn_.clear();
  return connected;
}

ApplicationObject& Service::Impl::put(const ApplicationInfo& application) {
  if (!processing_) withdrawn_.clear();
  auto object = std::make_unique<ApplicationObject>(*connection_, agent_, groups_, guard_, application);
  return *applications_.insert_or_assign(application.name, std::move(object)).first->second;
}

void Service::Impl::remove(const std::string& name) {
  auto found = applications_.extract(name);
  if (found.empty()) return;
  found.mapped()->withdraw();
  withdrawn_.push_back(std::move(found.mapped()));
}

Service::Service(AgentPort& agent, CertificateGroupPort& groups, AuditPort& audit, const ServiceSettings& settings)
    : impl_(std::make_unique<Impl>(agent, groups, audit, settings)) {}

Service::~Service() = default;

Service::PollState Service::poll_state() const {
  return impl_->poll_state();
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
  impl_->tell("PropertiesChanged", [&] {
    const auto found = impl_->applications().find(application);
    if (found != impl_->applications().end()) found->second->access_changed(access);
  });
}

void Service::group_changed(const GroupName& group) {
  impl_->tell("PropertiesChanged", [&] {
    const auto found = impl_->applications().find(group.application);
    if (found != impl_->applications().end()) found->second->group_changed(group.group);
  });
}

void Service::tpm_status_changed() {
  impl_->tell("PropertiesChanged", [&] { impl_->agent().tpm_status_changed(); });
}

void Service::setup_state_changed() {
  impl_->tell("PropertiesChanged", [&] { impl_->agent().setup_state_changed(); });
}

}  // namespace edgeseal::dbus
