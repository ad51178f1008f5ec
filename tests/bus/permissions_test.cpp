// Every method of the agent, called as every kind of caller, with polkit and without: the outcome is that of the table
// in docs/dbus.md, which has every method.

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <set>

#include "tests/bus/bus_client.h"
#include "tests/bus/described_methods.h"
#include "tests/bus/fake_polkit.h"
#include "tests/bus/needs_root.h"
#include "tests/bus/private_bus.h"
#include "tests/bus/service_thread.h"

namespace edgeseal::test {
namespace {

using Options = std::map<std::string, sdbus::Variant>;

constexpr gid_t kAdminGid = 12;  // "man"; the accounts are those that every Debian and its like has
constexpr uid_t kOtherAccount = 2;
constexpr uid_t kRunner = 3;

// As the table calls them; the account that comes with each is let in before polkit is asked, where it is let in.
struct CallerKind {
  std::string name;
  uid_t uid;
  std::vector<gid_t> groups;
  bool before_polkit;
};

const std::vector<CallerKind>& callers() {
  static const std::vector<CallerKind> all{{"root", 0, {}, true},
                                           {"administrator", kNobody, {kAdminGid}, false},
                                           {"own account", kAccount, {}, true},
                                           {"other application's account", kOtherAccount, {}, true},
                                           {"account of edgeseal-enroll", kRunner, {}, true},
                                           {"other user", kNobody, {}, false}};
  return all;
}

std::vector<std::string> cells_of(const std::string& row) {
  std::vector<std::string> cells;
  for (size_t begin = 2; begin < row.size();) {
    const size_t end = row.find(" |", begin);
    if (end == std::string::npos) break;
    std::string cell = row.substr(begin, end - begin);
    std::erase(cell, '`');
    cells.push_back(cell);
    begin = end + 3;
  }
  return cells;
}

// The words of a method for each kind of caller.
using Table = std::map<std::string, std::map<std::string, std::string>>;

// The rows of the table, by method, and in "" its head.
Table documented_table() {
  Table table;
  std::ifstream page(EDGESEAL_DBUS_REFERENCE);
  std::vector<std::string> head;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| method | privilege |")) head = cells_of(line);
    if (head.empty() || line.starts_with("|---")) continue;
    if (line.empty()) break;
    const auto cells = cells_of(line);
    for (size_t column = 2; column < head.size(); ++column)
      table[cells == head ? "" : "org.edgeseal." + cells[0]][head[column]] = cells.at(column);
  }
  return table;
}

Options of_client() {
  return {{"session", sdbus::Variant(std::string("s1"))},
          {"security-mode", sdbus::Variant(std::string("sign-and-encrypt"))},
          {"roles", sdbus::Variant(std::vector<std::string>{"SecurityAdmin"})},
          {"application", sdbus::Variant(std::string("web"))}};
}

// An option that no method has: who is let in, is told so.
Options bad_options() {
  return {{"no such option", sdbus::Variant(true)}};
}

struct Fixture {
  PrivateBus bus;
  ServiceThread service{{.admin_group = "man", .polkit = {}}, [](auto& ports) {
                          ports.agent.add({"web", "urn:web", "www", {}, {}, {"https"}, "bus"});
                          ports.accounts.uids = {{"web", kAccount}, {"device", kAccount}, {"other", kOtherAccount}};
                          ports.enrolment.known = {dbus::fake::job_of(1, "web/https/https")};
                          ports.enrolment.runner = kRunner;
                        }};
  const Table table = documented_table();
  std::unique_ptr<sdbus::IConnection> root = connect_as(0);
  const std::vector<DescribedMethod> methods = described_methods(*root, objects_of("web"));

  // Empty: the table does not say.
  std::string word(const DescribedMethod& method, const std::string& caller) const {
    const auto row = table.find(std::string(method.declared.member));
    return row == table.end() || !row->second.contains(caller) ? "" : row->second.at(caller);
  }

  // The arguments are bad wherever they can be: a refusal comes before they are looked at. One method knows by its slot
  // whose application it is about.
  static std::string outcome(sdbus::IConnection& connection, const DescribedMethod& method, const Options& options) {
    return error_of_call(connection, method, [&](auto& call) {
      if (method.declared.member == "org.edgeseal.Enrolment1.Renew") {
        call << std::string("web/https/https");
      } else {
        append_defaults(call, method.arguments, options);
      }
    });
  }
  static bool allowed(sdbus::IConnection& connection, const DescribedMethod& method, const Options& options) {
    return outcome(connection, method, options) != "UserAccessDenied";
  }

  // `may`: by the word of the table.
  template <class May>
  void compare(const May& may) {
    for (const auto& caller : callers()) {
      const auto connection = connect_as(caller.uid, caller.groups);
      for (const auto& method : methods) {
        const auto said = word(method, caller.name);
        const auto options = said == "client" || caller.name != "own account" ? of_client() : bad_options();
        BOOST_TEST(allowed(*connection, method, options) == may(said, caller, method),
                   method.declared.member << " as " << caller.name << ", who is said to have: " << said);
      }
    }
  }
};

}  // namespace

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(is_root))
BOOST_FIXTURE_TEST_SUITE(permissions, Fixture)

BOOST_AUTO_TEST_CASE(the_table_has_every_method_and_every_caller_and_no_other) {
  std::set<std::string> documented, described, named, kinds;
  for (const auto& row : table) documented.insert(row.first);
  described.insert("");
  for (const auto& method : methods) described.insert(std::string(method.declared.member));
  BOOST_TEST(documented == described, boost::test_tools::per_element());
  for (const auto& method : dbus::kDeclaredMethods)
    BOOST_TEST(described.contains(std::string(method.member)), method.member << " is on no object of objects_of()");
  for (const auto& column : table.at("")) named.insert(column.first);
  for (const auto& caller : callers()) kinds.insert(caller.name);
  BOOST_TEST(named == kinds, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_polkit_calls_end_as_the_table_says) {
  compare([](const std::string& said, const auto&, const auto&) { return said == "yes" || said == "client"; });
}

BOOST_AUTO_TEST_CASE(with_a_polkit_that_refuses_only_those_come_in_whom_it_is_not_asked_for) {
  const FakePolkit polkit(FakePolkit::Mood::No);
  compare([](const std::string& said, const CallerKind& caller, const DescribedMethod& method) {
    if (caller.name == "root") return true;
    return caller.before_polkit && (said == "yes" || said == "client") &&
           method.declared.privilege != dbus::Privilege::Inspect;
  });
}

BOOST_AUTO_TEST_CASE(with_a_polkit_that_lets_everybody_in_nobody_is_refused) {
  const FakePolkit polkit(FakePolkit::Mood::Yes);
  compare([](const auto&...) { return true; });
}

BOOST_AUTO_TEST_CASE(without_polkit_an_account_must_name_its_client_where_the_table_says_so) {
  const auto connection = connect_as(kAccount);
  size_t compared = 0;
  for (const auto& method : methods) {
    if (word(method, "own account") != "client") continue;
    ++compared;
    BOOST_TEST(!allowed(*connection, method, bad_options()), method.declared.member);
  }
  BOOST_TEST(compared > 20u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
