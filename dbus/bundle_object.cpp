#include "dbus/bundle_object.h"

#include <limits>
#include <utility>

#include "dbus/arguments.h"
#include "dbus/bounds.h"
#include "dbus/completions.h"
#include "dbus/memory_file.h"
#include "dbus/object_path.h"

namespace edgeseal::dbus {
namespace {

constexpr Bounds kBundleBytes{1, 65536};
constexpr Bounds kPinBytes{4, 128};
constexpr size_t kSessionBytes = 64;
constexpr Bounds kSourceBytes{0, 128};
constexpr Bounds kDetailBytes{0, 256};
constexpr const char* kPin = "pin";
constexpr const char* kNoPin = "nopin";

BundleOptions bundle_options(const VariantMap& given) {
  Options options(given);
  BundleOptions result;
  result.without_pin = options.choice("mode", {kPin, kNoPin}) == kNoPin;
  result.max_tries = options.integer("max-tries", 0, std::numeric_limits<std::uint32_t>::max());
  result.source = options.text("source", kSourceBytes.most);
  check_printable("source", result.source, kSourceBytes);
  options.finish();
  return result;
}

sdbus::UnixFd handed_over(const Secret& secret) {
  return sdbus::UnixFd(make_memory_file(secret), sdbus::adopt_fd);
}

enum class Bringer { Service, Administrator };

auto staging(BundlePort& bundles, Bringer bringer, sdbus::UnixFd bundle, VariantMap given) {
  return [&bundles, bringer, bundle = std::move(bundle), given = std::move(given)](const Caller& caller,
                                                                                   const auto& reply) {
    BundleOptions options = bundle_options(given);
    options.as_administrator = bringer == Bringer::Administrator;
    bundles.stage_bundle(caller, read_memory_file("bundle", bundle.get(), kBundleBytes), options,
                         answer<std::string>(reply));
  };
}

}  // namespace

BundleObject::BundleObject(sdbus::IConnection& connection, BundlePort& bundles, Guard& guard)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(kRootPath)), bundles_(bundles), guard_(guard) {
  registerAdaptor();
}

void BundleObject::StageBundle(sdbus::Result<std::string>&& result, sdbus::UnixFd bundle, VariantMap options) {
  guard_.run("org.edgeseal.Bundle1.StageBundle", getObject(), "", std::move(result),
             staging(bundles_, Bringer::Service, std::move(bundle), std::move(options)));
}

void BundleObject::StageBundleAsAdministrator(sdbus::Result<std::string>&& result, sdbus::UnixFd bundle,
                                              VariantMap options) {
  guard_.run("org.edgeseal.Bundle1.StageBundleAsAdministrator", getObject(), "", std::move(result),
             staging(bundles_, Bringer::Administrator, std::move(bundle), std::move(options)));
}

void BundleObject::SubmitPin(sdbus::Result<std::vector<std::string>>&& result, std::string session, sdbus::UnixFd pin,
                             VariantMap options) {
  guard_.run("org.edgeseal.Bundle1.SubmitPin", getObject(), "", std::move(result),
             [&bundles = bundles_, session = std::move(session), pin = std::move(pin), given = std::move(options)](
                 const Caller& caller, const auto& reply) {
               check_size("session", session.size(), {1, kSessionBytes});
               Options(given).finish();
               bundles.submit_pin(caller, session, read_memory_file("pin", pin.get(), kPinBytes),
                                  answer<std::vector<std::string>>(reply));
             });
}

void BundleObject::DiscardBundle(sdbus::Result<>&& result, std::string session) {
  guard_.run("org.edgeseal.Bundle1.DiscardBundle", getObject(), "", std::move(result),
             [&bundles = bundles_, session = std::move(session)](const Caller& caller) {
               check_size("session", session.size(), {1, kSessionBytes});
               bundles.discard_bundle(caller, session);
             });
}

void BundleObject::TakeTan(sdbus::Result<sdbus::UnixFd>&& result) {
  guard_.run("org.edgeseal.Bundle1.TakeTan", getObject(), "", std::move(result),
             [&bundles = bundles_](const Caller& caller) { return handed_over(bundles.take_tan(caller)); });
}

void BundleObject::TakeOneTimeSecret(sdbus::Result<sdbus::UnixFd>&& result) {
  guard_.run("org.edgeseal.Bundle1.TakeOneTimeSecret", getObject(), "", std::move(result),
             [&bundles = bundles_](const Caller& caller) { return handed_over(bundles.take_one_time_secret(caller)); });
}

void BundleObject::ReportContact(sdbus::Result<>&& result, bool verified, std::string detail) {
  guard_.run("org.edgeseal.Bundle1.ReportContact", getObject(), "", std::move(result),
             [&bundles = bundles_, verified, detail = std::move(detail)](const Caller& caller) {
               check_printable("detail", detail, kDetailBytes);
               bundles.report_contact(caller, verified, detail);
             });
}

std::string BundleObject::Session() {
  return guard_.read("org.edgeseal.Bundle1.Session", [this] { return bundles_.bundle().session; });
}

std::uint32_t BundleObject::RemainingTries() {
  return guard_.read("org.edgeseal.Bundle1.RemainingTries", [this] { return bundles_.bundle().remaining_tries; });
}

std::uint64_t BundleObject::Deadline() {
  return guard_.read("org.edgeseal.Bundle1.Deadline", [this] { return bundles_.bundle().deadline; });
}

std::string BundleObject::Source() {
  return guard_.read("org.edgeseal.Bundle1.Source", [this] { return bundles_.bundle().source; });
}

std::string BundleObject::ServerUrl() {
  return guard_.read("org.edgeseal.Bundle1.ServerUrl", [this] { return bundles_.bundle().server_url; });
}

std::uint16_t BundleObject::ServerPort() {
  return guard_.read("org.edgeseal.Bundle1.ServerPort", [this] { return bundles_.bundle().server_port; });
}

bool BundleObject::Verifying() {
  return guard_.read("org.edgeseal.Bundle1.Verifying", [this] { return bundles_.bundle().verifying; });
}

void BundleObject::changed() {
  getObject().emitPropertiesChangedSignal(org::edgeseal::Bundle1_adaptor::INTERFACE_NAME);
}

void BundleObject::pin_wanted() {
  const BundleInfo info = bundles_.bundle();
  emitPinWanted(info.session, info.remaining_tries, info.deadline);
}

}  // namespace edgeseal::dbus
