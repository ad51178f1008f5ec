#include "agent/bus_ports.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/description.h"
#include "agent/journal.h"
#include "policy/accounts.h"
#include "policy/error.h"

namespace edgeseal::agent {

namespace {

dbus::CallError call_error(const Error& error) {
  return {std::string(bus_name(error.code())), error.what()};
}

template <class Function>
auto translated(const Function& function) {
  try {
    return function();
  } catch (const Error& error) {
    throw call_error(error);
  }
}

template <class Result>
Answer<Result> to_answer(dbus::Completion<Result> done) {
  return [done = std::move(done)](std::variant<Result, Error> outcome) {
    if (const auto* error = std::get_if<Error>(&outcome))
      done(call_error(*error));
    else
      done(std::get<Result>(std::move(outcome)));
  };
}

dbus::ApplicationInfo to_info(const ApplicationRecord& record) {
  dbus::ApplicationInfo info{record.name, record.application_uri, record.account, record.access, {}, record.origin};
  for (const SlotDeclaration& slot : record.slots)
    if (std::ranges::find(info.groups, slot.group) == info.groups.end()) info.groups.push_back(slot.group);
  return info;
}

}  // namespace

std::string BusPorts::version() const {
  return EDGESEAL_VERSION;
}

dbus::TpmStatus BusPorts::tpm_status() const {
  const TpmState& state = worker_.state();
  return {std::string(health_name(state.health)), state.detail, tpm_facts(state.facts)};
}

std::string BusPorts::setup_state() const {
  return translated([&] { return std::string(setup_state_name(state_)); });
}

std::string BusPorts::describe() const {
  return translated([&] { return describe_agent(state_, applications_, worker_.state()); });
}

std::vector<dbus::ApplicationInfo> BusPorts::applications() const {
  return translated([&] {
    std::vector<dbus::ApplicationInfo> infos;
    for (const ApplicationRecord& record : applications_.list()) infos.push_back(to_info(record));
    return infos;
  });
}

void BusPorts::create_application(const dbus::Caller&, const dbus::NewApplication& application) {
  translated([&] {
    ApplicationRecord record{
        application.name, application.application_uri, application.account, application.access, {}, "bus"};
    for (const std::string& slot : application.slots) record.slots.push_back(SlotDeclaration::parse(slot));
    observer_.application_added(to_info(applications_.create(std::move(record))));
  });
}

void BusPorts::delete_application(const dbus::Caller&, const std::string& name) {
  translated([&] {
    groups_.require_idle(name);
    applications_.remove(name);
    groups_.forget(name);
    observer_.application_removed(name);
  });
}

dbus::GroupInfo BusPorts::group_info(const dbus::GroupName& group) const {
  return translated([&] { return groups_.info(group); });
}

void BusPorts::create_signing_request(const dbus::Caller& caller, const dbus::GroupName& group,
                                      const std::string& certificate_type, const dbus::SigningRequestOptions& options,
                                      dbus::Completion<dbus::Bytes> done) {
  translated([&] {
    groups_.create_signing_request(caller.bus_name, group, certificate_type, options, to_answer(std::move(done)));
  });
}

bool BusPorts::update_certificate(const dbus::Caller& caller, const dbus::GroupName& group,
                                  const dbus::SlotCertificate& certificate) {
  translated([&] { groups_.update(caller.bus_name, group, certificate); });
  return true;
}

void BusPorts::apply_changes(const dbus::Caller& caller, const dbus::GroupName& group,
                             dbus::Completion<std::monostate> done) {
  translated([&] { groups_.apply(caller.bus_name, group, to_answer(std::move(done))); });
}

void BusPorts::cancel_changes(const dbus::Caller& caller, const dbus::GroupName& group) {
  translated([&] { groups_.cancel(caller.bus_name, group); });
}

std::vector<dbus::SlotCertificate> BusPorts::certificates(const dbus::GroupName& group) const {
  return translated([&] { return groups_.certificates(group); });
}

void BusPorts::owner_vanished(const std::string& bus_name) {
  groups_.owner_vanished(bus_name);
}

void BusPorts::record(const dbus::AuditRecord& record) {
  const std::string outcome = record.success ? "allowed and done" : "refused: " + record.error;
  log(record.success ? Level::info : Level::warning, Event::call_decided,
      fmt::format("{} on {} by uid {}: {}", record.member, record.object_path, record.caller.uid, outcome),
      {{"MEMBER", record.member},
       {"OBJECT", record.object_path},
       {"CALLER", record.caller.bus_name},
       {"CALLER_UID", std::to_string(record.caller.uid)},
       {"CALLER_PID", std::to_string(record.caller.pid)},
       {"RESULT", record.success ? "success" : record.error}});
}

void BusPorts::internal_error(const std::string& where, const std::string& what) {
  log(Level::error, Event::internal_error, fmt::format("{}: {}", where, what), {{"MEMBER", where}});
}

std::optional<uid_t> BusPorts::account_of(const std::string& application) const {
  return translated([&]() -> std::optional<uid_t> {
    const auto record = state_.application(application);
    if (!record || record->account.empty()) return std::nullopt;
    try {
      return policy::find_user(record->account);
    } catch (const policy::Error& error) {
      throw Error(Code::internal_error, error.what());
    }
  });
}

}  // namespace edgeseal::agent
