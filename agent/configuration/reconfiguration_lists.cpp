#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "agent/configuration/reconfiguration.h"
#include "agent/group_name.h"
#include "agent/journal.h"

// The part of Reconfiguration that puts declared trust lists into force.
namespace edgeseal::agent {

namespace {

std::vector<std::vector<DeclaredTrustList>> by_application(const std::vector<DeclaredTrustList>& lists) {
  std::map<std::string, std::vector<DeclaredTrustList>> grouped;
  for (const DeclaredTrustList& list : lists) grouped[list.group.application].push_back(list);
  std::vector<std::vector<DeclaredTrustList>> all;
  for (auto& [application, its] : grouped) all.push_back(std::move(its));
  return all;
}

std::string name_in_sentences(const DeclaredTrustList& declared) {
  return (declared.has_options() ? "use of trust list " : "trust list ") + name_of(declared.group);
}

}  // namespace

// Which of many files is in the way.
Error Reconfiguration::about(const std::vector<DeclaredTrustList>& lists, const Error& error) {
  std::vector<std::string> names;
  for (const DeclaredTrustList& declared : lists) names.push_back(name_in_sentences(declared));
  return {error.code(), fmt::format("the declared {}: {}", fmt::join(names, ", "), error.what()), error.retry_after()};
}

void Reconfiguration::put_all_lists(const RunPtr& run, const std::vector<DeclaredTrustList>& lists) {
  run->lists = by_application(lists);
  put_next_lists(run);
}

void Reconfiguration::put_next_lists(const RunPtr& run) {
  if (run->lists.empty()) return finish(run);
  const std::vector<DeclaredTrustList> lists = std::move(run->lists.back());
  run->lists.pop_back();
  put_lists(lists, [this, run, lists](const std::variant<std::monostate, Error>& outcome) {
    if (const auto* error = std::get_if<Error>(&outcome)) {
      if (run->after_failure == AfterFailure::end) return fail(run, about(lists, *error));
      leave_out(*run, lists, *error);
    }
    put_next_lists(run);
  });
}

void Reconfiguration::leave_out(Run& run, const std::vector<DeclaredTrustList>& lists, const Error& error) {
  for (const DeclaredTrustList& declared : lists) {
    const std::string name = name_of(declared.group);
    log(Level::error, Event::configuration_not_in_force,
        fmt::format("the declared {} is not in force: {}", name_in_sentences(declared), error.what()),
        {{"APPLICATION", declared.group.application}});
    std::erase_if(run.difference.changes, [&](const dbus::ConfigurationChange& change) { return change.name == name; });
  }
}

// It counts as put into force when it is, so that one that failed is due again.
void Reconfiguration::put_lists(const std::vector<DeclaredTrustList>& lists, Answer<std::monostate> answer) {
  const std::string application = lists.front().group.application;
  try {
    for (const DeclaredTrustList& declared : lists) {
      if (declared.has_options())
        services_.changes.set_options(owner_, declared.group, declared.options);
      else
        services_.changes.replace(owner_, declared.group, declared.list);
    }
    services_.groups.apply(owner_, application, {}, [this, lists, answer](std::variant<std::monostate, Error> outcome) {
      proceed(answer, outcome, [&](std::monostate) {
        DeclaredRecord record = read_declared(services_.state);
        for (const DeclaredTrustList& list : lists) record.trust_lists[name_of(list)] = digest_of(list);
        write_declared(services_.state, record);
        answer(std::monostate{});
      });
    });
  } catch (const Error& error) {
    services_.groups.withdraw(owner_, application);
    answer(error);
  }
}

std::vector<DeclaredTrustList> Reconfiguration::first_lists() {
  if (!services_.setup.knows_disk() || services_.setup.state() != SetupState::setup_open) return {};
  const DeclaredRecord known = declared_record();
  std::vector<DeclaredTrustList> first;
  for (const DeclaredTrustList& declared : declared_.trust_lists)
    if (!known.trust_lists.contains(name_of(declared)) && !services_.lists.has_list(declared.group) &&
        services_.state.application(declared.group.application))
      first.push_back(declared);
  return first;
}

void Reconfiguration::look() {
  if (tpm_has_spoken()) {
    for (Request& request : std::exchange(undecided_, {})) waiting_.push_back(std::move(request));
    take_turns();
  }
  if (declared_.trust_lists.empty() || !run_.expired()) return;
  try {
    const std::vector<DeclaredTrustList> lists = first_lists();
    if (lists.empty()) return;
    ConfigurationDifference found;
    for (const DeclaredTrustList& list : lists)
      found.changes.push_back({list.has_options() ? "trust-options" : "trust-list", name_of(list.group), "added", ""});
    const auto run = std::make_shared<Run>(Run{{}, std::move(found), [](const auto&) {}, AfterFailure::go_on});
    run_ = run;
    put_all_lists(run, lists);
  } catch (const Error& error) {
    log(Level::debug, Event::configuration_not_in_force, fmt::format("declared trust lists wait: {}", error.what()));
  }
}

}  // namespace edgeseal::agent
