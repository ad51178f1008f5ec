#include "tests/bench/soak/soak.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "tests/bench/soak/bus_callers.h"
#include "tests/bench/soak/hostile_clients.h"
#include "tests/bench/soak/signers.h"

namespace edgeseal::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Outcome = Tally::Outcome;
using Seconds = std::chrono::duration<double>;

// Accounts that Debian has on every machine and runs nothing under: the bus knows only accounts that exist.
constexpr uid_t daemon_account = 1, bin_account = 2, sys_account = 3;  // honest
constexpr uid_t games_account = 5, man_account = 6;                    // hostile

constexpr std::size_t signers = 300;  // of each honest account
constexpr std::size_t hostile = 25;   // of each kind
constexpr double calls_per_second = 2;
constexpr double warm_up = 0.3;         // of the time, and
constexpr Seconds longest_warm_up{30};  // at most so long
constexpr timespec between_readings{0, 250'000'000};
constexpr std::chrono::seconds settling_limit{30};

Crowd crowd_of(const Population& population, std::size_t clients, Crowd::Kind kind) {
  const Tally& tally = population.tally();
  return {.name = population.name(),
          .account = population.account(),
          .clients = clients,
          .kind = kind,
          .sent = tally.count(Outcome::sent),
          .answered = tally.count(Outcome::answered),
          .busy = tally.count(Outcome::busy),
          .late = tally.count(Outcome::late),
          .lost = tally.count(Outcome::lost),
          .wrong = tally.count(Outcome::wrong),
          .p50 = tally.percentile(0.5),
          .p99 = tally.percentile(0.99),
          .longest = tally.longest(),
          .sample = tally.sample()};
}

// Once a minute.
void tell_progress(const std::vector<Reading>& readings) {
  const auto minute = [](const Reading& reading) { return static_cast<int>(reading.at / std::chrono::minutes(1)); };
  if (readings.size() < 2 || minute(readings.back()) == minute(readings[readings.size() - 2])) return;
  fmt::print(stderr, "minute {}: {:.1f} MiB resident, {} descriptors\n", minute(readings.back()),
             readings.back().rss_kib / 1024, readings.back().descriptors);
}

}  // namespace

struct Soak::Group {
  std::string name;
  uid_t account;
  std::size_t clients;
  Crowd::Kind kind;
  std::function<void(const Population::Life&)> live;
};

Soak::Soak(const SoakTerms& terms) : terms_(terms) {
  std::filesystem::permissions(gateway_.directory(), std::filesystem::perms(0755));  // for the other accounts
  gateway_.start_agent(gateway_.chip().tcti());
  gateway_.certify("gateway", "ec-p256", {"user=daemon", "user=bin"});
  gateway_.certify("sealed", "ec-p256,sealed", {"user=sys"});
  gateway_.certify("captured", "ec-p256", {"user=games"});
  gauge_.emplace(gateway_.agent().id(), gateway_.directory() / "agent.log");
}

KeyUse Soak::key(const std::string& application) const {
  return {AgentProcess::key_socket(gateway_.directory()), application};
}

std::vector<Soak::Group> Soak::groups() const {
  std::vector<Group> groups;
  const auto add = [&](const char* name, uid_t account, std::size_t clients, Crowd::Kind kind, auto live) {
    groups.push_back({name, account, clients, kind, std::move(live)});
  };
  SigningHabit signing{.connections = signers, .per_second = terms_.requests_per_second};
  signing.deadline *= terms_.patience;
  CallingHabit calling{.connections = 5, .per_second = calls_per_second};
  calling.deadline *= terms_.patience;
  const auto sign = [&](const char* name, uid_t account, const KeyUse& key) {
    add(name, account, signers, Crowd::Kind::signers,
        [key, signing](const auto& life) { sign_honestly(key, signing, life); });
  };
  const auto hostile_signers = [&](const char* name, uid_t account, const KeyUse& key, Hostility how) {
    add(name, account, hostile, Crowd::Kind::hostile,
        [key, how](const auto& life) { misbehave(key, how, hostile, life); });
  };
  const auto hostile_callers = [&](const char* name, std::size_t connections, BusHostility how) {
    add(name, games_account, connections, Crowd::Kind::hostile,
        [connections, how](const auto& life) { misbehave_on_bus(how, connections, life); });
  };
  const KeyUse gateway = key("gateway");
  const KeyUse captured = key("captured");
  sign("tpm", daemon_account, gateway);
  sign("tpm, another account", bin_account, gateway);
  sign("sealed", sys_account, key("sealed"));
  for (const uid_t account : {daemon_account, uid_t{0}})
    add("bus", account, calling.connections, Crowd::Kind::callers,
        [calling](const auto& life) { call_honestly(calling, life); });
  hostile_signers("silent", man_account, captured, Hostility::silent);
  hostile_signers("garbage", man_account, captured, Hostility::garbage);
  hostile_signers("half-open", games_account, captured, Hostility::half_open);
  hostile_signers("flood", games_account, captured, Hostility::flood);
  hostile_callers("bus flood", 10, BusHostility::flood);
  hostile_callers("bus mute", 5, BusHostility::mute);
  hostile_callers("bus huge", 2, BusHostility::huge);
  hostile_callers("bus hasty", 5, BusHostility::hasty);
  return groups;
}

void Soak::load(Seconds time, SoakResult& result) {
  const std::vector<Group> all = groups();
  std::list<Population> populations;
  for (const Group& group : all) populations.emplace_back(group.name, group.account, group.live);
  for (const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(time); Clock::now() < end;) {
    ::nanosleep(&between_readings, nullptr);
    result.readings.push_back(gauge_->read());
    tell_progress(result.readings);
  }
  // The hostile ones last: the honest ones are to be answered beside them to the end.
  for (const bool hostile_ones : {false, true}) {
    auto group = all.begin();
    for (Population& population : populations)
      if (((group++)->kind == Crowd::Kind::hostile) == hostile_ones) population.tell_over();
    group = all.begin();
    for (Population& population : populations)
      if (((group++)->kind == Crowd::Kind::hostile) == hostile_ones) population.join();
  }
  auto group = all.begin();
  for (const Population& population : populations) {
    result.crowds.push_back(crowd_of(population, group->clients, group->kind));
    ++group;
  }
}

Reading Soak::settled(std::size_t descriptors) const {
  const std::chrono::seconds most = settling_limit * terms_.patience;
  (void)wait_for_an_answer(most);
  Reading reading = gauge_->read();
  for (const auto limit = Clock::now() + most; reading.descriptors > descriptors && Clock::now() < limit;) {
    ::nanosleep(&between_readings, nullptr);
    reading = gauge_->read();
  }
  return reading;
}

SoakResult Soak::run(Seconds time) {
  const std::size_t descriptors = gauge_->read().descriptors;
  SoakResult warm;
  load(std::min(time * warm_up, longest_warm_up), warm);
  SoakResult result;
  result.start = settled(descriptors);
  load(time, result);
  result.end = settled(result.start.descriptors);
  result.time = time;
  result.patience = terms_.patience;
  return result;
}

}  // namespace edgeseal::bench
