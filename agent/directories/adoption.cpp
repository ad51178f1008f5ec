#include "agent/directories/adoption.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "agent/certificates/transactions.h"
#include "agent/directories/adopted_contents.h"
#include "agent/directories/adopted_files.h"
#include "agent/directories/directory_sweep.h"
#include "agent/error.h"
#include "agent/group_name.h"
#include "policy/error.h"
#include "policy/file_facts.h"
#include "policy/path_explanation.h"

namespace edgeseal::agent {

namespace {

const Audit::Fields by_configuration{{"origin", "configuration"}};

dbus::DirectoryFinding shown(const policy::Finding& finding, const std::string& action) {
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

policy::Finding not_held(const std::string& path, const Error& cause) {
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
    log(Level::warning, Event::directory_unguarded, error.what());
  }
}

dbus::AdoptionPlan planned(const dbus::AdoptedDirectory& directory, const AdoptedLayout& layout,
                           const std::vector<uid_t>& accounts, std::size_t max_size) {
  AdoptedContents contents = read_adopted(directory.path, layout, max_size);
  const auto obstacle = unwritable(directory.path, layout);
  dbus::AdoptionPlan plan{directory, shown(contents.list), std::move(contents.ignored), {}};
  plan.directory.enforced = !obstacle;
  const auto explanation = explain(directory.path, accounts);
  for (const policy::Finding& finding : explanation.findings()) plan.findings.push_back(shown(finding, "reported"));
  if (obstacle) plan.findings.push_back(shown(*obstacle, "reported"));
  return plan;
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
      for (const policy::Finding& finding : component.findings) findings.push_back(shown(finding, "reported"));
    }
  }
  for (const DirectoryDrift& drift : world_.standing())
    if (path.empty() || is_below(drift.finding.path, path)) findings.push_back(shown(drift.finding, drift.action));
  for (const auto& [adopted, known] : known_)
    if (known.obstacle && (path.empty() || is_below(adopted, path)))
      findings.push_back(shown(*known.obstacle, "reported"));
  return findings;
}

void Adoption::plan(const dbus::AdoptedDirectory& directory, Answer<dbus::AdoptionPlan> answer) {
  const AdoptedLayout layout = adopted_layout(directory.layout, directory.group.group);
  (void)world_.trust_list(directory.group);  // there is such a group
  worker_.submit<dbus::AdoptionPlan>(
      [directory, layout, accounts = world_.accounts(directory.group.application),
       max_size = world_.max_trust_list_size] { return planned(directory, layout, accounts, max_size); },
      std::move(answer));
}

void Adoption::require_new(const std::string& path, const std::vector<std::string>& released) const {
  const auto stays = [&](const std::string& other) { return std::ranges::find(released, other) == released.end(); };
  if (known_.contains(path) && stays(path))
    throw Error(Code::entry_exists, path + " is adopted already; remedy: release it first");
  if (path.ends_with('/') || path.find("//") != std::string::npos || policy::printable(path) != path)
    throw Error(Code::invalid_argument,
                policy::printable(path) +
                    " is not written plainly: without a slash at its end, two slashes in a row, "
                    "control characters");
  if (is_below(path, world_.publication) || is_below(world_.publication, path))
    throw Error(Code::invalid_argument, path + ": what the agent publishes is held without being adopted");
  for (const auto& [other, unused] : known_)
    if (stays(other) && (is_below(path, other) || is_below(other, path)))
      throw Error(Code::invalid_argument,
                  fmt::format("{} and {}, which is adopted, are within each other", path, other));
}

void Adoption::adopt(const dbus::Caller& caller, const dbus::AdoptedDirectory& directory, bool import,
                     Answer<std::monostate> answer) {
  require_new(directory.path);
  const AdoptedLayout layout = adopted_layout(directory.layout, directory.group.group);
  (void)world_.trust_list(directory.group);
  if (!import) {
    (void)open_adopted(directory.path);
    take_over(fields_of(owner_of(caller)), stored(directory));
    return answer(std::monostate{});
  }
  worker_.submit<AdoptedContents>(
      [path = directory.path, layout, max_size = world_.max_trust_list_size] {
        return read_adopted(path, layout, max_size);
      },
      [this, caller, directory, answer = std::move(answer),
       alive = std::weak_ptr(alive_)](std::variant<AdoptedContents, Error> outcome) {
        proceed(answer, outcome, [&](AdoptedContents& contents) {
          if (!alive.expired()) import_and_adopt(caller, directory, std::move(contents.list), answer);
        });
      });
}

void Adoption::import_and_adopt(const dbus::Caller& caller, const dbus::AdoptedDirectory& directory, TrustList list,
                                const Answer<std::monostate>& answer) {
  world_.import(
      caller, directory.group, std::move(list),
      [this, caller, directory, answer, alive = std::weak_ptr(alive_)](std::variant<std::monostate, Error> outcome) {
        proceed(answer, outcome, [&](std::monostate) {
          if (alive.expired()) return;
          require_new(directory.path);
          take_over(fields_of(owner_of(caller)), stored(directory));
          answer(std::monostate{});
        });
      });
}

AdoptedRecord Adoption::stored(const dbus::AdoptedDirectory& directory) {
  AdoptedRecord record{directory.path, directory.group.application, directory.group.group, directory.layout};
  state_.put_adopted(record);
  return record;
}

void Adoption::take_over(const Audit::Fields& by, const AdoptedRecord& record) {
  const Known& known = put(record);
  write(record.path);
  Audit::Fields fields(by);
  fields.insert({{"path", record.path},
                 {"application", record.application},
                 {"group", record.group},
                 {"layout", record.layout},
                 {"enforced", known.obstacle ? "false" : "true"},
                 {"remedy", known.obstacle ? known.obstacle->remedy : ""}});
  audit_.record(Level::notice, "directory-adopted",
                fmt::format("{} holds the trust list of {} from now on, {}", record.path, name_of(group_of(record)),
                            known.obstacle ? "audited only" : "enforced"),
                fields);
  world_.changed();
}

void Adoption::release(const dbus::Caller& caller, const std::string& path) {
  if (!known_.contains(path)) throw Error(Code::not_found, policy::printable(path) + " is not adopted");
  state_.remove_adopted(path);
  give_back(fields_of(owner_of(caller)), path);
}

void Adoption::give_back(const Audit::Fields& by, const std::string& path) {
  const auto known = known_.find(path);
  const AdoptedRecord record = known->second.record;
  known_.erase(known);
  Audit::Fields fields(by);
  fields.insert({{"path", path}, {"application", record.application}, {"group", record.group}});
  audit_.record(Level::notice, "directory-released", path + " is the program's own again", fields);
  world_.changed();
}

void Adoption::require_adoptable(const AdoptedRecord& directory, const std::vector<std::string>& released) const {
  const auto known = known_.find(directory.path);
  if (known != known_.end() && known->second.record == directory) return;
  require_new(directory.path, released);
  (void)adopted_layout(directory.layout, directory.group);
  (void)open_adopted(directory.path);
}

void Adoption::adopt_declared(const AdoptedRecord& directory) {
  if (!has(directory.path)) take_over(by_configuration, directory);
}

void Adoption::release_declared(const std::string& path) {
  if (has(path)) give_back(by_configuration, path);
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
    if (group_of(known.record) == group) write(path);
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
    log(Level::warning, Event::directory_unguarded,
        fmt::format("adopted directory {} is not held now: {}", path, error.what()));
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
    log(Level::error, Event::directory_unguarded, std::get<Error>(outcome).what());
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
  proceed(answer, [&] { worker_.submit<std::monostate>(write, answer); });
}

}  // namespace edgeseal::agent
