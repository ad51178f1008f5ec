#pragma once

#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "agent/certificates/certificate.h"
#include "agent/configuration/reconfiguration.h"
#include "agent/setup/setup.h"
#include "tests/unit/agent/error_code.h"
#include "tests/unit/agent/pcr_authority.h"
#include "tests/unit/renewal/enrolling_gateway.h"
#include "tests/unit/trust/authority.h"

namespace edgeseal::test {

// Files in a temporary directory, and what the bus is told of fails when the test says so.
struct ReconfiguredGateway : EnrollingGateway {
  ReconfiguredGateway() {
    ::umask(0022);
    std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
    restart();
    write("edgeseal.toml", "");
    reload();
  }
  // As the agent does when it starts.
  void reload() {
    reconfiguration.emplace(
        agent::Reconfiguration::Services{state, seal, anchor, applications, groups, transactions, lists, changes,
                                         adoption, *enrolment, setup, audit, authorised, worker},
        reconfiguration_world(), agent::load_configuration(directory.file("edgeseal.toml")));
  }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(directory.file(name)).parent_path());
    std::ofstream(directory.file(name)) << text;
  }
  void remove(const std::string& name) const { std::filesystem::remove(directory.file(name)); }

  void may_fail() {
    if (std::exchange(fails, false)) throw agent::Error(agent::Code::state_unavailable, "the disk is full");
  }
  agent::Reconfiguration::World reconfiguration_world() {
    return {[] { return agent::State::Clock::now(); }, [this](const agent::ApplicationRecord&) { may_fail(); },
            [this](const std::string&) { may_fail(); }, [](const agent::ApplicationRecord&) {},
            [this](std::function<void()> action) { loop.post(std::move(action)); }};
  }
  agent::Adoption::World adoption_world() {
    return {.trust_list = [this](const dbus::GroupName& group) { return lists.record(group).list; },
            .accounts = [](const std::string&) { return std::vector<uid_t>{0}; },
            .import = {},
            .standing = [] { return std::vector<agent::DirectoryDrift>(); },
            .changed = [] {},
            .publication = directory.file("pki"),
            .max_trust_list_size = 1 << 20};
  }
  // One that can be adopted.
  [[nodiscard]] std::string make_pki(const std::string& name) const {
    for (const char* below : {"trusted/certs", "trusted/crl", "issuer/certs", "issuer/crl"})
      std::filesystem::create_directories(std::filesystem::path(directory.file(name)) / below);
    return directory.file(name);
  }
  void declare_adopted(const std::vector<std::string>& paths) const {
    std::string text;
    for (const std::string& path : paths) text += "[[adopt]]\npath = \"" + path + "\"\ngroup = \"https\"\n";
    write("applications.d/a.toml", text);
  }
  // Of the group https.
  void declare_trust(const Authority& authority, const std::string& application = "a") const {
    write("applications.d/" + application + ".toml", "[trust.https]\ntrusted-certificates = [\"\"\"\n" +
                                                         agent::pem("CERTIFICATE", authority.certificate()) +
                                                         "\"\"\"]\n");
  }
  [[nodiscard]] bool trusts(const Authority& authority, const std::string& application = "a") {
    return lists.record({application, "https"}).list.trusted_certificates ==
           std::vector<tpm::Bytes>{authority.certificate()};
  }
  // "change kind name" of what is not unchanged.
  static std::vector<std::string> shown(const agent::Reconfiguration::Changes& changes) {
    std::vector<std::string> all;
    for (const auto& change : changes)
      if (change.change != "unchanged") all.push_back(fmt::format("{} {} {}", change.change, change.kind, change.name));
    return all;
  }
  // The TPM speaks for the disk, or against it.
  void know_disk() {
    if (setup.knows_disk()) return;
    anchor.check();
    run_until([&] { return setup.knows_disk(); });
    reconfiguration->look();
  }
  std::vector<std::string> apply(dbus::Undeclared undeclared = dbus::Undeclared::Refuse) {
    know_disk();
    return shown(value<agent::Reconfiguration::Changes>([&](agent::Answer<agent::Reconfiguration::Changes> answer) {
      reconfiguration->apply(admin, undeclared, std::move(answer));
    }));
  }
  void fail_to_apply(dbus::Undeclared undeclared = dbus::Undeclared::Refuse) {
    fails = true;
    BOOST_CHECK_EXCEPTION(apply(undeclared), agent::Error, has_code(agent::Code::state_unavailable));
  }
  // "error: changes", as the audit log tells it last.
  [[nodiscard]] std::string outcome_of_last() const {
    for (auto entry = audited.rbegin(); entry != audited.rend(); ++entry)
      if (entry->kind == "configuration-applied") {
        const auto result = entry->fields.find("result");
        return (result == entry->fields.end() ? "" : result->second) + ": " + entry->fields.at("changes");
      }
    return "nothing";
  }
  void expect_plan(const std::vector<std::string>& wanted, dbus::Undeclared undeclared = dbus::Undeclared::Refuse) {
    BOOST_TEST(shown(reconfiguration->plan(undeclared)) == wanted, boost::test_tools::per_element());
  }

  const dbus::Caller admin{":1.7", 0, 1, "", ""};
  const PcrAuthority pcr_authority{};
  agent::PcrPolicies authorised{state, pcr_authority.public_key()};
  bool fails = false;
  agent::Setup setup{{loop, state, anchor, audit}, {}};
  agent::TrustListFiles files{loop,
                              lists,
                              transactions,
                              {},
                              [](const agent::TransactionOwner&, const dbus::GroupName&, const agent::TrustList&) {}};
  agent::TrustListChanges changes{
      lists, transactions, files, [] { return agent::State::Clock::now(); },
      [this](const agent::TransactionOwner& by, const dbus::GroupName&, agent::CheckedTrustList list) {
        groups.stage_trust_list(by, std::move(list));
      }};
  agent::Adoption adoption{state, background, audit, adoption_world()};
  std::optional<agent::Reconfiguration> reconfiguration;
};

}  // namespace edgeseal::test
