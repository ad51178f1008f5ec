#include "agent/audit/caller_names.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using namespace edgeseal;

namespace {

struct Fixture {
  int asked = 0;
  agent::CallerNames names{[this](uid_t uid) {
    ++asked;
    return "account " + std::to_string(uid);
  }};

  std::string account(uid_t uid, agent::CallerNames::Time now) {
    audit::Caller caller{uid, "", -1, "", ":1.7"};
    names.complete(caller, now);
    return caller.account;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(caller_names, Fixture)

BOOST_AUTO_TEST_CASE(the_name_of_an_account_is_asked_for_once_a_minute) {
  for (int i = 0; i < 1000; ++i) BOOST_TEST(account(7, 59s) == "account 7");
  BOOST_TEST(account(8, 60s) == "account 8");
  BOOST_TEST(asked == 2);
  BOOST_TEST(account(7, 119s) == "account 7");
  BOOST_TEST(asked == 3);
}

BOOST_AUTO_TEST_CASE(not_more_are_remembered_than_the_bound) {
  for (uid_t uid = 0; uid < agent::CallerNames::max_accounts; ++uid) (void)account(uid, 0s);
  (void)account(0, 0s);
  BOOST_TEST(asked == 256);
  (void)account(1000, 0s);
  BOOST_TEST(account(0, 0s) == "account 0");
  BOOST_TEST(asked == 258);
}

BOOST_AUTO_TEST_CASE(nobody_is_asked_about_a_caller_who_is_not_known) {
  BOOST_TEST(account(static_cast<uid_t>(-1), 0s) == "");
  BOOST_TEST(asked == 0);
}

BOOST_AUTO_TEST_CASE(the_account_database_knows_root) {
  agent::CallerNames real;
  audit::Caller caller{0, "", ::getpid(), "", ":1.7"};
  real.complete(caller, 0s);
  BOOST_TEST(caller.account == "root");
}

BOOST_AUTO_TEST_SUITE_END()
