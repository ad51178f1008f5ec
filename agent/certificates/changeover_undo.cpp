#include <fmt/format.h>

#include <algorithm>

#include "agent/by_itself.h"
#include "agent/certificates/changeover.h"
#include "agent/failure.h"
#include "agent/journal.h"

// The part of Changeover that takes back what was in force: what nobody confirmed, and all of an application.
namespace edgeseal::agent {

namespace {

constexpr std::chrono::minutes retry_pause{1};

AppliedChanges whole(const ApplicationRecord& application) {
  return {application.name, group_names(application), group_names(application)};
}

}  // namespace

void Changeover::require_unconfirmed(const std::string& application) const {
  if (!services_.state.is_unconfirmed(application))
    throw Error(Code::nothing_to_do, fmt::format("no changes of application {} wait to be confirmed", application));
}

void Changeover::undo(const std::string& application) {
  require_unconfirmed(application);
  roll_back(application);
  arm();
}

void Changeover::confirm(const std::string& application, std::function<void()> done) {
  require_unconfirmed(application);
  const auto before = services_.state.keys_of(application);
  const SetupFlag setup_before = services_.state.setup_flag();
  services_.state.confirm(application);
  services_.transactions.set_unconfirmed(application, false);
  reload(before);
  arm();
  tell_setup(setup_before, {});
  log(Level::notice, Event::changes_confirmed, fmt::format("the changes of application {} are confirmed", application),
      {{"APPLICATION", application}});
  services_.anchor.advance([done = std::move(done)] { by_itself(aftermath, done); });  // no disk of before undoes them
}

void Changeover::reset(const std::string& application, std::function<void()> done) {
  AppliedChanges changes = whole(services_.applications.get(application));
  changes.restart_required = true;
  const SetupFlag setup_before = services_.state.setup_flag();
  const auto before = services_.state.keys_of(application);
  services_.state.reset(application);
  by_itself(aftermath, [&] { services_.transactions.drop(application); });
  forget(changes, before);
  arm();
  housekeeping_.run();
  tell_setup(setup_before, {});
  services_.anchor.advance([this, changes, done = std::move(done)] {
    by_itself(aftermath, done);
    tell_applied(changes);
  });
}

void Changeover::reset_all(std::function<void()> done) {
  std::vector<std::pair<AppliedChanges, std::vector<KeyId>>> all;
  for (const ApplicationRecord& application : services_.applications.list()) {
    all.emplace_back(whole(application), services_.state.keys_of(application.name));
    all.back().first.restart_required = true;
  }
  services_.state.reset_all();
  for (const auto& [changes, before] : all) {
    services_.transactions.forget(changes.application);
    forget(changes, before);
  }
  arm();
  housekeeping_.run();
  services_.anchor.advance([this, all, done = std::move(done)] {
    by_itself(aftermath, [&] { observer_.setup_changed({}); });
    by_itself(aftermath, done);
    for (const auto& [changes, before] : all) tell_applied(changes);
  });
}

// Its unconfirmed changes may have ended setup for now.
void Changeover::remove(const std::string& application) {
  const SetupFlag setup_before = services_.state.setup_flag();
  const std::uint64_t generation_before = services_.state.generation();
  services_.applications.remove(application);
  services_.transactions.forget(application);
  by_itself(aftermath, [&] { services_.lists.forget(application); });
  arm();
  tell_setup(setup_before, {});
  if (services_.state.generation() != generation_before) services_.anchor.advance([] {});
}

void Changeover::forget(const AppliedChanges& changes, const std::vector<KeyId>& before) {
  services_.transactions.set_unconfirmed(changes.application, false);
  by_itself(aftermath, [&] { services_.lists.forget(changes.application); });
  reload(before);
  tell(changes);
}

void Changeover::arm() {
  timer_.set_time(loop_.now() + retry_pause);  // whatever fails below
  by_itself(aftermath, [&] {
    const auto unconfirmed = services_.state.unconfirmed();
    if (unconfirmed.empty()) return timer_.disable();
    const auto first = std::ranges::min(unconfirmed, {}, &UnconfirmedRecord::confirm_by).confirm_by;
    const auto left = std::chrono::ceil<std::chrono::seconds>(first - services_.retired.now());
    timer_.set_time(loop_.now() + std::max(left, std::chrono::seconds(0)));
  });
}

// One that can't be undone keeps no other in force.
void Changeover::expire() {
  bool undone = true;
  const auto attempt_to = [&](const auto& step) {
    try {
      step();
    } catch (const Error& error) {
      undone = false;
      log_failure(Level::error, "unconfirmed changes could not be undone, which is tried again", error);
    }
  };
  attempt_to([&] {
    for (const UnconfirmedRecord& record : services_.state.unconfirmed())
      if (record.confirm_by <= services_.retired.now()) attempt_to([&] { roll_back(record.application); });
  });
  if (undone) return arm();
  timer_.set_time(loop_.now() + retry_pause);
}

void Changeover::roll_back(const std::string& application) {
  AppliedChanges changes = whole(services_.applications.get(application));
  changes.rolled_back = true;
  const auto before = services_.state.keys_of(application);
  const SetupFlag setup_before = services_.state.setup_flag();
  services_.state.roll_back(application, services_.retired.now());
  services_.transactions.set_unconfirmed(application, false);
  by_itself(aftermath, [&] { services_.lists.forget(application); });
  reload(before);
  by_itself(aftermath, [&] { audit_.rolled_back(application); });
  housekeeping_.run();
  tell(changes);
  tell_setup(setup_before, {});
  services_.anchor.advance([this, changes] { tell_applied(changes); });
}

}  // namespace edgeseal::agent
