#include "dbus/agent_object.h"

#include <utility>

#include "dbus/arguments.h"
#include "dbus/object_path.h"

namespace edgeseal::dbus {
namespace {

constexpr size_t kUriBytes = 1024;
constexpr size_t kAccountBytes = 256;
constexpr size_t kMostRules = 64;
constexpr size_t kMostSlots = 32;
constexpr size_t kMostLegacy = 16;
constexpr size_t kMostTrustGroups = 8;
constexpr size_t kMostCapabilities = 16;
constexpr size_t kCapabilityBytes = 8;
constexpr size_t kMostExports = 8;
constexpr size_t kEntryBytes = 256;

NewApplication new_application(const std::string& name, const VariantMap& given) {
  check_size("name", name.size(), kNameBytes);
  Options options(given);
  NewApplication application{
      .name = name,
      .application_uri = options.text("application-uri", kUriBytes),
      .account = options.text("account", kAccountBytes),
      .access = options.texts("access", kMostRules, kEntryBytes),
      .slots = options.texts("slots", kMostSlots, kEntryBytes),
      .legacy = options.texts("legacy", kMostLegacy, kEntryBytes),
      .trust_groups = options.texts("trust-groups", kMostTrustGroups, kEntryBytes),
      .server_capabilities = options.texts("server-capabilities", kMostCapabilities, kCapabilityBytes),
      .exports = options.texts("exports", kMostExports, kEntryBytes)};
  options.finish();
  return application;
}

}  // namespace

AgentObject::AgentObject(sdbus::IConnection& connection, AgentPort& agent, Guard& guard)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(kRootPath)), agent_(agent), guard_(guard) {
  getObject().addObjectManager();
  registerAdaptor();
}

void AgentObject::CreateApplication(sdbus::Result<sdbus::ObjectPath>&& result, std::string name, VariantMap options) {
  guard_.run("org.edgeseal.Agent1.CreateApplication", getObject(), "", std::move(result),
             [&agent = agent_, name = std::move(name), options = std::move(options)](const Caller& caller) {
               agent.create_application(caller, new_application(name, options));
               return sdbus::ObjectPath(application_path(name));
             });
}

void AgentObject::DeleteApplication(sdbus::Result<>&& result, std::string name) {
  guard_.run("org.edgeseal.Agent1.DeleteApplication", getObject(), "", std::move(result),
             [&agent = agent_, name = std::move(name)](const Caller& caller) {
               check_size("name", name.size(), kNameBytes);
               agent.delete_application(caller, name);
             });
}

void AgentObject::Describe(sdbus::Result<std::string>&& result) {
  guard_.run("org.edgeseal.Agent1.Describe", getObject(), "", std::move(result),
             [&agent = agent_](const Caller&) { return agent.describe(); });
}

std::string AgentObject::Version() {
  return guard_.read("org.edgeseal.Agent1.Version", [this] { return agent_.version(); });
}

std::string AgentObject::TpmHealth() {
  return guard_.read("org.edgeseal.Agent1.TpmHealth", [this] { return agent_.tpm_status().health; });
}

std::string AgentObject::TpmDetail() {
  return guard_.read("org.edgeseal.Agent1.TpmDetail", [this] { return agent_.tpm_status().detail; });
}

std::map<std::string, std::string> AgentObject::TpmFacts() {
  return guard_.read("org.edgeseal.Agent1.TpmFacts", [this] { return agent_.tpm_status().facts; });
}

void AgentObject::tpm_status_changed() {
  getObject().emitPropertiesChangedSignal(org::edgeseal::Agent1_adaptor::INTERFACE_NAME);
}

}  // namespace edgeseal::dbus
