#include "dbus/setup_object.h"

#include <utility>

#include "dbus/arguments.h"
#include "dbus/bounds.h"
#include "dbus/completions.h"
#include "dbus/memory_file.h"
#include "dbus/object_path.h"

namespace edgeseal::dbus {
namespace {

constexpr Bounds kPasswordBytes{1, 64};
constexpr Bounds kSourceBytes{1, 64};

Caller on_behalf(Caller caller, const VariantMap& given) {
  Options options(given);
  static_cast<void>(options.text("application", kNameBytes.most));
  caller.client_certificate = options.bytes("client-certificate", kCertificateBytes);
  options.finish();
  return caller;
}

}  // namespace

SetupObject::SetupObject(sdbus::IConnection& connection, SetupPort& setup, Guard& guard)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(kRootPath)), setup_(setup), guard_(guard) {
  registerAdaptor();
}

void SetupObject::MakeOneTimePassword(sdbus::Result<sdbus::UnixFd>&& result, VariantMap options) {
  guard_.run("org.edgeseal.Setup1.MakeOneTimePassword", getObject(), "", std::move(result),
             [&setup = setup_, options = std::move(options)](const Caller& caller, const auto& reply) {
               Options(options).finish();
               setup.make_password(caller, reply->template completion<Secret>([](auto& open, const Secret& password) {
                 open.succeed(sdbus::UnixFd(make_memory_file(password), sdbus::adopt_fd));
               }));
             });
}

void SetupObject::SubmitOneTimePassword(sdbus::Result<>&& result, sdbus::UnixFd password, VariantMap options) {
  // Whose account may call; what is wrong with it is told once the caller may know.
  const auto application = field<std::string>(options, "application");
  guard_.run("org.edgeseal.Setup1.SubmitOneTimePassword", getObject(), application, std::move(result),
             [&setup = setup_, password = std::move(password), options = std::move(options)](const Caller& caller,
                                                                                             const auto& reply) {
               const Caller client = on_behalf(caller, options);
               setup.submit_password(client, read_memory_file("password", password.get(), kPasswordBytes), done(reply));
             });
}

void SetupObject::ReportPresence(sdbus::Result<>&& result, std::string source, VariantMap options) {
  guard_.run("org.edgeseal.Setup1.ReportPresence", getObject(), "", std::move(result),
             [&setup = setup_, source = std::move(source), options = std::move(options)](const Caller& caller) {
               check_printable("source", source, kSourceBytes);
               Options(options).finish();
               setup.report_presence(caller, source);
             });
}

void SetupObject::CloseWindow(sdbus::Result<>&& result, VariantMap options) {
  guard_.run("org.edgeseal.Setup1.CloseWindow", getObject(), "", std::move(result),
             [&setup = setup_, options = std::move(options)](const Caller& caller, const auto& reply) {
               Options(options).finish();
               setup.close_setup(caller, done(reply));
             });
}

void SetupObject::Reset(sdbus::Result<>&& result, VariantMap options) {
  guard_.run("org.edgeseal.Setup1.Reset", getObject(), "", std::move(result),
             [&setup = setup_, options = std::move(options)](const Caller& caller, const auto& reply) {
               Options(options).finish();
               setup.reset_to_setup(caller, done(reply));
             });
}

std::string SetupObject::State() {
  return guard_.read("org.edgeseal.Setup1.State", [this] { return setup_.setup().state; });
}

std::string SetupObject::Reason() {
  return guard_.read("org.edgeseal.Setup1.Reason", [this] { return setup_.setup().reason; });
}

std::string SetupObject::Mode() {
  return guard_.read("org.edgeseal.Setup1.Mode",
                     [this] { return std::string(setup_.setup().state == "operational" ? "secure" : "default"); });
}

std::vector<std::string> SetupObject::OpenWays() {
  return guard_.read("org.edgeseal.Setup1.OpenWays", [this] { return setup_.setup().open_ways; });
}

std::uint64_t SetupObject::WindowEnds() {
  return guard_.read("org.edgeseal.Setup1.WindowEnds", [this] { return setup_.setup().window_ends; });
}

std::uint32_t SetupObject::WindowRemaining() {
  return guard_.read("org.edgeseal.Setup1.WindowRemaining", [this] { return setup_.setup().window_remaining; });
}

bool SetupObject::PasswordWanted() {
  return guard_.read("org.edgeseal.Setup1.PasswordWanted", [this] { return setup_.setup().password_wanted; });
}

std::uint32_t SetupObject::RemainingTries() {
  return guard_.read("org.edgeseal.Setup1.RemainingTries", [this] { return setup_.setup().remaining_tries; });
}

bool SetupObject::LimitedFunction() {
  return guard_.read("org.edgeseal.Setup1.LimitedFunction", [this] { return setup_.setup().limited_function; });
}

void SetupObject::changed() {
  getObject().emitPropertiesChangedSignal(org::edgeseal::Setup1_adaptor::INTERFACE_NAME);
}

}  // namespace edgeseal::dbus
