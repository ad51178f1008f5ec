#pragma once

// The services behind the bus, in memory: what edgeseal::dbus is tested against. One thread.

#include <algorithm>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dbus/ports.h"

namespace edgeseal::dbus::fake {

inline Bytes bytes(const std::string& text) {
  Bytes result(text.size());
  std::ranges::transform(text, result.begin(), [](char c) { return static_cast<std::byte>(c); });
  return result;
}

// Makes a port throw: the next call of it fails with this.
class Fault {
 public:
  template <class E>
  void set(E error) {
    error_ = std::make_exception_ptr(std::move(error));
  }
  void strike() {
    if (auto error = std::exchange(error_, nullptr)) std::rethrow_exception(error);
  }

 private:
  std::exception_ptr error_;
};

class FakeAgent final : public AgentPort {
 public:
  std::function<void(const ApplicationInfo&)> on_created = [](const auto&) {};
  std::function<void(const std::string&)> on_deleted = [](const auto&) {};
  mutable Fault fault;
  TpmStatus tpm{"ready", "", {{"manufacturer", "SW"}, {"revision", "1.64"}}};
  std::string state = "setup-open";
  std::optional<NewApplication> last_created;
  Caller last_caller;

  std::string version() const override { return "1.2.3"; }
  TpmStatus tpm_status() const override {
    fault.strike();
    return tpm;
  }
  std::string setup_state() const override { return state; }
  std::string describe() const override {
    fault.strike();
    return R"({"version":"1.2.3","applications":[]})";
  }

  std::vector<ApplicationInfo> applications() const override {
    std::vector<ApplicationInfo> all;
    for (const auto& [name, info] : applications_) all.push_back(info);
    return all;
  }

  void create_application(const Caller& caller, const NewApplication& application) override {
    fault.strike();
    if (applications_.contains(application.name)) {
      throw CallError("EntryExists", "there is an application " + application.name);
    }
    last_caller = caller;
    last_created = application;
    add({application.name, application.application_uri, application.account, application.access, groups_of(application),
         "bus"});
    on_created(applications_.at(application.name));
  }

  void delete_application(const Caller& caller, const std::string& name) override {
    fault.strike();
    last_caller = caller;
    if (applications_.erase(name) == 0) throw CallError("NotFound", "there is no application " + name);
    on_deleted(name);
  }

  void add(const ApplicationInfo& info) { applications_[info.name] = info; }

 private:
  static std::vector<std::string> groups_of(const NewApplication& application) {
    std::set<std::string> groups;
    for (const auto& slot : application.slots) groups.insert(slot.substr(0, slot.find('/')));
    if (groups.empty()) groups.insert("https");
    return {groups.begin(), groups.end()};
  }

  std::map<std::string, ApplicationInfo> applications_;
};

class FakeCertificateGroups final : public CertificateGroupPort {
 public:
  mutable Fault fault;
  bool hold = false;  // answers wait for release()
  std::vector<std::function<void()>> held;
  std::string owner;  // of the transaction
  std::vector<SlotCertificate> staged;
  std::vector<SlotCertificate> active;
  std::optional<SigningRequestOptions> last_request;
  std::vector<std::string> vanished;

  GroupInfo group_info(const GroupName& group) const override {
    fault.strike();
    return {{group.group}, "/pki/" + group.application + "/" + group.group, !owner.empty()};
  }

  void create_signing_request(const Caller&, const GroupName&, const std::string& type,
                              const SigningRequestOptions& options, Completion<Bytes> done) override {
    fault.strike();
    last_request = options;
    if (type == "no-such-type") return done(CallError("InvalidArgument", "the group has no certificate type " + type));
    answer([done = std::move(done), type] { done(bytes("request for " + type)); });
  }

  bool update_certificate(const Caller& caller, const GroupName&, const SlotCertificate& certificate) override {
    fault.strike();
    if (!owner.empty() && owner != caller.bus_name)
      throw CallError("TransactionPending", "another caller changes this");
    owner = caller.bus_name;
    staged.push_back(certificate);
    return true;
  }

  void apply_changes(const Caller& caller, const GroupName&, Completion<std::monostate> done) override {
    check_owner(caller);
    answer([this, done = std::move(done)] {
      active = std::exchange(staged, {});
      owner.clear();
      done(std::monostate());
    });
  }

  void cancel_changes(const Caller& caller, const GroupName&) override {
    check_owner(caller);
    staged.clear();
    owner.clear();
  }

  std::vector<SlotCertificate> certificates(const GroupName&) const override { return active; }

  void owner_vanished(const std::string& bus_name) override {
    vanished.push_back(bus_name);
    if (owner != bus_name) return;
    staged.clear();
    owner.clear();
  }

  void release() {
    for (const auto& answer : std::exchange(held, {})) answer();
  }

 private:
  void check_owner(const Caller& caller) const {
    if (owner.empty()) throw CallError("NothingToDo", "there is no transaction");
    if (owner != caller.bus_name) throw CallError("UserAccessDenied", "the transaction is another caller's");
  }

  void answer(std::function<void()> now) {
    if (hold) {
      held.push_back(std::move(now));
    } else {
      now();
    }
  }
};

class FakeAudit final : public AuditPort {
 public:
  std::vector<AuditRecord> records;
  std::vector<std::string> internal_errors;
  std::map<std::string, uid_t> accounts;
  bool broken = false;
  bool accounts_broken = false;

  void record(const AuditRecord& record) override {
    if (broken) throw std::runtime_error("the journal is gone");
    records.push_back(record);
  }
  void internal_error(const std::string& where, const std::string& what) override {
    internal_errors.push_back(where + ": " + what);
  }
  std::optional<uid_t> account_of(const std::string& application) const override {
    if (accounts_broken) throw std::runtime_error("the account database is gone");
    const auto found = accounts.find(application);
    if (found == accounts.end()) return std::nullopt;
    return found->second;
  }
};

struct Ports {
  FakeAgent agent;
  FakeCertificateGroups groups;
  FakeAudit audit;
};

}  // namespace edgeseal::dbus::fake
