#pragma once

#include <string>
#include <vector>

#include "dbus/bundle_port.h"
#include "tests/fakes/port_fault.h"

namespace edgeseal::dbus::fake {

// One bundle, whose PIN is "right-123".
class FakeBundles final : public BundlePort {
 public:
  mutable Fault fault;
  BundleInfo info;
  BundleOptions last_options;
  std::size_t last_size = 0;
  bool has_tan = false;

  BundleInfo bundle() const override {
    fault.strike();
    return info;
  }
  void stage_bundle(const Caller&, const Secret& content, const BundleOptions& options,
                    Completion<std::string> done) override {
    fault.strike();
    last_options = options;
    last_size = content.size();
    info.session = "1";
    info.remaining_tries = options.max_tries.value_or(3);
    info.deadline = 1'900'000'000'000'000;
    info.source = options.source;
    done(info.session);
  }
  void submit_pin(const Caller&, const std::string& session, const Secret& pin,
                  Completion<std::vector<std::string>> done) override {
    fault.strike();
    if (session != info.session) return done(CallError("InvalidState", "no PIN is wanted by this session"));
    const std::string given(reinterpret_cast<const char*>(pin.view().data()), pin.size());
    if (given != kPin) return done(CallError("UserAccessDenied", "wrong PIN; 2 more tries are left"));
    info = {.server_url = "https://provision.example.com", .server_port = 18444, .verifying = true};
    has_tan = true;
    done(std::vector<std::string>{"the PIN is short"});
  }
  void discard_bundle(const Caller&, const std::string&) override {
    fault.strike();
    info = {};
  }
  Secret take_tan(const Caller&) override {
    fault.strike();
    if (!has_tan) throw CallError("NothingToDo", "there is none");
    has_tan = false;
    return Secret(std::as_bytes(std::span(kPin).last(3)));
  }
  Secret take_one_time_secret(const Caller&) override { throw CallError("NothingToDo", "there is none"); }
  void report_contact(const Caller&, bool verified, const std::string&) override {
    fault.strike();
    info.verifying = false;
    if (!verified) info = {};
  }

  static constexpr std::string_view kPin = "right-123";
};

}  // namespace edgeseal::dbus::fake
