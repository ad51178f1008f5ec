#include "dbus/configuration_object.h"

#include <utility>

#include "dbus/arguments.h"
#include "dbus/object_path.h"

namespace edgeseal::dbus {
namespace {

Undeclared undeclared_of(const VariantMap& given) {
  Options options(given);
  const bool is_deleted = options.flag("delete");
  options.finish();
  return is_deleted ? Undeclared::Delete : Undeclared::Refuse;
}

std::vector<std::map<std::string, std::string>> to_maps(const std::vector<ConfigurationChange>& changes) {
  std::vector<std::map<std::string, std::string>> maps;
  for (const auto& change : changes) {
    maps.push_back(
        {{"kind", change.kind}, {"name", change.name}, {"change", change.change}, {"detail", change.detail}});
  }
  return maps;
}

}  // namespace

ConfigurationObject::ConfigurationObject(sdbus::IConnection& connection, ConfigurationPort& configuration, Guard& guard)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(kRootPath)), configuration_(configuration), guard_(guard) {
  registerAdaptor();
}

void ConfigurationObject::Plan(sdbus::Result<Changes>&& result, VariantMap options) {
  guard_.run("org.edgeseal.Configuration1.Plan", getObject(), "", std::move(result),
             [&configuration = configuration_, options = std::move(options)](const Caller&) {
               return to_maps(configuration.plan_configuration(undeclared_of(options)));
             });
}

void ConfigurationObject::Apply(sdbus::Result<Changes>&& result, VariantMap options) {
  guard_.run("org.edgeseal.Configuration1.Apply", getObject(), "", std::move(result),
             [&configuration = configuration_, options = std::move(options)](const Caller& caller, const auto& reply) {
               configuration.apply_configuration(
                   caller, undeclared_of(options),
                   reply->template completion<std::vector<ConfigurationChange>>(
                       [](auto& open, const auto& changes) { open.succeed(to_maps(changes)); }));
             });
}

}  // namespace edgeseal::dbus
