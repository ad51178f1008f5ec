#include "agent/adoption.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "agent/adopted_contents.h"
#include "agent/adopted_files.h"
#include "agent/directory_sweep.h"
#include "agent/error.h"
#include "policy/error.h"
#include "policy/file_facts.h"
#include "policy/path_explanation.h"

namespace edgeseal::agent {

namespace {

using policy::Finding;

dbus::DirectoryFinding shown(const Finding& finding, const std::string& action) {
  return {finding.path, finding.found, finding.wanted, action, finding.remedy};
}

bool is_below(const std::string& path, const std::string& directory) {
  return path == directory || path.starts_with(directory + "/");
}

policy::PathExplanation explain(const std::string& path, std::vector<uid_t> owners) {
  owners.insert(owners.begin(), ::geteuid());
  try {
    return policy::explain_path(path, owners);
  } catch (const policy::Error& error) {
    throw Error(Code::invalid_argument, error.what());
  }
}

Finding not_held(const std::string& path, const Error& cause) {
  return {policy::Fault::unreadable, path, std::string("not held now: ") + cause.what(), "held as the trust list says",
          ""};
}

dbus::TrustListContents shown(const TrustList& list) {
  return {.trusted_certificates = list.trusted_certificates,
          .trusted_crls = list.trusted_crls,
          .issuer_certificates = list.issuer_certificates,
          .issuer_crls = list.issuer_crls};
}

// What fails is found, tried once more and told by DirectoryGuard.
void try_to_write(const std::string& path, const AdoptedLayout& layout, const std::vector<PublishedFile>& files) {
  try {
    write_adopted(path, layout, files);
  } catch (const Error& error) {
    log(Level::warning, Event::audit, error.what());
  }
}

}  // namespace

Adoption::Adoption(State& state, BackgroundWorker& worker, const Audit& audit, World world)
    : state_(state), worker_(worker), audit_(audit), world_(std::move(world)) {
  for (const AdoptedRecord& record : state_.adopted()) put(record);
}

dbus::GroupName Adoption::group_of(const AdoptedRecord& record) {
  return {record.application, record.group};
}

std::vector<dbus::DirectoryFinding> Adoption::audit(const std::string& path) const {
  std::vector<dbus::DirectoryFinding> findings;
  if (!path.empty()) {
    for (const policy::PathComponent& component : explain(path, {}).components) {
      if (component.findings.empty()) findings.push_back({component.path, component.facts, "", "none", ""});
      for (const Finding& finding : component.findings) findings.push_back(shown(finding, "reported"));
    }
  }
  for (const DirectoryDrift& drift : world_.standing())
    if (path.empty() || is_below(drift.finding.path, path)) findings.push_back(shown(drift.finding, drift.action));
  for (const auto& [adopted, known] : known_)
    if (known.obstacle && (path.empty() || is_below(adopted, path)))
      findings.push_back(shown(*known.obstacle, "reported"));
  return findings;
}

dbus::AdoptionPlan Adoption::plan(const dbus::AdoptedDirectory& directory) {
  const AdoptedLayout layout = adopted_layout(directory.layout, directory.group.group);
  (void)world_.trust_list(directory.group);  // there is such a group
  AdoptedContents contents = read_adopted(directory.path, layout, world_.max_trust_list_size);
  const auto obstacle = unwritable(directory.path, layout);
  dbus::AdoptionPlan plan{directory, shown(contents.list), std::move(contents.ignored), {}};
  plan.directory.enforced = !obstacle;
  const auto explanation = explain(directory.path, world_.accounts(directory.group.application));
  for (const Finding& finding : explanation.findings()) plan.findings.push_back(shown(finding, "reported"));
  if (obstacle) plan.findings.push_back(shown(*obstacle, "reported"));
  return plan;
}

void Adoption::require_new(const dbus::AdoptedDirectory& directory) const {
  const std::string& path = directory.path;
  if (known_.contains(path)) throw Error(Code::entry_exists, path + " is adopted already; remedy: release it first");
  if (path.ends_with('/') || path.find("//") != std::string::npos || policy::printable(path) != path)
    throw Error(Code::invalid_argument,
                policy::printable(path) +
                    " is not written plainly: without a slash at its end, two slashes in a row, "
                    "control characters");
  if (is_below(path, world_.publication) || is_below(world_.publication, path))
    throw Error(Code::invalid_argument, path + ": what the agent publishes is held without being adopted");
  for (const auto& [other, unused] : known_)
    if (is_below(path, other) || is_below(other, path))
      throw Error(Code::invalid_argument,
                  fmt::format("{} and {}, which is adopted, are within each other", path, other));
}

void Adoption::adopt(const dbus::Caller& caller, const dbus::AdoptedDirectory& directory, bool import,
                     Answer<std::monostate> answer) {
  require_new(directory);
  const AdoptedLayout layout = adopted_layout(directory.layout, directory.group.group);
  (void)world_.trust_list(directory.group);
  if (!import) {
    (void)open_adopted(directory.path);
    take_over(caller, directory);
    return answer(std::monostate{});
  }
  AdoptedContents contents = read_adopted(directory.path, layout, world_.max_trust_list_size);
  world_.import(caller, directory.group, std::move(contents.list),
                [this, caller, directory, answer = std::move(answer),
                 alive = std::weak_ptr(alive_)](std::variant<std::monostate, Error> outcome) {
                  proceed(answer, outcome, [&](std::monostate) {
                    if (alive.expired()) return;
                    require_new(directory);
                    take_over(caller, directory);
                    answer(std::monostate{});
                  });
                });
}

void Adoption::take_over(const dbus::Caller& caller, const dbus::AdoptedDirectory& directory) {
  const AdoptedRecord record{directory.path, directory.group.application, directory.group.group, directory.layout};
  state_.put_adopted(record);
  const Known& known = put(record);
  write(record.path);
  audit_.record(Level::notice, "directory-adopted",
                fmt::format("{} holds the trust list of {}/{} from now on, {}", record.path, record.application,
                            record.group, known.obstacle ? "audited only" : "enforced"),
                {{"path", record.path},
                 {"application", record.application},
                 {"group", record.group},
                 {"layout", record.layout},
                 {"enforced", known.obstacle ? "false" : "true"},
                 {"remedy", known.obstacle ? known.obstacle->remedy : ""},
                 {"caller", std::to_string(caller.uid)}});
  world_.changed();
}

void Adoption::release(const dbus::Caller& caller, const std::string& path) {
  const auto known = known_.find(path);
  if (known == known_.end()) throw Error(Code::not_found, policy::printable(path) + " is not adopted");
  state_.remove_adopted(path);
  const AdoptedRecord record = known->second.record;
  known_.erase(known);
  audit_.record(Level::notice, "directory-released", path + " is the program's own again",
                {{"path", path},
                 {"application", record.application},
                 {"group", record.group},
                 {"caller", std::to_string(caller.uid)}});
  world_.changed();
}

std::vector<dbus::AdoptedDirectory> Adoption::adopted() const {
  std::vector<dbus::AdoptedDirectory> all;
  for (const auto& [path, known] : known_)
    all.push_back({path, group_of(known.record), known.record.layout, !known.obstacle});
  return all;
}

Adoption::Known& Adoption::put(const AdoptedRecord& record) {
  Known& known = known_[record.path];
  known.record = record;
  known.layout = adopted_layout(record.layout, record.group);
  return known;
}

void Adoption::trust_list_changed(const dbus::GroupName& group) {
  for (auto& [path, known] : known_)
    if (known.record.application == group.application && known.record.group == group.group) write(path);
}

void Adoption::refresh() {
  for (auto& [path, known] : known_) write(path);
}

void Adoption::forget(const std::string& application) {
  const auto gone = [&](const auto& entry) { return entry.second.record.application == application; };
  if (std::erase_if(known_, gone) > 0) world_.changed();
}

// Until it is written, it isn't guarded: what it holds is neither the old nor the new.
void Adoption::write(const std::string& path) {
  Known& known = known_.at(path);
  known.rules.reset();
  known.generation = ++generations_;
  try {
    known.obstacle = unwritable(path, known.layout);
    known.accounts = world_.accounts(known.record.application);
    const auto make = [record = known.record, layout = known.layout, list = world_.trust_list(group_of(known.record)),
                       accounts = known.accounts, enforced = !known.obstacle] {
      const auto files =
          std::make_shared<const std::vector<PublishedFile>>(adopted_files(record.layout, record.group, list));
      if (enforced) try_to_write(record.path, layout, *files);
      return Written{files, std::make_shared<const policy::DirectoryRules>(adopted_rules(layout, *files, accounts))};
    };
    worker_.submit<Written>(make, [this, path, generation = known.generation,
                                   alive = std::weak_ptr(alive_)](std::variant<Written, Error> outcome) {
      if (!alive.expired()) written(path, generation, std::move(outcome));
    });
  } catch (const Error& error) {
    known.obstacle = not_held(path, error);
    log(Level::warning, Event::audit, fmt::format("adopted directory {} is not held now: {}", path, error.what()));
  }
}

void Adoption::written(const std::string& path, std::uint64_t generation, std::variant<Written, Error> outcome) {
  const auto found = known_.find(path);
  if (found == known_.end() || found->second.generation != generation) return;
  Known& known = found->second;
  if (auto* made = std::get_if<Written>(&outcome)) {
    known.files = std::move(made->files);
    known.rules = std::move(made->rules);
  } else {
    log(Level::error, Event::audit, std::get<Error>(outcome).what());
  }
  world_.changed();
}

std::vector<GuardedDirectory> Adoption::directories() const {
  using Means = GuardedDirectory::Means;
  std::vector<GuardedDirectory> all;
  for (const auto& [path, known] : known_)
    if (known.rules)
      all.push_back({path, known.record.application, known.record.group, known.rules,
                     known.obstacle ? Means::report : Means::restore, true, known.accounts});
  return all;
}

void Adoption::restore(const GuardedDirectory& directory, Answer<std::monostate> answer) {
  const auto found = known_.find(directory.path);
  if (found == known_.end() || !found->second.files)
    return answer(Error(Code::invalid_state, directory.path + " is not adopted"));
  const auto write = [path = directory.path, layout = found->second.layout, files = found->second.files] {
    write_adopted(path, layout, *files);
    return std::monostate{};
  };
  try {
    worker_.submit<std::monostate>(write, answer);
  } catch (const Error& error) {
    answer(error);
  }
}

}  // namespace edgeseal::agent
