#include "tests/crash/sweep.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <stdexcept>

namespace edgeseal::crash {
namespace {

constexpr std::string_view resource_unavailable = "org.edgeseal.Error.ResourceUnavailable";

// For a run that nothing disturbs.
class Nothing final : public Fault {
 public:
  Nothing() : Fault(0) {}

 private:
  [[nodiscard]] bool concerns(const StoppedCall&) const override { return false; }
  [[nodiscard]] Deed strike(std::size_t) const override { return {}; }
};

// Before the first call whose text begins so.
class KillAtCall final : public Fault {
 public:
  explicit KillAtCall(std::string begin) : Fault(1), begin_(std::move(begin)) {}

 private:
  [[nodiscard]] bool concerns(const StoppedCall& stopped) const override {
    return stopped.touches == StoppedCall::Touches::storage && stopped.text().starts_with(begin_);
  }
  [[nodiscard]] Deed strike(std::size_t) const override { return Deed::kill(); }

  std::string begin_;
};

}  // namespace

Sweep::Sweep(Device& device, const Plant& plant, const Device::Snapshot& beginning, const Operation& operation)
    : device_(device), plant_(plant), operation_(operation) {
  prepare(beginning);
  learn();
}

void Sweep::prepare(const Device::Snapshot& beginning) {
  device_.restore(beginning);
  device_.configure(operation_.configuration);
  const auto kill = std::make_shared<KillAtCall>(operation_.interrupt_at);
  if (!device_.start_supervised([kill](const StoppedCall& stopped) { return kill->decide(stopped); }))
    throw std::runtime_error("the agent does not start: " + device_.agent().log());
  Client client(plant_);
  client.wait_until_ready();
  if (operation_.prepare) operation_.prepare(client);
  kill->begin();
  if (operation_.interrupt) interrupt(client);
  if (operation_.interrupt && !kill->struck()) throw std::runtime_error(operation_.name + " meets no such call");
  begin_ = device_.save();
  configured_before_ = device_.anchor().configured;
  device_.start();
  Client seer(plant_);
  before_ = see(seer);
}

View Sweep::see(Client& client) const {
  if (operation_.settle) {
    wait_for_setup(client.connection());
    operation_.settle(client);
  }
  return look(device_, client.connection());
}

void Sweep::interrupt(Client& client) {
  try {
    operation_.interrupt(client);
  } catch (const sdbus::Error&) {  // as it has to be
  }
}

void Sweep::learn() {
  const Outcome outcome = attempt([] { return std::make_shared<Nothing>(); });
  if (!outcome.error.empty()) throw std::runtime_error(operation_.name + ": " + outcome.error);
  device_.start();
  Client client(plant_);
  after_ = see(client);
  if (operation_.run && after_ == before_) throw std::runtime_error(operation_.name + " changes nothing");
}

Sweep::Outcome Sweep::attempt(const MakeFault& make_fault) {
  device_.restore(*begin_);
  Outcome outcome;
  const std::shared_ptr<Fault> fault = make_fault();
  outcome.fault = fault;
  if (!operation_.run) fault->begin();
  outcome.up = device_.start_supervised([fault](const StoppedCall& stopped) { return fault->decide(stopped); });
  outcome.after = with(operation_.differs);
  if (outcome.up) call(outcome);
  return outcome;
}

// The calls before and after see to it that what does not belong to the operation does not count, and that what does
// counts although it comes after the answer.
void Sweep::call(Outcome& outcome) {
  Change change = operation_.differs;
  try {
    Client client(plant_);
    client.wait_until_ready();
    outcome.fault->begin();
    if (operation_.run) operation_.run(client, change);
    outcome.after = with(change);
  } catch (const sdbus::Error& error) {
    outcome.error = error.getName();
    outcome.after = with(change);
    return;
  }
  try {
    Client(plant_).wait_for_answer();
  } catch (const sdbus::Error&) {  // it was killed after its answer
  }
}

View Sweep::with(const Change& change) const {
  View view = after_;
  for (const auto& [key, value] : change) view[key] = value;
  return view;
}

Findings Sweep::each_point(const Share& share, const std::function<std::shared_ptr<Fault>(std::size_t)>& fault,
                           const std::function<Side(const Outcome&)>& judge) {
  Findings findings;
  for (std::size_t point = share.first; point <= share.last; point += share.step) {
    const Outcome outcome = attempt([&] { return fault(point); });
    const std::optional<StoppedCall> struck = outcome.fault->struck();
    if (!struck) {
      if (!outcome.error.empty()) note(findings, fmt::format("point {}, undisturbed", point), outcome);
      break;
    }
    ++findings.points;
    try {
      ++(judge(outcome) == Side::before ? findings.kept : findings.changed);
    } catch (const std::exception& error) {
      note(findings, fmt::format("point {}, at {}: {}", point, struck->text(), error.what()), outcome);
    }
  }
  return findings;
}

void Sweep::note(Findings& findings, const std::string& problem, const Outcome& outcome) {
  findings.problems.push_back(fmt::format("{}, {}\n  the caller got: {}\n  the agent said:\n{}", operation_.name,
                                          problem, outcome.error.empty() ? "success" : outcome.error,
                                          device_.has_agent() ? device_.agent().log() : std::string()));
  fmt::print(stderr, "{}\n", findings.problems.back());
}

Findings Sweep::kills(const Share& share) {
  return each_point(
      share, [](std::size_t point) { return std::make_shared<Kill>(point); },
      [this](const Outcome& outcome) { return judge_restarted(outcome); });
}

Findings Sweep::terminations(const Share& share) {
  return each_point(
      share, [](std::size_t point) { return std::make_shared<Terminate>(point); },
      [this](const Outcome& outcome) { return judge_terminated(outcome); });
}

Side Sweep::judge_terminated(const Outcome& outcome) {
  const int status = device_.agent().wait_for_end();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS)
    throw std::runtime_error(fmt::format("it ended with status {:#x}", status));
  if (const std::size_t left = device_.loaded_handles(); left != 0)
    throw std::runtime_error(fmt::format("it leaves {} handles in the TPM", left));
  return judge_restarted(outcome);
}

Side Sweep::judge_restarted(const Outcome& outcome) {
  require_whole_files(outcome);
  const tpm::Anchor chip = leaves_setup() ? device_.anchor() : tpm::Anchor{};
  device_.start();
  Client client(plant_);
  const View now = see(client);
  const Side found = side(now, outcome);
  if (leaves_setup()) require_flag_order(outcome, found, chip);
  require_next_change(client, now);
  require_whole_audit_log(device_);
  if (leaves_setup() && was_told_of_end(outcome)) require_closed_to_old_disk();
  return found;
}

// Of an agent that has ended.
void Sweep::require_whole_files(const Outcome& outcome) const {
  if (operation_.whole) require_whole(device_, *operation_.whole, before_, outcome.after);
  if (!operation_.secret.empty()) require_nowhere(device_, operation_.secret);
}

// The disk knows first that setup is over, then the chip, then the caller.
void Sweep::require_flag_order(const Outcome& outcome, Side found, const tpm::Anchor& chip) const {
  if (chip.configured && found == Side::before)
    throw Mixed("the chip says that setup is over, the disk that it is not");
  if (was_told_of_end(outcome) && !chip.configured) throw Mixed("the caller was told before the chip");
}

// A disk as it was before the operation, put in after its success was told.
void Sweep::require_closed_to_old_disk() {
  device_.kill_agent();
  device_.restore_disk(begin_->disk());
  device_.start();
  const View view = look(device_, Client(plant_).connection());
  if (view.at("setup State") != "setup-locked") throw Mixed("an older disk opens setup again");
}

Side Sweep::side(const View& view, const Outcome& outcome) const {
  const Side found = side_of(without_lost_tries(view, before_, outcome.after), before_, outcome.after);
  if (was_told(outcome) && found == Side::before) throw Mixed("the caller was told of success, and all is as before");
  return found;
}

void Sweep::require_next_change(Client& client, const View& now) {
  const bool there = now.contains(std::string(kApplication) + " Origin");
  client.renew(there ? kHttpsSlot : kBystanderSlot);
  (void)look(device_, client.connection());
}

Findings Sweep::power_cuts(const Share& share) {
  return each_point(
      share, [this](std::size_t point) { return std::make_shared<PowerCut>(point, device_.state()); },
      [this](const Outcome& outcome) { return judge_power_cut(outcome); });
}

Side Sweep::judge_power_cut(const Outcome& outcome) {
  const auto crashed = device_.save();
  const Platter& platter = dynamic_cast<const PowerCut&>(*outcome.fault).platter();
  const test::TemporaryDirectory after;
  platter.restore(after.path() / "all names", Platter::Names::all);
  platter.restore(after.path() / "synced names", Platter::Names::synced);
  Side found{};
  for (const char* disk : {"all names", "synced names"}) {
    device_.restore(*crashed);
    device_.cut_power_of_chip();
    device_.restore_disk(after.path() / disk);
    found = judge_restarted(outcome);
  }
  return found;
}

Findings Sweep::full_disks(const Share& share) {
  return each_point(
      share, [](std::size_t point) { return std::make_shared<DiskFull>(point); },
      [this](const Outcome& outcome) { return judge_running(outcome); });
}

Findings Sweep::sync_errors(const Share& share) {
  return each_point(
      share, [](std::size_t point) { return std::make_shared<SyncError>(point); },
      [this](const Outcome& outcome) { return judge_running(outcome); });
}

// What could not be published when the change was made is published with the next one.
Side Sweep::judge_running(const Outcome& outcome) {
  outcome.fault->end();
  if (!outcome.error.empty() && outcome.error != resource_unavailable)
    throw std::runtime_error("another error than ResourceUnavailable");
  if (!outcome.up) return judge_refusal(outcome);
  Client client(plant_);
  client.renew(kBystanderSlot);
  if (operation_.settle && !operation_.goes_on) device_.start();
  View view = see(client);
  keep_bystander(view);
  const Side found = side(view, outcome);
  if (!outcome.error.empty() && found == Side::after && !operation_.goes_on)
    throw Mixed("the caller was told of an error, and it is done");
  require_next_change(client, view);
  return found;
}

// Of an agent that did not start.
Side Sweep::judge_refusal(const Outcome& outcome) {
  const int status = device_.agent().wait_for_end();
  const std::string log = device_.agent().log();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_FAILURE || log.find("remedy") == std::string::npos)
    throw std::runtime_error(fmt::format("it ended with status {:#x} and said: {}", status, log));
  return judge_restarted(outcome);
}

void Sweep::keep_bystander(View& view) const {
  const auto is_of_bystander = [](const auto& entry) { return entry.first.starts_with(std::string(kBystander) + "/"); };
  std::erase_if(view, is_of_bystander);
  std::ranges::copy_if(before_, std::inserter(view, view.end()), is_of_bystander);
}

}  // namespace edgeseal::crash
