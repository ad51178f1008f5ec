#include "agent/setup/bundle_ports.h"

#include "agent/bus_time.h"
#include "agent/call_error.h"

namespace edgeseal::agent {

namespace {

BundleDelivery delivery_of(const dbus::BundleOptions& options) {
  using Protection = BundleDelivery::Protection;
  return {options.without_pin ? Protection::none : Protection::pin, options.source, options.max_tries};
}

}  // namespace

dbus::BundleInfo BundlePorts::bundle() const {
  const Bundles::Status status = bundles_.status();
  return {status.session,
          status.remaining_tries.value_or(0),
          microseconds_of(status.deadline),
          status.source,
          status.url,
          status.port,
          status.verifying};
}

void BundlePorts::stage_bundle(const dbus::Caller&, const dbus::Secret& content, const dbus::BundleOptions& options,
                               dbus::Completion<std::string> done) {
  const auto bringer = options.as_administrator ? Bundles::Bringer::administrator : Bundles::Bringer::service;
  translated(
      [&] { bundles_.stage(delivery_of(options), content.view(), bringer, to_answer<std::string>(std::move(done))); });
}

void BundlePorts::submit_pin(const dbus::Caller&, const std::string& session, const dbus::Secret& pin,
                             dbus::Completion<std::vector<std::string>> done) {
  translated([&] { bundles_.submit_pin(session, pin.view(), to_answer<std::vector<std::string>>(std::move(done))); });
}

void BundlePorts::discard_bundle(const dbus::Caller&, const std::string& session) {
  translated([&] { bundles_.discard(session); });
}

dbus::Secret BundlePorts::take_tan(const dbus::Caller&) {
  return translated([&] { return dbus::Secret(jose::ByteView(bundles_.take_tan())); });
}

dbus::Secret BundlePorts::take_one_time_secret(const dbus::Caller&) {
  return translated([&] { return dbus::Secret(jose::ByteView(bundles_.take_one_time_secret())); });
}

void BundlePorts::report_contact(const dbus::Caller&, bool verified, const std::string& detail) {
  const auto outcome = verified ? Verification::passed : Verification::failed;
  translated([&] { bundles_.report_contact(outcome, detail); });
}

}  // namespace edgeseal::agent
