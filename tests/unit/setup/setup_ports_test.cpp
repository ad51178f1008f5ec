#include "agent/setup/setup_ports.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/unit/agent/core.h"

using namespace edgeseal;

namespace {

struct Fixture : test::Core {
  agent::Setup setup{{loop, state, anchor, audit}, {.open_by = {agent::OpenWay::password}}};
  agent::TryCounter tries{state, seal, worker, [] {}};
  agent::OneTimePassword password{
      {state, seal, tries, background}, {.iterations = 1}, [this] { return loop.now(); }, [] {}};
  bool at_console = false;
  agent::SetupPorts ports{{setup, password, groups, anchor, audit, [this](pid_t) { return at_console; }}};
  const dbus::Caller caller{":1.7", 0, 7};

  Fixture() {
    (void)value<std::monostate>([this](auto answer) { seal.prepare(answer); });
    anchor.check();
    run_until([this] { return anchor.finding() == agent::StateAnchor::Finding::consistent; });
  }
  void reset() {
    bool done = false;
    ports.reset_to_setup(caller, [&done](const auto& outcome) { done = outcome.index() == 0; });
    run_until([&done] { return done; });
  }
  // Whether it was.
  bool make_password() {
    std::optional<bool> made;
    ports.make_password(caller, [&made](const auto& outcome) { made = outcome.index() == 0; });
    run_until([&made] { return made.has_value(); });
    return *made;
  }
  [[nodiscard]] auto times_audited(const std::string& kind) const {
    return std::ranges::count(audited, kind, &AuditEntry::kind);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(setup_ports, Fixture)

BOOST_AUTO_TEST_CASE(a_reset_that_the_disk_refuses_is_not_audited_and_leaves_presence) {
  setup.report_presence("the button", {});
  refuse_rows("fact", "1");
  BOOST_CHECK_THROW(reset(), dbus::CallError);
  BOOST_TEST(times_audited("device-reset") == 0);
  take_records();
  reset();
  BOOST_TEST(times_audited("device-reset") == 1);
  BOOST_CHECK_THROW(reset(), dbus::CallError);  // presence counts once
  BOOST_TEST(times_audited("device-reset") == 1);
}

BOOST_AUTO_TEST_CASE(a_reset_from_the_console_leaves_presence) {
  setup.report_presence("the button", {});
  at_console = true;
  reset();
  at_console = false;
  reset();
  BOOST_TEST(times_audited("device-reset") == 2);
}

BOOST_AUTO_TEST_CASE(a_password_that_was_not_made_is_not_audited) {
  refuse_record("one-time-password");
  BOOST_TEST(!make_password());
  BOOST_TEST(times_audited("one-time-password") == 0);
  take_records();
  BOOST_TEST(make_password());
  BOOST_TEST(times_audited("one-time-password") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
