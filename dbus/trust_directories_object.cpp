#include "dbus/trust_directories_object.h"

#include <utility>

#include "dbus/arguments.h"
#include "dbus/completions.h"
#include "dbus/object_path.h"
#include "dbus/trust_arguments.h"

namespace edgeseal::dbus {
namespace {

constexpr size_t kPathBytes = 4096;  // PATH_MAX, with its end
constexpr const char* kAnnexF = "annex-f";

void check_path(const std::string& path) {
  check_size("path", path.size(), {1, kPathBytes});
}

// What Adopt and PlanAdoption have in common; the options that are left are those of the method.
AdoptedDirectory directory_to_adopt(const std::string& path, const std::string& application, const std::string& group,
                                    Options& options) {
  check_path(path);
  check_size("application", application.size(), kNameBytes);
  check_size("group", group.size(), kNameBytes);
  const auto layout = options.choice("layout", {kAnnexF, "open62541", "node-opcua", "milo", "pem"});
  return {path, {application, group}, layout.empty() ? kAnnexF : layout};
}

}  // namespace

TrustDirectoriesObject::TrustDirectoriesObject(sdbus::IConnection& connection, TrustDirectoryPort& directories,
                                               Guard& guard)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(kRootPath)), directories_(directories), guard_(guard) {
  registerAdaptor();
}

void TrustDirectoriesObject::Audit(sdbus::Result<Findings>&& result, std::string path) {
  guard_.run("org.edgeseal.TrustDirectories1.Audit", getObject(), "", std::move(result),
             [&directories = directories_, path = std::move(path)](const Caller&) {
               check_size("path", path.size(), {0, kPathBytes});
               return to_maps(directories.audit(path));
             });
}

void TrustDirectoriesObject::PlanAdoption(sdbus::Result<VariantMap>&& result, std::string path, std::string application,
                                          std::string group, VariantMap options) {
  guard_.run("org.edgeseal.TrustDirectories1.PlanAdoption", getObject(), "", std::move(result),
             [&directories = directories_, path = std::move(path), application = std::move(application),
              group = std::move(group), given = std::move(options)](const Caller&, const auto& reply) {
               Options own(given);
               const auto directory = directory_to_adopt(path, application, group, own);
               own.finish();
               directories.plan_adoption(directory,
                                         reply->template completion<AdoptionPlan>(
                                             [](auto& open, const AdoptionPlan& plan) { open.succeed(to_map(plan)); }));
             });
}

void TrustDirectoriesObject::Adopt(sdbus::Result<>&& result, std::string path, std::string application,
                                   std::string group, VariantMap options) {
  guard_.run("org.edgeseal.TrustDirectories1.Adopt", getObject(), "", std::move(result),
             [&directories = directories_, path = std::move(path), application = std::move(application),
              group = std::move(group), given = std::move(options)](const Caller& caller, const auto& reply) {
               Options own(given);
               const auto directory = directory_to_adopt(path, application, group, own);
               const bool import = own.flag("import");
               own.finish();
               directories.adopt(caller, directory, import, done(reply));
             });
}

void TrustDirectoriesObject::Release(sdbus::Result<>&& result, std::string path) {
  guard_.run("org.edgeseal.TrustDirectories1.Release", getObject(), "", std::move(result),
             [&directories = directories_, path = std::move(path)](const Caller& caller) {
               check_path(path);
               directories.release(caller, path);
             });
}

std::vector<VariantMap> TrustDirectoriesObject::Adopted() {
  return guard_.read("org.edgeseal.TrustDirectories1.Adopted",
                     [this] { return to_maps(directories_.adopted(), to_map); });
}

void TrustDirectoriesObject::changed() {
  getObject().emitPropertiesChangedSignal(org::edgeseal::TrustDirectories1_adaptor::INTERFACE_NAME);
}

}  // namespace edgeseal::dbus
