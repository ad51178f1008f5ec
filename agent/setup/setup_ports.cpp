#include "agent/setup/setup_ports.h"

#include "agent/by_itself.h"
#include "agent/call_error.h"
#include "agent/certificates/transactions.h"

namespace edgeseal::agent {

namespace {

Audit::Fields who(const dbus::Caller& caller) {
  return fields_of(owner_of(caller));
}

}  // namespace

dbus::SetupInfo SetupPorts::setup() const {
  return translated([&] {
    const Setup& setup = services_.setup;
    dbus::SetupInfo info{.state = std::string(setup_state_name(setup.state())), .reason = setup.reason()};
    for (const OpenWay way : setup.settings().open_by) info.open_ways.emplace_back(open_way_name(way));
    if (setup.window_ends()) info.window_ends = static_cast<std::uint64_t>(setup.window_ends()->count());
    info.window_remaining = static_cast<std::uint32_t>(setup.window_remaining().count());
    info.password_wanted = services_.password.exists();
    info.remaining_tries = services_.password.remaining();
    info.limited_function = setup.limited_function();
    return info;
  });
}

void SetupPorts::require_password_way() const {
  if (!services_.setup.opens_by(OpenWay::password))
    throw Error(Code::not_supported,
                "setup doesn't open by a password here; remedy: \"password\" in open-by of [setup] in edgeseal.toml");
}

void SetupPorts::make_password(const dbus::Caller& caller, dbus::Completion<dbus::Secret> done) {
  translated([&] {
    require_password_way();
    if (services_.setup.state() == SetupState::operational) throw Error(Code::invalid_state, services_.setup.reason());
    const Answer<OneTimePassword::SecretPtr> answer = to_answer<OneTimePassword::SecretPtr, dbus::Secret>(
        std::move(done), [](const OneTimePassword::SecretPtr& secret) { return dbus::Secret(secret->view()); });
    services_.password.make([this, fields = who(caller), answer](std::variant<OneTimePassword::SecretPtr, Error> made) {
      proceed(answer, made, [&](const OneTimePassword::SecretPtr& secret) {
        services_.audit.record(Level::notice, "one-time-password", "a one-time password for setup was made", fields);
        answer(secret);
      });
    });
  });
}

void SetupPorts::submit_password(const dbus::Caller& caller, dbus::Secret password,
                                 dbus::Completion<std::monostate> done) {
  translated([&] {
    require_password_way();
    services_.setup.require_password_opens();
    const auto fields = who(caller);
    services_.password.submit(password.view(), [this, fields,
                                                answer = to_answer<std::monostate>(std::move(done))](auto outcome) {
      const bool accepted = std::holds_alternative<std::monostate>(outcome);
      services_.audit.record(accepted ? Level::notice : Level::warning, "one-time-password",
                             accepted ? "the one-time password was given" : std::get<Error>(outcome).what(), fields);
      proceed(answer, outcome, [&](std::monostate) {
        services_.setup.password_accepted(fields);
        answer(std::monostate{});
      });
    });
  });
}

void SetupPorts::report_presence(const dbus::Caller& caller, const std::string& source) {
  translated([&] { services_.setup.report_presence(source, who(caller)); });
}

void SetupPorts::close_setup(const dbus::Caller& caller, dbus::Completion<std::monostate> done) {
  translated([&] {
    services_.setup.close(who(caller));
    services_.anchor.advance([done = std::move(done)] { done(std::monostate{}); });
  });
}

// Presence is used, and the reset recorded, once nothing can refuse it any more.
void SetupPorts::reset_to_setup(const dbus::Caller& caller, dbus::Completion<std::monostate> done) {
  translated([&] {
    const bool by_presence = !services_.at_console(caller.pid);
    if (by_presence) services_.setup.require_presence();
    services_.groups.reset_all([this, fields = who(caller), done = std::move(done)] {
      by_itself("the end of what locked setup out", [&] { services_.setup.was_reset(fields); });
      done(std::monostate{});
    });
    if (by_presence) services_.setup.use_presence();
    services_.audit.record(Level::warning, "device-reset",
                           "the device is reset to setup: keys, certificates and trust of all applications are gone, "
                           "the device identity stays",
                           who(caller));
  });
}

}  // namespace edgeseal::agent
