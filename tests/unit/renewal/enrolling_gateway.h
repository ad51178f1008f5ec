#pragma once

#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/device/device_identity.h"
#include "agent/renewal/enrolment.h"
#include "tests/unit/agent/gateway.h"

namespace edgeseal::test {

// A gateway with an enrolment profile, in a time that the test makes pass.
struct EnrollingGateway : Gateway {
  EnrollingGateway() {
    run_until([&] { return worker.state().health == agent::TpmHealth::ready; });
    (void)value<std::monostate>([&](agent::Answer<std::monostate> answer) { seal.prepare(std::move(answer)); });
  }

  static constexpr const char* url = "https://pki.example.com";
  static constexpr const char* runner = ":1.42";
  static constexpr uid_t runner_account = 4242;

  [[nodiscard]] std::string est(const std::string& more) const {
    return "protocol = \"est\"\nurl = \"" + std::string(url) + "\"\nslots = [\"web/https/https\"]\n" + more;
  }
  // The agent starts; or ends and starts again.
  void start(const std::string& profile) {
    declare_profile(profile);
    restart();
  }
  // The agent goes on with it.
  void change_profile(const std::string& profile) {
    declare_profile(profile);
    enrolment->use_profile_files(profiles);
  }
  void declare_profile(const std::string& text) {
    profiles = {{"plant", agent::parse_profile("plant", "plant.toml", text, agent::ProfileSource::bus), {}}};
  }
  void restart() {
    enrolment.reset();
    agent::Enrolment::Settings settings;
    settings.profiles = profiles;
    settings.account = account;
    settings.credentials_directory = directory.file("credentials");
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe(ends.data()) == 0);
    clock_is_set.reset(ends[1]);
    enrolment.emplace(agent::Enrolment::Services{loop, state, keys, lent, applications, groups, lists, identity, audit},
                      settings, world(), tpm::Bytes(16, std::byte{7}), policy::UniqueFd(ends[0]));
    enrolment->look();
  }
  agent::Enrolment::World world() {
    agent::Enrolment::World world;
    world.clocks = [this] { return agent::BestTime::Reading{now, true, now}; };
    world.busy = [this] { return busy; };
    world.job_changed = [this](const agent::Job& job) {
      if (job_changed) job_changed(job);
    };
    world.job_waiting = [this](agent::JobNumber number) { announced.push_back(number); };
    world.job_cancelled = [this](agent::JobNumber number) { cancelled.push_back(number); };
    world.expiring = [this](const agent::Slot& slot, unsigned days, agent::RenewalTime, const std::string&) {
      notices.push_back(slot.key_name() + " " + std::to_string(days));
    };
    return world;
  }

  [[nodiscard]] const agent::Job& job() const { return enrolment->jobs().all().back(); }
  void until(agent::JobState wanted) {
    run_until([&] { return !enrolment->jobs().all().empty() && job().state == wanted; });
  }
  void pass(std::chrono::seconds time) {
    now += time;
    enrolment->look();
  }
  // By a time server.
  void set_clock() { BOOST_REQUIRE(::write(clock_is_set.get(), "12345678", 8) == 8); }
  // The next try, whenever it comes.
  void pass_pause() {
    const auto next = enrolment->next_try(job().slot);
    BOOST_REQUIRE(next.has_value());
    pass(*next - now + std::chrono::seconds(1));
  }
  dbus::JobWork take() {
    until(agent::JobState::ready);
    return enrolment->take(job().number, runner, runner_account);
  }
  void fail(const std::string& failure, bool secret_spent = false) {
    enrolment->fail(job().number, runner, {failure, "it did not work", 0, secret_spent});
  }
  std::variant<std::monostate, agent::Error> deliver(const tpm::Bytes& certificate) {
    return deliver(dbus::JobCertificate{certificate, {}});
  }
  std::variant<std::monostate, agent::Error> deliver(const dbus::JobCertificate& issued) {
    return outcome<std::monostate>([&](agent::Answer<std::monostate> answer) {
      enrolment->deliver(job().number, runner, issued, std::move(answer));
    });
  }
  // From a job that is due to a certificate in force.
  void complete() {
    const dbus::JobWork work = take();
    (void)deliver(ca.sign(work.request));
    BOOST_TEST((job().state == agent::JobState::done));
  }
  [[nodiscard]] bool in_use(const tpm::Bytes& certificate) {
    const auto record = state.certificate(web);
    return record && record->certificate == certificate;
  }
  [[nodiscard]] std::optional<agent::KeyRecord> pending() { return state.key(web, agent::KeyStatus::pending); }

  const agent::Slot web = declare("web", "https/https=ec-p256");
  agent::RenewalTime now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  bool busy = false;
  policy::UniqueFd clock_is_set;
  std::function<void(const agent::Job&)> job_changed;
  std::vector<agent::JobNumber> announced, cancelled;
  std::vector<std::string> notices;
  agent::LentKeys lent;
  std::vector<agent::ProfileFile> profiles;
  std::string account = "edgeseal-enroll";  // that runs jobs

  agent::DeviceApplication device{applications, {}};
  agent::Attestation attestation{state, worker};
  agent::DeviceIdentity identity{{state, device, groups, keys, transactions, attestation},
                                 {"Example", "Gateway 7", "4711", ""}};
  std::optional<agent::Enrolment> enrolment;
};

}  // namespace edgeseal::test
