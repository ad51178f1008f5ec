#pragma once

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <deque>
#include <optional>

#include "agent/device/device_application.h"
#include "agent/device/device_names.h"
#include "agent/setup/bundles.h"
#include "jose/bundle/code.h"
#include "jose/jwe.h"
#include "tests/unit/agent/core.h"
#include "tests/unit/trust/authority.h"

namespace edgeseal::test {

// A device in setup, and a service that makes bundles for it.
struct BundleFixture : Core {
  explicit BundleFixture(const agent::Bundles::Settings& chosen = {}) : settings(chosen) {
    agent::seal_setup_flag(state, seal);
    static_cast<void>(value<std::monostate>([this](auto answer) { seal.prepare(answer); }));
    anchor.check();
    run_until([this] { return anchor.finding() == agent::StateAnchor::Finding::consistent; });
    start();
  }

  // As if the agent ended at this instant and started again: what it did not write down is gone.
  void restart() {
    settle();
    bundles.reset();
    tries.reset();
    start();
  }

  void start() {
    tries.emplace(state, seal, worker, [this] {
      if (bundles) bundles->look();
    });
    setup.use_tries(*tries);
    bundles.emplace(
        agent::Bundles::Services{loop, state, seal, *tries, setup, software, audit, {lists, groups, device}}, settings,
        world());
    bool known = false;
    tries->check([&known](const auto&) { known = true; });
    run_until([&known] { return known; });
    bundles->look();
  }

  // Whatever the counter of tries still has to do is done.
  void settle() {
    bool done = false;
    tries->check([&done](const auto&) { done = true; });
    run_until([&done] { return done; });
  }

  agent::Bundles::World world() {
    return {[this] { return now; },
            [this] { return elapsed; },
            [this] { return names; },
            [] {},
            [this](const std::string& session) { wanted.push_back(session); },
            [this](const std::string& session, const std::string& outcome) { closed[session] = outcome; }};
  }

  jose::Bundle content() const {
    jose::Bundle bundle;
    bundle.not_after = std::chrono::floor<std::chrono::seconds>(now) + std::chrono::hours(24);
    bundle.identifier = "bundle-" + std::to_string(++number);
    bundle.url = "https://provision.example.com/device";
    bundle.port = 18444;
    bundle.anchors = {authority.certificate()};
    return bundle;
  }

  static std::string sealed(const jose::Bundle& bundle, std::string_view code = pin) {
    const jose::SecretBytes password = jose::split_code(code).password;
    return jose::seal_jwe(jose::write_bundle(bundle), password, jose::min_iterations, jose::bundle_type);
  }

  // The session.
  std::string stage(const std::string& jwe, std::optional<unsigned> max_tries = {},
                    agent::Bundles::Bringer bringer = agent::Bundles::Bringer::service) {
    return value<std::string>([&](auto answer) {
      bundles->stage({agent::BundleDelivery::Protection::pin, "the service", max_tries}, jose::bytes_of(jwe), bringer,
                     std::move(answer));
    });
  }
  std::string stage() { return stage(sealed(content())); }

  std::vector<std::string> submit(const std::string& session, std::string_view typed) {
    return value<std::vector<std::string>>(
        [&](auto answer) { bundles->submit_pin(session, jose::bytes_of(typed), std::move(answer)); });
  }

  [[nodiscard]] bool was_audited(const std::string& kind) const {
    return std::ranges::find(audited, kind, &AuditEntry::kind) != audited.end();
  }
  void check_untouched() {
    BOOST_CHECK(setup.state() == agent::SetupState::setup_open);
    BOOST_CHECK(trusted() == agent::TrustList{});
    BOOST_CHECK_EQUAL(server(), "");
    BOOST_CHECK_EQUAL(bundles->status().session, "");
  }

  agent::TrustList trusted() { return lists.record({agent::device_application_name, agent::provisioning_group}).list; }
  std::string server() { return bundles->status().url; }

  static constexpr std::string_view pin = "correct-horse-battery-314";

  agent::Bundles::Settings settings;
  agent::State::Clock::time_point now = agent::State::Clock::now();
  agent::State::Clock::time_point elapsed{};
  std::vector<std::string> names{"4711", "urn:maker:gateway:4711"};
  std::vector<std::string> wanted;
  std::map<std::string, std::string> closed;  // outcome by session
  Authority authority{"Plant CA"};
  mutable int number = 0;

  agent::DeviceApplication device{applications, {}};
  agent::Setup setup{{loop, state, anchor, audit}, {}};
  std::optional<agent::TryCounter> tries;
  std::optional<agent::Bundles> bundles;
};

}  // namespace edgeseal::test
