// How many calls may wait, and whose.

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <list>

#include "dbus/open_calls.h"
#include "tests/fakes/fake_ports.h"

namespace edgeseal::test {
namespace {

class Call final : public dbus::OpenCall {
 public:
  Call(const std::string& connection, size_t bytes, dbus::AuditPort& audit)
      : OpenCall(record_of(connection), bytes, audit) {}

 private:
  void send_error(const sdbus::Error&) override {}
  void release() override {}
  static dbus::AuditRecord record_of(const std::string& connection) {
    dbus::AuditRecord record;
    record.caller.bus_name = connection;
    record.member = "org.edgeseal.Agent1.Describe";
    return record;
  }
};

struct Fixture {
  dbus::fake::Ports ports;
  dbus::OpenCalls calls;
  std::list<std::shared_ptr<Call>> held;

  std::shared_ptr<Call> admitted(const std::string& connection, size_t bytes = 0) {
    held.push_back(std::make_shared<Call>(connection, bytes, ports.audit));
    held.back()->attempt([&] { calls.admit(held.back()); });
    return held.back();
  }
  bool open_unidentified(const std::string& connection, size_t bytes = 0) {
    return !admitted(connection, bytes)->answered();
  }
  bool open(uid_t account, const std::string& connection, size_t bytes = 0) {
    const auto call = admitted(connection, bytes);
    call->attempt([&] { calls.identify(call, {.bus_name = connection, .uid = account}); });
    return !call->answered();
  }
  // Over as many connections as it likes.
  size_t open_all(uid_t account) {
    size_t opened = 0;
    while (open(account, std::to_string(account) + "." + std::to_string(opened))) ++opened;
    return opened;
  }
  size_t open_of(uid_t account) {
    return static_cast<size_t>(std::ranges::count_if(
        held, [&](const auto& call) { return !call->answered() && call->caller_uid() == account; }));
  }
  size_t refusals() {
    return static_cast<size_t>(std::ranges::count(ports.audit.records, "TooManyOperations", &dbus::AuditRecord::error));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(open_calls, Fixture)

BOOST_AUTO_TEST_CASE(a_connection_has_sixteen) {
  for (int i = 0; i < 16; ++i) BOOST_TEST(open(1, ":1.1"));
  BOOST_TEST(!open(1, ":1.1"));
  BOOST_TEST(refusals() == 1u);
  BOOST_TEST(open(1, ":1.2"));
}

BOOST_AUTO_TEST_CASE(an_account_has_thirty_two_over_all_of_its_connections) {
  BOOST_TEST(open_all(1) == 32u);
  BOOST_TEST(!open(1, "another connection"));
  BOOST_TEST(open(2, "another account"));
}

BOOST_AUTO_TEST_CASE(however_many_accounts_take_all_they_get_another_one_finds_room) {
  for (uid_t greedy = 1; greedy <= 40; ++greedy) BOOST_TEST(open_all(greedy) > 0u);
  BOOST_TEST(open(1000, "of somebody else"));
  BOOST_TEST(open(1000, "of somebody else"));
}

BOOST_AUTO_TEST_CASE(who_has_the_most_makes_room_with_the_newest) {
  for (uid_t greedy = 1; greedy <= 4; ++greedy) BOOST_TEST(open_all(greedy) == 32u);
  const auto newest = *std::find_if(held.rbegin(), held.rend(),
                                    [](const auto& call) { return !call->answered() && call->caller_uid() == 1; });
  BOOST_TEST(open(5, "of somebody else"));
  BOOST_TEST(newest->answered());
  BOOST_TEST(open_of(1) == 31u);
  for (uid_t other = 2; other <= 4; ++other) BOOST_TEST(open_of(other) == 32u);
}

BOOST_AUTO_TEST_CASE(what_is_worked_at_makes_no_room) {
  for (uid_t account = 1; account <= 4; ++account) BOOST_TEST(open_all(account) == 32u);
  for (const auto& call : held)
    if (!call->answered()) call->decide({.bus_name = call->caller_name(), .uid = call->caller_uid()});
  BOOST_TEST(!open(5, "of somebody else"));
  for (uid_t account = 1; account <= 4; ++account) BOOST_TEST(open_of(account) == 32u);
}

BOOST_AUTO_TEST_CASE(an_answer_makes_room) {
  BOOST_TEST(open_all(1) == 32u);
  held.front()->refuse(dbus::CallError("NothingToDo", ""));
  BOOST_TEST(open(1, "again"));
  BOOST_TEST(!open(1, "once too often"));
  held.clear();
  BOOST_TEST(open_all(1) == 32u);
}

BOOST_AUTO_TEST_CASE(callers_that_nobody_knows_yet_keep_out_nobody_who_is_known) {
  size_t opened = 0;
  while (open_unidentified(std::to_string(opened))) ++opened;
  BOOST_TEST(opened == dbus::OpenCalls::most_unidentified);
  const auto call = std::make_shared<Call>("known", 0, ports.audit);
  call->identify({.bus_name = "known", .uid = 1});
  call->attempt([&] { calls.admit(call); });
  BOOST_TEST(!call->answered());
}

BOOST_AUTO_TEST_CASE(new_connections_with_many_calls_leave_room_for_another) {
  for (int connection = 0; connection < 100; ++connection)
    for (int i = 0; i < 16; ++i) (void)open_unidentified(std::to_string(connection));
  BOOST_TEST(open_unidentified("another one"));
}

constexpr size_t kLarge = 4 * dbus::OpenCall::bytes_of_one;  // of four

BOOST_AUTO_TEST_CASE(a_call_with_large_arguments_counts_as_several) {
  for (int i = 0; i < 4; ++i) BOOST_TEST(open(1, ":1.1", kLarge));
  BOOST_TEST(!open(1, ":1.1"));
  for (int i = 0; i < 4; ++i) BOOST_TEST(open(1, ":1.2", kLarge));
  BOOST_TEST(!open(1, ":1.3"));
  BOOST_TEST(refusals() == 2u);
  BOOST_TEST(open(2, ":1.4", kLarge));
}

BOOST_AUTO_TEST_CASE(as_much_is_refused_as_a_large_call_needs_room) {
  for (uid_t greedy = 1; greedy <= 4; ++greedy) BOOST_TEST(open_all(greedy) == 32u);
  BOOST_TEST(open(5, "of somebody else", kLarge));
  BOOST_TEST(refusals() == 4u + 4u);  // of each account one too many, and then those that made room
}

BOOST_AUTO_TEST_CASE(large_calls_of_many_new_connections_are_bounded_together) {
  size_t opened = 0;
  while (open_unidentified(std::to_string(opened), kLarge)) ++opened;
  BOOST_TEST(opened == dbus::OpenCalls::most_unidentified / 4);
}

BOOST_AUTO_TEST_CASE(what_is_taken_is_open_no_more) {
  BOOST_TEST(open(1, ":1.1"));
  BOOST_TEST(open(2, ":1.2"));
  const auto taken = calls.take([](const dbus::OpenCall& call) { return call.caller_name() == ":1.1"; });
  BOOST_REQUIRE(taken.size() == 1u);
  BOOST_TEST(taken[0] == held.front());
  BOOST_TEST(calls.take([](const auto&) { return true; }).size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
