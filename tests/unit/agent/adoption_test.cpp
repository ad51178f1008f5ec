#include "agent/directories/adoption.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <latch>

#include "agent/certificates/certificate.h"
#include "agent/directories/adopted_contents.h"
#include "agent/directories/adopted_files.h"
#include "agent/directories/directory_guard.h"
#include "tests/unit/agent/error_code.h"
#include "tests/unit/agent/guard_fixture.h"
#include "tests/unit/trust/authority.h"

using namespace edgeseal;
using agent::Code;
using test::AsRoot;
using test::has_code;
using test::may_be_root;
namespace fs = std::filesystem;
namespace data = boost::unit_test::data;

namespace {

std::string text(const agent::Bytes& der) {
  return {reinterpret_cast<const char*>(der.data()), der.size()};
}

void write(const fs::path& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  BOOST_REQUIRE((file << content).flush().good());
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A program's pki/ with one trusted authority of its own, a key, and a guard that holds what is adopted.
struct Fixture : test::LoopFixture {
  Fixture() {
    const AsRoot root_account;
    fs::permissions(directory.path(), fs::perms(0755));
    for (const char* name : {"trusted/certs", "trusted/crl", "issuer/certs", "issuer/crl", "own/private"})
      fs::create_directories(pki / name);
    write(pki / "trusted/certs/theirs.der", text(theirs.certificate()));
    write(pki / "trusted/crl/theirs.crl", text(theirs.crl()));
    write(pki / "own/private/key.pem", "-----BEGIN PRIVATE KEY-----\n");
    give(test::agent_account);
    fs::create_directory(directory.file("state"));
    if (may_be_root())
      BOOST_REQUIRE(::chown(directory.file("state").c_str(), test::agent_account, test::agent_account) == 0);
  }
  // The trust directories belong to `user` from now on; the rest stays the program's.
  void give(uid_t user) const {
    if (!may_be_root()) return;
    const AsRoot root_account;
    for (const char* name : {"trusted", "issuer"}) {
      BOOST_REQUIRE(::chown((pki / name).c_str(), user, user) == 0);
      for (const auto& entry : fs::recursive_directory_iterator(pki / name))
        BOOST_REQUIRE(::chown(entry.path().c_str(), user, user) == 0);
    }
  }
  void adopt(bool import = false) {
    value<std::monostate>(
        [&](const agent::Answer<std::monostate>& answer) { adoption->adopt(caller, wanted(), import, answer); });
    settle();
  }
  [[nodiscard]] dbus::AdoptionPlan planned(agent::Adoption& by) {
    return value<dbus::AdoptionPlan>([&](agent::Answer<dbus::AdoptionPlan> answer) { by.plan(wanted(), answer); });
  }
  void settle() {
    run_until([this] { return adoption->directories().size() == adoption->adopted().size() && guard->idle(); });
  }
  [[nodiscard]] dbus::AdoptedDirectory wanted(const std::string& layout = "annex-f") const {
    return {pki, group, layout, false};
  }
  [[nodiscard]] std::size_t files_in(const char* name) const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(pki / name), {}));
  }
  [[nodiscard]] bool recorded(const std::string& kind, const std::string& field, const std::string& value) const {
    return std::ranges::any_of(records, [&](const auto& record) {
      const auto found = record.second.find(field);
      return record.first == kind && found != record.second.end() && found->second == value;
    });
  }

  const test::Authority ours{"Our CA"}, theirs{"Their CA"};
  test::TemporaryDirectory directory;
  const fs::path pki = directory.path() / "pki";
  const dbus::GroupName group{"web", "application"};
  const dbus::Caller caller{":1.1", 0};
  const test::AsAgent account;
  agent::TrustList list{.trusted_certificates = {ours.certificate()}, .trusted_crls = {ours.crl()}};
  std::vector<std::pair<std::string, agent::Audit::Fields>> records;
  std::optional<agent::TrustList> imported;
  int changes = 0;

  agent::Audit audit{
      [this](const std::string& kind, const agent::Audit::Fields& fields) { records.emplace_back(kind, fields); }};
  std::optional<agent::State> state;
  agent::BackgroundWorker worker{loop};
  std::optional<agent::Adoption> adoption;
  std::optional<agent::DirectoryGuard> guard;

  agent::Adoption::World world() {
    return {[this](const dbus::GroupName& asked) {
              if (asked.application != "web") throw agent::Error(Code::not_found, "no such group");
              return list;
            },
            [](const std::string&) { return std::vector<uid_t>{0}; },
            [this](const dbus::Caller&, const dbus::GroupName&, agent::TrustList taken,
                   const agent::Answer<std::monostate>& answer) {
              imported = list = std::move(taken);
              answer(std::monostate{});
            },
            [this] { return guard ? guard->standing() : std::vector<agent::DirectoryDrift>(); },
            [this] {
              ++changes;
              if (guard) guard->refresh();
            },
            "/var/lib/edgeseal/pki",
            1 << 20};
  }
  void start() {
    guard.reset();
    adoption.reset();
    state.reset();
    state.emplace(directory.file("state/database"));
    state->put_application({"web", "urn:web", "", {}, {}, "bus"});
    adoption.emplace(*state, worker, audit, world());
    guard.emplace(loop, worker, audit,
                  agent::DirectoryGuard::World{
                      [this] { return adoption->directories(); },
                      [this](const agent::GuardedDirectory& each, const agent::Answer<std::monostate>& answer) {
                        adoption->restore(each, answer);
                      }},
                  agent::DirectoryGuard::Settings{});
    adoption->refresh();
    settle();
  }
};

struct Started : Fixture {
  Started() { start(); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(adoption, Started)

BOOST_AUTO_TEST_CASE(a_plan_shows_what_the_directory_trusts_and_changes_nothing) {
  const auto plan = planned(*adoption);
  BOOST_TEST((plan.found.trusted_certificates == std::vector<agent::Bytes>{theirs.certificate()}));
  BOOST_TEST(plan.found.trusted_crls.size() == 1u);
  BOOST_TEST(plan.directory.enforced);
  BOOST_TEST(plan.ignored.empty());
  BOOST_TEST(content_of(pki / "trusted/certs/theirs.der") == text(theirs.certificate()));
  BOOST_TEST(adoption->adopted().empty());
}

BOOST_AUTO_TEST_CASE(from_then_on_it_holds_the_list_of_the_group_and_own_is_left_alone) {
  adopt();
  BOOST_TEST(!fs::exists(pki / "trusted/certs/theirs.der"));
  BOOST_TEST(files_in("trusted/certs") == 1u);
  BOOST_TEST(files_in("trusted/crl") == 1u);
  BOOST_TEST(content_of(fs::directory_iterator(pki / "trusted/certs")->path()) == text(ours.certificate()));
  BOOST_TEST(content_of(pki / "own/private/key.pem") == "-----BEGIN PRIVATE KEY-----\n");
  BOOST_TEST(recorded("directory-adopted", "enforced", "true"));
  BOOST_TEST(!recorded("directory-drift", "action", "repaired"));
}

BOOST_AUTO_TEST_CASE(import_takes_what_it_holds_into_the_list_first) {
  adopt(true);
  BOOST_REQUIRE(imported.has_value());
  BOOST_TEST((imported->trusted_certificates == std::vector<agent::Bytes>{theirs.certificate()}));
  BOOST_TEST(content_of(fs::directory_iterator(pki / "trusted/certs")->path()) == text(theirs.certificate()));
}

BOOST_AUTO_TEST_CASE(a_changed_list_is_written_and_is_no_drift) {
  adopt();
  list.trusted_certificates.push_back(theirs.certificate());
  adoption->trust_list_changed(group);
  settle();
  BOOST_TEST(files_in("trusted/certs") == 2u);
  BOOST_TEST(!recorded("directory-drift", "action", "repaired"));
}

BOOST_AUTO_TEST_CASE(D8_drift_of_an_adopted_directory_is_repaired_and_told) {
  adopt();
  write(pki / "trusted/certs/mallory.der", text(theirs.certificate()));
  run_until([&] { return recorded("directory-drift", "action", "repaired"); });
  BOOST_TEST(!fs::exists(pki / "trusted/certs/mallory.der"));
  BOOST_TEST(files_in("trusted/certs") == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_beside_the_trust_directories_is_the_programs) {
  adopt();
  {
    const AsRoot root_account;
    write(pki / "notes.txt", "mine");
    fs::create_directories(pki / "rejected/certs");
  }
  guard->sweep_all();
  settle();
  BOOST_TEST(fs::exists(pki / "notes.txt"));
  BOOST_TEST(fs::exists(pki / "rejected/certs"));
  BOOST_TEST(!recorded("directory-drift", "action", "repaired"));
}

BOOST_AUTO_TEST_CASE(where_the_agent_may_not_write_it_audits_only_and_says_what_would_let_it) {
  if (!may_be_root()) return;
  give(0);
  const auto plan = planned(*adoption);
  BOOST_TEST(!plan.directory.enforced);
  BOOST_REQUIRE(plan.findings.size() == 1u);
  BOOST_TEST(plan.findings.front().remedy.find("chown -R 65534 " + (pki / "issuer").string()) != std::string::npos);
  adopt();
  BOOST_TEST(!adoption->adopted().front().enforced);
  BOOST_TEST(recorded("directory-drift", "action", "reported"));
  BOOST_TEST(fs::exists(pki / "trusted/certs/theirs.der"));
  BOOST_TEST(!adoption->audit("").empty());
}

// What is mounted is the test's alone, and so is what it makes read-only.
BOOST_AUTO_TEST_CASE(what_its_unit_keeps_from_it_takes_a_drop_in_which_the_audit_names) {
  if (!may_be_root()) return;
  give(0);
  {
    const AsRoot root_account;
    BOOST_REQUIRE(::mount(pki.c_str(), pki.c_str(), nullptr, MS_BIND, nullptr) == 0);
    BOOST_REQUIRE(::mount(nullptr, pki.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0);
  }
  adopt();
  const auto found = adoption->audit("");
  const auto obstacle =
      std::ranges::find_if(found, [](const auto& finding) { return finding.found.starts_with("audited only"); });
  BOOST_REQUIRE((obstacle != found.end()));
  BOOST_TEST(obstacle->path == pki.string());
  BOOST_TEST(obstacle->remedy.find("chown -R 65534 " + (pki / "issuer").string()) != std::string::npos);
  BOOST_TEST(obstacle->remedy.find("ReadWritePaths=%s\\n' " + pki.string()) != std::string::npos);
  BOOST_TEST(recorded("directory-adopted", "remedy", obstacle->remedy));
  const AsRoot root_account;
  ::umount2(pki.c_str(), MNT_DETACH);
}

BOOST_AUTO_TEST_CASE(an_adopted_directory_that_is_gone_is_not_called_held) {
  adopt();
  {
    const AsRoot root_account;
    fs::remove_all(pki);
  }
  adoption->refresh();
  BOOST_TEST(!adoption->adopted().front().enforced);
  BOOST_TEST(adoption->audit("").front().found.starts_with("not held now"));
}

BOOST_AUTO_TEST_CASE(it_is_still_adopted_after_a_restart) {
  adopt();
  start();
  BOOST_REQUIRE(adoption->adopted().size() == 1u);
  BOOST_TEST(adoption->adopted().front().path == pki.string());
  BOOST_TEST(adoption->adopted().front().enforced);
}

BOOST_AUTO_TEST_CASE(drift_while_the_agent_was_away_is_gone_after_its_start) {
  adopt();
  guard.reset();
  write(pki / "trusted/certs/mallory.der", "x");
  start();
  BOOST_TEST(files_in("trusted/certs") == 1u);
}

BOOST_AUTO_TEST_CASE(a_released_directory_is_left_as_it_is) {
  adopt();
  adoption->release(caller, pki);
  BOOST_TEST(adoption->adopted().empty());
  BOOST_TEST(recorded("directory-released", "path", pki));
  write(pki / "trusted/certs/new.der", "x");
  guard->sweep_all();
  settle();
  BOOST_TEST(fs::exists(pki / "trusted/certs/new.der"));
  BOOST_CHECK_EXCEPTION(adoption->release(caller, pki), agent::Error, has_code(Code::not_found));
}

BOOST_AUTO_TEST_CASE(a_directory_of_a_deleted_application_is_the_programs_again) {
  adopt();
  state->remove_application("web");
  adoption->forget("web");
  BOOST_TEST(adoption->adopted().empty());
  BOOST_TEST(adoption->directories().empty());
  BOOST_TEST(state->adopted().empty());
  BOOST_TEST(files_in("trusted/certs") == 1u);
}

BOOST_AUTO_TEST_CASE(hostile_files_are_named_and_ignored) {
  const fs::path certs = pki / "trusted/certs";
  fs::create_symlink("/etc/passwd", certs / "link.der");
  BOOST_REQUIRE(::mkfifo((certs / "fifo.der").c_str(), 0644) == 0);
  fs::create_directory(certs / "directory.der");
  write(certs / "noise.der", "no certificate");
  write(certs / "empty.der", "");
  write(certs / "large.der", std::string(4 << 20, 'x'));
  write(certs / "key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  write(certs / "bad\nname\xff.der", "x");
  const auto plan = planned(*adoption);
  BOOST_TEST((plan.found.trusted_certificates == std::vector<agent::Bytes>{theirs.certificate()}));
  BOOST_TEST(plan.ignored.size() == 8u);
  const auto named = [&](const std::string& words) {
    return std::ranges::any_of(plan.ignored, [&](const auto& line) { return line.find(words) != std::string::npos; });
  };
  BOOST_TEST(named("link.der: is a symbolic link"));
  BOOST_TEST(named("fifo.der: is a FIFO"));
  BOOST_TEST(named("key.pem: holds no certificate"));
  BOOST_TEST(named("bad\\x0aname\\xff.der"));
}

BOOST_AUTO_TEST_CASE(pem_is_read_too_and_each_certificate_once) {
  const std::string pem = agent::pem("CERTIFICATE", theirs.certificate());
  write(pki / "trusted/certs/both.pem", pem + agent::pem("CERTIFICATE", ours.certificate()) + pem);
  BOOST_TEST(planned(*adoption).found.trusted_certificates.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_file_with_a_damaged_block_is_named_and_nothing_of_it_is_taken) {
  const std::string damaged = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
  write(pki / "trusted/certs/some.pem", agent::pem("CERTIFICATE", ours.certificate()) + damaged +
                                            agent::pem("CERTIFICATE", test::Authority("Third CA").certificate()));
  const auto plan = planned(*adoption);
  BOOST_TEST((plan.found.trusted_certificates == std::vector<agent::Bytes>{theirs.certificate()}));
  BOOST_REQUIRE(plan.ignored.size() == 1u);
  BOOST_TEST(plan.ignored.front() == (pki / "trusted/certs/some.pem").string() + ": holds a damaged PEM block");
}

BOOST_AUTO_TEST_CASE(more_than_a_trust_list_may_hold_is_refused) {
  for (int i = 0; i < 20; ++i)
    write(pki / "trusted/certs" / (std::to_string(i) + ".der"), text(test::Authority("CA").certificate()));
  auto small = world();
  small.max_trust_list_size = 4096;
  agent::Adoption other(*state, worker, audit, small);
  BOOST_CHECK_EXCEPTION((void)planned(other), agent::Error, has_code(Code::request_too_large));
}

BOOST_AUTO_TEST_CASE(rubbish_is_read_up_to_a_bound) {
  for (int i = 0; i < 5; ++i) {
    const fs::path file = pki / "trusted/certs" / (std::to_string(i) + ".der");
    write(file, "rubbish");
    fs::resize_file(file, 1 << 20);  // of the 4 MiB
  }
  BOOST_CHECK_EXCEPTION((void)planned(*adoption), agent::Error, has_code(Code::request_too_large));
  BOOST_CHECK_EXCEPTION(adopt(true), agent::Error, has_code(Code::request_too_large));
  BOOST_TEST(adoption->adopted().empty());
}

BOOST_AUTO_TEST_CASE(directories_are_read_beside_the_loop) {
  std::latch gate(1);
  BOOST_TEST_REQUIRE(worker.submit([&gate] { gate.wait(); }));
  int answered = 0;
  adoption->plan(wanted(), [&answered](const auto&) { ++answered; });
  adoption->adopt(caller, wanted(), true, [&answered](const auto&) { ++answered; });
  loop.run_once(std::chrono::milliseconds(0));
  BOOST_TEST(answered == 0);
  BOOST_TEST(!imported);
  gate.count_down();
  run_until([&answered] { return answered == 2; });
  BOOST_TEST(imported.has_value());
  settle();
}

struct Refusal {
  const char* name;
  std::function<dbus::AdoptedDirectory(const Fixture&)> directory;
  Code code;
};
std::ostream& operator<<(std::ostream& out, const Refusal& refusal) {
  return out << refusal.name;
}

const Refusal refusals[] = {
    {"a_relative_path",
     [](const Fixture& f) {
       return dbus::AdoptedDirectory{"pki", f.group, "annex-f", false};
     },
     Code::invalid_argument},
    {"a_path_with_dots",
     [](const Fixture& f) {
       return dbus::AdoptedDirectory{f.pki / "../pki", f.group, "annex-f", false};
     },
     Code::invalid_argument},
    {"nothing_there",
     [](const Fixture& f) {
       return dbus::AdoptedDirectory{f.pki / "x", f.group, "annex-f", false};
     },
     Code::not_found},
    {"a_file",
     [](const Fixture& f) {
       return dbus::AdoptedDirectory{f.pki / "trusted/certs/theirs.der", f.group, "annex-f", false};
     },
     Code::invalid_argument},
    {"a_link",
     [](const Fixture& f) {
       return dbus::AdoptedDirectory{"/proc/self/cwd", f.group, "annex-f", false};
     },
     Code::invalid_argument},
    {"an_unknown_layout", [](const Fixture& f) { return f.wanted("windows"); }, Code::invalid_argument},
    {"an_unknown_group",
     [](const Fixture& f) {
       return dbus::AdoptedDirectory{f.pki, {"mail", "x"}, "annex-f", false};
     },
     Code::not_found},
    {"what_is_published",
     [](const Fixture& f) {
       return dbus::AdoptedDirectory{"/var/lib/edgeseal", f.group, "annex-f", false};
     },
     Code::invalid_argument},
};

BOOST_DATA_TEST_CASE_F(Started, what_cannot_be_adopted_is_refused, data::make(refusals), refusal) {
  const auto adopt_with_import = [&](const agent::Answer<std::monostate>& answer) {
    adoption->adopt(caller, refusal.directory(*this), true, answer);
  };
  BOOST_CHECK_EXCEPTION(value<std::monostate>(adopt_with_import), agent::Error, has_code(refusal.code));
  BOOST_TEST(adoption->adopted().empty());
}

BOOST_AUTO_TEST_CASE(one_directory_has_one_owner) {
  adopt();
  BOOST_CHECK_EXCEPTION(adoption->adopt(caller, wanted(), false, [](const auto&) {}), agent::Error,
                        has_code(Code::entry_exists));
  const dbus::AdoptedDirectory within{pki / "trusted", group, "annex-f", false};
  BOOST_CHECK_EXCEPTION(adoption->adopt(caller, within, false, [](const auto&) {}), agent::Error,
                        has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(a_path_is_explained_component_by_component) {
  const auto lines = adoption->audit(pki / "own/private");
  BOOST_TEST(lines.front().path == "/");
  BOOST_TEST(lines.front().action == "none");
  BOOST_TEST(lines.back().path == (pki / "own/private").string());
  BOOST_TEST(lines.back().found.starts_with("drwx"));
  BOOST_CHECK_EXCEPTION((void)adoption->audit("etc"), agent::Error, has_code(Code::invalid_argument));
}

BOOST_DATA_TEST_CASE_F(Started, every_layout_is_written_and_read_back,
                       data::make({"annex-f", "open62541", "node-opcua", "milo", "pem"}), layout) {
  const fs::path place = directory.path() / "state/program";
  fs::create_directories(place);
  const agent::AdoptedLayout paths = agent::adopted_layout(layout, "application");
  BOOST_TEST(paths.lists.size() == 4u);
  list.issuer_certificates = {theirs.certificate()};
  list.issuer_crls = {theirs.crl()};
  agent::write_adopted(place, paths, agent::adopted_files(layout, "application", list));
  BOOST_TEST((agent::read_adopted(place, paths, 1 << 20).list == list));
  for (const auto& entry : fs::recursive_directory_iterator(place))
    BOOST_TEST(entry.path().string().find("own") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
