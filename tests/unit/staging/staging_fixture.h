#pragma once

#include "agent/device/device_application.h"
#include "agent/setup/setup.h"
#include "agent/staging/staging.h"
#include "tests/unit/agent/core.h"
#include "tests/unit/staging/sample.h"
#include "tests/unit/staging/staged_text.h"
#include "tests/unit/trust/authority.h"

namespace edgeseal::test {

// A new device, whose setup is open, and files for it.
struct StagingFixture : Core {
  using Warnings = std::vector<std::string>;
  static inline const dbus::GroupName provisioning{"device", "provisioning"};

  explicit StagingFixture(agent::Staging::Settings given = {}) : settings(std::move(given)) {
    (void)value<std::monostate>([&](agent::Answer<std::monostate> answer) { seal.prepare(std::move(answer)); });
    agent::seal_setup_flag(state, seal);
    anchor.check();
    run_until([&] { return anchor.finding() == agent::StateAnchor::Finding::consistent; });
    setup.observe([this] {
      if (staging) staging->look();
    });
    start();
  }

  // The services of a start of the agent.
  void start() {
    const bool goes_on = unconfirmed();
    const std::size_t activated = audits("staged-trust-activated");
    staging.reset();
    staging.emplace(agent::Staging::Services{state, seal, lists, groups, applications, device, setup, audit}, settings,
                    agent::Staging::World{[this] { return time(); },
                                          [this] {
                                            ++changes;
                                            if (changed) changed();
                                          },
                                          [this](const std::string& reason) { rolled_back.push_back(reason); },
                                          [this] { return busy; }});
    staging->look();
    if (goes_on || !staging->set() || phase() != agent::StagedPhase::verifying) return;
    run_until([&] { return audits("staged-trust-activated") > activated || phase() == agent::StagedPhase::failed; });
  }
  void close_setup() { state.close_setup(); }

  [[nodiscard]] agent::TimeOfDay time() const { return {agent::State::Clock::now() + later, clock_is_set}; }
  [[nodiscard]] bool unconfirmed() { return !state.unconfirmed().empty(); }

  Warnings stage(const std::string& text, const std::string& way = "command") {
    return value<Warnings>([&](agent::Answer<Warnings> answer) {
      staging->stage({provisioning, {way, "stage.xml", 0}}, secret(text), std::move(answer));
    });
  }
  void refuse(const std::string& text, agent::Code code, const std::string& way = "command") {
    BOOST_CHECK_EXCEPTION((void)stage(text, way), agent::Error, has_code(code));
  }
  void activate() {
    (void)value<std::monostate>([&](agent::Answer<std::monostate> answer) { staging->activate(std::move(answer)); });
  }
  std::string contact(const std::vector<Bytes>& chain, const std::string& host = "gds.example.com") {
    return staging->report_contact(chain, host, "");
  }
  [[nodiscard]] std::vector<Bytes> trusted() { return lists.record(provisioning).list.trusted_certificates; }
  [[nodiscard]] std::size_t audits(const std::string& kind) const {
    return static_cast<std::size_t>(std::ranges::count(audited, kind, &AuditEntry::kind));
  }
  [[nodiscard]] agent::StagedPhase phase() { return staging->set()->phase; }

  [[nodiscard]] static CertificateFields server(const std::string& name, const std::string& names) {
    return {.name = name,
            .key_usage = "digitalSignature",
            .extended_key_usage = "serverAuth",
            .alternative_name = names,
            .more_oid = ""};
  }
  [[nodiscard]] Bytes server_certificate() const { return plant.issue(server("gds", "DNS:gds.example.com")); }
  [[nodiscard]] std::string file() const { return inline_certificate(certificate_pem(plant.certificate())); }

  Authority plant{"plant"}, other{"other"};
  agent::Staging::Settings settings;
  agent::DeviceApplication device{applications, {"urn:example:device:1", "", {}}};
  agent::Setup setup{{loop, state, anchor, audit}, {}};
  bool clock_is_set = true;
  std::chrono::hours later{0};
  int changes = 0;
  std::function<void()> changed;
  bool busy = false;
  std::vector<std::string> rolled_back;
  std::optional<agent::Staging> staging;
};

}  // namespace edgeseal::test
