#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/port_fault.h"

namespace edgeseal::dbus::fake {

class FakeAgent final : public AgentPort {
 public:
  std::function<void(const ApplicationInfo&)> on_created = [](const auto&) {};
  std::function<void(const std::string&)> on_deleted = [](const auto&) {};
  std::function<void(const std::string&, const std::vector<std::string>&)> on_access = [](const auto&, const auto&) {};
  mutable Fault fault;
  TpmStatus tpm{"ready", "", {{"manufacturer", "SW"}, {"revision", "1.64"}}};
  std::string description = R"({"version":"1.2.3","applications":[]})";
  mutable std::deque<std::string> earlier_descriptions;  // each of them once, before that
  std::optional<NewApplication> last_created;
  Caller last_caller;
  std::vector<ManufacturerKeyInfo> keys;
  struct Activation {
    std::string endorsement_key;
    Bytes credential, encrypted_secret;
  };
  std::optional<Activation> last_activation;
  PcrValues pcr_values = values_of_now();
  mutable PcrValues last_prepared;
  struct Approval {
    PcrValues values;
    Bytes signature;
  };
  std::optional<Approval> last_approval;
  std::optional<PcrValues> last_resealed;

  std::string version() const override { return "1.2.3"; }
  TpmStatus tpm_status() const override {
    fault.strike();
    return tpm;
  }
  std::string describe() const override {
    fault.strike();
    if (earlier_descriptions.empty()) return description;
    std::string earlier = std::move(earlier_descriptions.front());
    earlier_descriptions.pop_front();
    return earlier;
  }

  std::vector<ApplicationInfo> applications() const override {
    std::vector<ApplicationInfo> all;
    for (const auto& [name, info] : applications_) all.push_back(info);
    return all;
  }

  void manufacturer_keys(Completion<std::vector<ManufacturerKeyInfo>> done) override {
    fault.strike();
    done(keys);
  }

  void activate_credential(const Caller&, const std::string& endorsement_key, const Bytes& credential,
                           const Bytes& encrypted_secret, Completion<Secret> done) override {
    fault.strike();
    last_activation = {endorsement_key, credential, encrypted_secret};
    done(Secret(bytes("the activated secret")));
  }

  void read_pcrs(const Caller&, const std::vector<std::uint32_t>& pcrs, Completion<PcrValues> done) override {
    fault.strike();
    PcrValues values;
    for (const auto pcr : pcrs) values.emplace(pcr, pcr_values.at(pcr));
    done(std::move(values));
  }

  PcrApprovalRequest prepare_pcr_approval(const PcrValues& values) const override {
    fault.strike();
    last_prepared = values;
    return {bytes("digest of the values"), bytes("policy to be signed")};
  }

  void add_pcr_approval(const Caller& caller, const PcrValues& values, const Bytes& signature) override {
    fault.strike();
    last_caller = caller;
    last_approval = {values, signature};
  }

  void reseal(const Caller& caller, const PcrValues& values, Completion<std::uint32_t> done) override {
    fault.strike();
    last_caller = caller;
    last_resealed = values;
    done(2u);
  }

  void create_application(const Caller& caller, const NewApplication& application) override {
    fault.strike();
    if (applications_.contains(application.name)) {
      throw CallError("EntryExists", "there is an application " + application.name);
    }
    last_caller = caller;
    last_created = application;
    add({.name = application.name,
         .application_uri = application.application_uri,
         .account = application.account,
         .access = application.access,
         .legacy = application.legacy,
         .groups = groups_of(application),
         .origin = "bus",
         .server_capabilities = application.server_capabilities,
         .exports = application.exports});
    on_created(applications_.at(application.name));
  }

  void delete_application(const Caller& caller, const std::string& name) override {
    fault.strike();
    last_caller = caller;
    if (applications_.erase(name) == 0) throw CallError("NotFound", "there is no application " + name);
    on_deleted(name);
  }

  bool add_access_rule(const Caller& caller, const std::string& application, const std::string& rule) override {
    auto& access = access_of(caller, application);
    if (std::ranges::find(access, rule) != access.end()) return false;
    access.push_back(rule);
    on_access(application, access);
    return true;
  }

  bool remove_access_rule(const Caller& caller, const std::string& application, const std::string& rule) override {
    auto& access = access_of(caller, application);
    const bool removed = std::erase(access, rule) != 0;
    if (removed) on_access(application, access);
    return removed;
  }

  void add(const ApplicationInfo& info) { applications_[info.name] = info; }

 private:
  // PCR n: 32 times the byte n.
  static PcrValues values_of_now() {
    PcrValues values;
    for (std::uint32_t pcr = 0; pcr < 24; ++pcr) values.emplace(pcr, Bytes(32, static_cast<std::byte>(pcr)));
    return values;
  }

  std::vector<std::string>& access_of(const Caller& caller, const std::string& application) {
    fault.strike();
    last_caller = caller;
    return applications_.at(application).access;
  }

  static std::vector<std::string> groups_of(const NewApplication& application) {
    std::set<std::string> groups;
    for (const auto& slot : application.slots) groups.insert(slot.substr(0, slot.find('/')));
    if (groups.empty()) groups.insert("https");
    groups.insert(application.trust_groups.begin(), application.trust_groups.end());
    return {groups.begin(), groups.end()};
  }

  std::map<std::string, ApplicationInfo> applications_;
};

}  // namespace edgeseal::dbus::fake
