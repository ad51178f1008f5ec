#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>
#include <optional>

#include "agent/applications.h"
#include "agent/certificate_groups.h"
#include "agent/event_loop.h"
#include "agent/key_maker.h"
#include "agent/key_service.h"
#include "agent/pcr_policies.h"
#include "agent/publication.h"
#include "agent/sealed_keys.h"
#include "agent/software_worker.h"
#include "agent/spare_keys.h"
#include "agent/state.h"
#include "agent/state_anchor.h"
#include "agent/tpm_worker.h"
#include "tests/fakes/fake_key_device.h"
#include "tests/tpm/temporary_directory.h"
#include "tests/unit/agent/error_code.h"

namespace edgeseal::test {

// The services of the agent on a chip of libcrypto and a state in a temporary directory, in the test's own loop.
struct Core {
  explicit Core(const agent::TpmWorker::Limits& limits = {})
      : worker(
            loop, [this] { return chip.open(); }, [this] { ++health_changes; }, limits) {}

  // Runs the loop until `done` holds; a test that never gets there fails.
  void run_until(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < limit,
                            "the loop waited 20 s for something that did not come");
      loop.run_once(std::chrono::milliseconds(100));
    }
  }

  // The outcome of something that answers later.
  template <class Result>
  std::variant<Result, agent::Error> outcome(const std::function<void(agent::Answer<Result>)>& start) {
    std::optional<std::variant<Result, agent::Error>> result;
    start([&result](std::variant<Result, agent::Error> answer) { result = std::move(answer); });
    run_until([&] { return result.has_value(); });
    return *std::move(result);
  }

  template <class Result>
  Result value(const std::function<void(agent::Answer<Result>)>& start) {
    auto result = outcome<Result>(start);
    if (const auto* error = std::get_if<agent::Error>(&result)) throw *error;
    return std::get<Result>(std::move(result));
  }

  TemporaryDirectory directory;
  FakeTpm chip;
  int health_changes = 0;
  std::vector<dbus::GroupName> changed_groups;
  int setup_changes = 0;

  agent::EventLoop loop;
  agent::State state{directory.file("state")};
  agent::TpmWorker worker;
  agent::SoftwareWorker software{loop, {}};
  agent::SealedKeys sealed{loop, worker, software, {}};
  agent::KeyService keys{state, worker, sealed};
  agent::PcrPolicies policies{state, std::nullopt};
  agent::SpareKeys spares{state, worker, 0};
  agent::KeyMaker maker{state, worker, sealed, keys, policies, spares};
  agent::StateAnchor anchor{state, worker, [] {}};
  agent::Publication publication{directory.file("pki")};
  agent::Applications applications{state, keys, publication};
  agent::CertificateGroups groups{
      loop,
      state,
      keys,
      maker,
      anchor,
      applications,
      {[this](const dbus::GroupName& group) { changed_groups.push_back(group); }, [this] { ++setup_changes; }},
      {}};
};

}  // namespace edgeseal::test
