#pragma once

#include "agent/setup/bundles.h"
#include "dbus/bundle_port.h"

namespace edgeseal::agent {

// Bundle1 of the bus: Bundles in the words of dbus/bundle_port.h. Loop's thread.
class BundlePorts final : public dbus::BundlePort {
 public:
  explicit BundlePorts(Bundles& bundles) : bundles_(bundles) {}

  [[nodiscard]] dbus::BundleInfo bundle() const override;
  void stage_bundle(const dbus::Caller& caller, const dbus::Secret& content, const dbus::BundleOptions& options,
                    dbus::Completion<std::string> done) override;
  void submit_pin(const dbus::Caller& caller, const std::string& session, const dbus::Secret& pin,
                  dbus::Completion<std::vector<std::string>> done) override;
  void discard_bundle(const dbus::Caller& caller, const std::string& session) override;
  [[nodiscard]] dbus::Secret take_tan(const dbus::Caller& caller) override;
  [[nodiscard]] dbus::Secret take_one_time_secret(const dbus::Caller& caller) override;
  void report_contact(const dbus::Caller& caller, bool verified, const std::string& detail) override;

 private:
  Bundles& bundles_;
};

}  // namespace edgeseal::agent
