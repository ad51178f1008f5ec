// Times in which nothing may be changed, and the contact afterwards: the real agent.

#include <boost/test/unit_test.hpp>

#include "tests/bus/bus_client.h"
#include "tests/bus/described_methods.h"
#include "tests/busy/gateway.h"

namespace edgeseal::test {
namespace {

using dbus::WhileBusy;

struct Fixture : Gateway {
  dbus::RemoteAgent agent{*connection, "/org/edgeseal"};
  dbus::RemoteGroup group{*connection, "/org/edgeseal/application/web/https"};
  dbus::RemoteTrustList list{*connection, "/org/edgeseal/application/web/https"};
  std::string message;

  std::string error_of_create(const std::string& name) {
    return error_of([&] { agent.CreateApplication(name, {}); }, &message);
  }
  // A change that waits for ApplyChanges.
  void stage() { list.AddCertificate(std::get<1>(group.GetCertificates()).at(0), true, {}); }
  // Job 1, which waits for somebody.
  void begin_job() {
    dbus::RemoteEnrolment enrolment(*connection, "/org/edgeseal");
    enrolment.SetProfile("plant", "protocol = \"external\"\nslots = [\"web\"]\n");
    dbus::RemoteJob job(*connection, enrolment.Renew("web"));
    BOOST_REQUIRE(pump_until(*connection, [&] { return job.State() == "awaiting-certificate"; }));
  }
  // Of the first run nothing is left to be written.
  void settle() {
    make_application("web");
    begin_job();
    end_agent();
    start_agent();
    group.CertifyKey("https", {1}, {});
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(agent_busy, Fixture)

BOOST_AUTO_TEST_CASE(W17_while_somebody_inhibits_no_call_changes_a_byte) {
  settle();
  const auto inhibitor = inhibit();
  const auto before = hash_of_state();
  for (const auto& method : described_methods(*connection, objects_of("web"))) {
    if (method.declared.while_busy != WhileBusy::Refused) continue;
    BOOST_TEST_CONTEXT(method.declared.member) {
      BOOST_TEST(error_of_defaults(*connection, method) == "ServerTooBusy");
    }
  }
  BOOST_TEST(error_of_create("new") == "ServerTooBusy");
  BOOST_TEST((hash_of_state() == before));
}

BOOST_AUTO_TEST_CASE(H7_a_change_is_refused_with_who_and_why_until_the_inhibitor_is_closed) {
  make_application("web");
  const auto before = hash_of_state();
  auto inhibitor = inhibit();
  BOOST_TEST(busy->Busy());
  BOOST_TEST(error_of_create("new") == "ServerTooBusy");
  BOOST_TEST(message == "busy: plc: a batch runs; try again when \"edgesealctl inhibitors\" shows none");
  inhibitor.reset();
  BOOST_TEST(error_of_create("new") == "");
  BOOST_TEST(!busy->Busy());
  BOOST_TEST((hash_of_state() != before));
}

BOOST_AUTO_TEST_CASE(W19_reads_are_answered_while_busy) {
  make_application("web");
  const auto inhibitor = inhibit();
  BOOST_TEST(agent.Describe() != "");
  BOOST_TEST(std::get<0>(group.GetCertificates()).size() == 1u);
  BOOST_TEST(error_of([&] { list.GetTrustList(15, {}); }) == "");
  const uint32_t handle = list.Open(1, {});
  BOOST_TEST(!list.Read(handle, 1024, {}).empty());
  list.Close(handle, {});
  BOOST_TEST(error_of([&] { list.AddCertificate({1}, true, {}); }) == "ServerTooBusy");
  BOOST_TEST(error_of([&] { group.ApplyChanges({}); }) == "ServerTooBusy");
}

BOOST_AUTO_TEST_CASE(a_change_on_trial_is_confirmed_while_busy) {
  make_application("web");
  stage();
  group.ApplyChanges({{"confirm-within", sdbus::Variant(uint32_t{3600})}});
  const auto inhibitor = inhibit();
  BOOST_TEST(error_of([&] { group.ConfirmChanges(); }) == "");
}

BOOST_AUTO_TEST_CASE(what_was_staged_is_cancelled_while_busy_and_applied_afterwards) {
  make_application("web");
  stage();
  auto inhibitor = inhibit();
  BOOST_TEST(error_of([&] { group.ApplyChanges({}); }) == "ServerTooBusy");
  BOOST_TEST(group.TransactionPending());
  BOOST_TEST(error_of([&] { group.CancelChanges(); }) == "");
  BOOST_TEST(!group.TransactionPending());
}

BOOST_AUTO_TEST_CASE(W25_what_comes_after_the_last_inhibitor_is_done_as_ever) {
  make_application("web");
  stage();
  auto inhibitor = inhibit();
  BOOST_TEST(error_of([&] { group.ApplyChanges({}); }) == "ServerTooBusy");
  inhibitor.reset();
  BOOST_TEST(error_of([&] { group.ApplyChanges({}); }) == "");
  BOOST_TEST(error_of([&] { busy->ContactWhenFree(); }) == "");
  BOOST_TEST(busy->TakeContact());
}

BOOST_AUTO_TEST_CASE(W20_the_contact_is_due_once_when_the_last_of_them_ends_and_not_before) {
  auto first = inhibit("plc"), second = inhibit("phone");
  busy->ContactWhenFree();
  BOOST_TEST(busy->ContactPending());
  first.reset();
  BOOST_TEST(busy->Inhibitors().size() == 1u);
  see_signals();
  BOOST_TEST(busy->due == 0);
  BOOST_TEST(!busy->TakeContact());
  second.reset();
  BOOST_TEST(pump_until(*connection, [&] { return busy->due > 0; }));
  BOOST_TEST(busy->TakeContact());
  BOOST_TEST(!busy->TakeContact());
  BOOST_TEST(!busy->ContactPending());
  see_signals();
  BOOST_TEST(busy->due == 1);
}

BOOST_AUTO_TEST_CASE(H8_a_contact_that_was_asked_for_while_busy_is_made_once) {
  auto inhibitor = inhibit();
  BOOST_TEST(error_of_create("new") == "ServerTooBusy");
  busy->ContactWhenFree();
  inhibitor.reset();
  BOOST_TEST(pump_until(*connection, [&] { return busy->due > 0; }));
  BOOST_TEST(busy->TakeContact());
  BOOST_TEST(error_of_create("new") == "");
  inhibitor = inhibit();
  inhibitor.reset();
  BOOST_TEST(!busy->Busy());
  see_signals();
  BOOST_TEST(busy->due == 1);
  BOOST_TEST(!busy->TakeContact());
}

BOOST_AUTO_TEST_CASE(W21_three_requests_while_busy_are_one_contact) {
  auto inhibitor = inhibit();
  for (int i = 0; i < 3; ++i) busy->ContactWhenFree();
  inhibitor.reset();
  BOOST_TEST(pump_until(*connection, [&] { return busy->due > 0; }));
  see_signals();
  BOOST_TEST(busy->due == 1);
  BOOST_TEST(busy->TakeContact());
  BOOST_TEST(!busy->TakeContact());
}

BOOST_AUTO_TEST_CASE(W22_where_nobody_inhibits_the_contact_is_due_at_once) {
  busy->ContactWhenFree();
  BOOST_TEST(pump_until(*connection, [&] { return busy->due == 1; }));
  BOOST_TEST(busy->TakeContact());
}

BOOST_AUTO_TEST_CASE(W23_the_request_outlives_an_agent_that_ends_and_one_that_is_killed) {
  auto inhibitor = inhibit();
  busy->ContactWhenFree();
  kill_agent();
  start_agent();
  BOOST_TEST(!busy->Busy());  // inhibitors end with the agent
  BOOST_TEST(busy->ContactPending());
  BOOST_TEST(pump_until(*connection, [&] { return busy->due == 1; }));
  end_agent();
  start_agent();
  BOOST_TEST(busy->TakeContact());
  end_agent();
  start_agent();
  BOOST_TEST(!busy->ContactPending());
  BOOST_TEST(!busy->TakeContact());
}

BOOST_AUTO_TEST_CASE(W24_without_a_request_nobody_is_told_that_the_device_is_free) {
  auto inhibitor = inhibit();
  inhibitor.reset();
  BOOST_TEST(!busy->Busy());
  see_signals();
  BOOST_TEST(busy->due == 0);
  BOOST_TEST(!busy->TakeContact());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
