#include "agent/inhibitors.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <vector>

#include "tests/unit/agent/error_code.h"
#include "tests/unit/agent/loop_fixture.h"

namespace edgeseal::test {
namespace {

using agent::Code;
using agent::Inhibitors;
using policy::UniqueFd;

struct Fixture : LoopFixture {
  int changes = 0, freed = 0;
  Inhibitors inhibitors{loop, {.of_account = 3, .in_all = 5}, {[this] { ++changes; }, [this] { ++freed; }}};

  UniqueFd take(uid_t uid = 1, const std::string& who = "plc") {
    return inhibitors.take({who, "a batch runs", uid, 42, "plc.service", 7});
  }
};

UniqueFd copy_of(const UniqueFd& descriptor) {
  return UniqueFd(fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 0));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(inhibitors, Fixture)

BOOST_AUTO_TEST_CASE(nobody_inhibits_at_first) {
  BOOST_TEST(!inhibitors.busy());
  BOOST_CHECK_NO_THROW(inhibitors.require_free());
}

BOOST_AUTO_TEST_CASE(an_inhibitor_lives_as_long_as_its_descriptor) {
  UniqueFd held = take();
  BOOST_TEST(inhibitors.busy());
  BOOST_TEST(changes == 1);
  held = UniqueFd();
  run_until([&] { return freed == 1; });
  BOOST_TEST(changes == 2);
  BOOST_TEST(!inhibitors.busy());
}

BOOST_AUTO_TEST_CASE(who_closes_it_is_believed_at_once_and_heard_of_once) {
  take();
  BOOST_TEST(!inhibitors.busy());
  BOOST_TEST(freed == 1);
  loop.run_once(std::chrono::milliseconds(0));
  loop.run_once(std::chrono::milliseconds(0));
  BOOST_TEST(freed == 1);
  BOOST_TEST(changes == 2);
}

BOOST_AUTO_TEST_CASE(every_copy_keeps_it) {
  UniqueFd first = take();
  UniqueFd second = copy_of(first);
  first = UniqueFd();
  BOOST_TEST(inhibitors.busy());
  second = UniqueFd();
  BOOST_TEST(!inhibitors.busy());
}

BOOST_AUTO_TEST_CASE(only_the_end_of_the_last_one_frees) {
  UniqueFd first = take(), second = take();
  first = UniqueFd();
  BOOST_TEST(inhibitors.busy());
  BOOST_TEST(freed == 0);
  second = UniqueFd();
  BOOST_TEST(!inhibitors.busy());
  BOOST_TEST(freed == 1);
}

BOOST_AUTO_TEST_CASE(an_observer_that_asks_hears_of_the_end_once) {
  int ends = 0;
  Inhibitors* asked = nullptr;
  UniqueFd late;
  Inhibitors own(loop, {},
                 {[&] {
                    late = UniqueFd();  // closed while the end of the other one is told
                    (void)asked->busy();
                  },
                  [&] { ++ends; }});
  asked = &own;
  UniqueFd early = own.take({"a", "b", 1, 1, "", 1});
  late = own.take({"c", "d", 1, 1, "", 1});
  late = own.take({"e", "f", 1, 1, "", 1});
  early = UniqueFd();
  BOOST_TEST(!own.busy());
  BOOST_TEST(ends == 1);
}

BOOST_AUTO_TEST_CASE(the_refusal_names_the_oldest_and_counts_the_others) {
  const UniqueFd first = take(1, "plc");
  BOOST_CHECK_EXCEPTION(inhibitors.require_free(), agent::Error, [](const agent::Error& error) {
    return error.code() == Code::busy &&
           std::string(error.what()) == "busy: plc: a batch runs; try again when \"edgesealctl inhibitors\" shows none";
  });
  const UniqueFd second = take(2, "phone");
  BOOST_CHECK_EXCEPTION(inhibitors.require_free(), agent::Error, [](const agent::Error& error) {
    return std::string(error.what()).starts_with("busy: plc: a batch runs (and 1 more); ");
  });
}

BOOST_AUTO_TEST_CASE(they_are_listed_in_their_order) {
  const UniqueFd first = take(1, "plc"), second = take(2, "phone");
  const auto all = inhibitors.held();
  BOOST_REQUIRE(all.size() == 2u);
  BOOST_TEST(all[0].who == "plc");
  BOOST_TEST(all[0].unit == "plc.service");
  BOOST_TEST(all[0].since == 7u);
  BOOST_TEST(all[1].who == "phone");
  BOOST_TEST(all[1].uid == 2u);
}

BOOST_AUTO_TEST_CASE(an_account_and_all_together_have_a_limit) {
  std::vector<UniqueFd> held;
  for (int i = 0; i < 3; ++i) held.push_back(take(1));
  BOOST_CHECK_EXCEPTION(take(1), agent::Error, has_code(Code::too_many_operations));
  held.push_back(take(2));
  held.push_back(take(3));
  BOOST_CHECK_EXCEPTION(take(4), agent::Error, has_code(Code::too_many_operations));
  held.erase(held.begin());
  BOOST_CHECK_NO_THROW(held.push_back(take(1)));
}

BOOST_AUTO_TEST_CASE(ten_thousand_that_come_and_go_leave_nothing_behind) {
  const int before = UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC)).get();
  for (int i = 0; i < 10'000; ++i) take();
  BOOST_TEST(!inhibitors.busy());
  BOOST_TEST(freed == 10'000);
  BOOST_TEST(UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC)).get() == before);
}

BOOST_AUTO_TEST_CASE(what_a_holder_writes_does_not_matter) {
  UniqueFd held = take();
  const std::vector<char> flood(4096);
  fcntl(held.get(), F_SETFL, O_NONBLOCK);
  while (write(held.get(), flood.data(), flood.size()) > 0) continue;
  BOOST_TEST(inhibitors.busy());
  held = UniqueFd();
  run_until([&] { return freed == 1; });
  BOOST_TEST(!inhibitors.busy());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
