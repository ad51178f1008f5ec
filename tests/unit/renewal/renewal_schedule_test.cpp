#include <boost/test/unit_test.hpp>

#include "agent/renewal/best_time.h"
#include "agent/renewal/credential_choice.h"
#include "agent/renewal/expiry_notice.h"
#include "agent/renewal/jitter.h"
#include "agent/renewal/schedule.h"

using namespace edgeseal::agent;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Certificate = CredentialSituation::Certificate;

namespace {

constexpr RenewalTime begin = std::chrono::sys_days(std::chrono::year(2027) / 1 / 1);
constexpr RenewalTime no_end = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);

Validity lives(seconds lifetime) {
  return {begin, begin + lifetime};
}

Jitter jitter_of(std::string_view device) {
  return Jitter(std::as_bytes(std::span(device)));
}

const CredentialChoice* choice(const std::variant<CredentialChoice, CredentialNeed>& outcome) {
  return std::get_if<CredentialChoice>(&outcome);
}

std::string need(const std::variant<CredentialChoice, CredentialNeed>& outcome) {
  const auto* found = std::get_if<CredentialNeed>(&outcome);
  return found == nullptr ? "" : found->text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(renewal_schedule)

BOOST_AUTO_TEST_CASE(renewal_is_due_at_two_thirds_of_the_lifetime) {
  BOOST_TEST((renewal_due(lives(days(90)), {}, 0) == begin + days(60)));
}

BOOST_AUTO_TEST_CASE(renewal_is_due_so_many_days_before_the_end_at_least) {
  RenewalPolicy policy;
  policy.before_end = days(40);
  BOOST_TEST((renewal_due(lives(days(90)), policy, 0) == begin + days(50)));
  policy.before_end = days(80);
  BOOST_TEST((renewal_due(lives(days(90)), policy, 0) == begin + days(45)));
}

BOOST_AUTO_TEST_CASE(the_spread_brings_renewal_forward_and_never_puts_it_off) {
  BOOST_TEST((renewal_due(lives(days(90)), {}, 0.5) == begin + days(60) - 6h));
  BOOST_TEST((renewal_due(lives(hours(24)), {}, 0.5) == begin + 12h - 1h));
}

BOOST_AUTO_TEST_CASE(EN14_times_reach_past_2038_and_to_9999) {
  const RenewalTime due = renewal_due({begin, no_end}, {}, 0.999);
  BOOST_TEST((due > std::chrono::sys_days(std::chrono::year(7000) / 1 / 1)));
  BOOST_TEST((due < no_end));
  BOOST_TEST((retry_pause(40, no_end - begin, 0) == longest_retry_pause));
}

BOOST_AUTO_TEST_CASE(an_inverted_validity_is_due_at_once) {
  BOOST_TEST((renewal_due({begin, begin - days(1)}, {}, 0.5) == begin));
}

BOOST_AUTO_TEST_CASE(pauses_double_up_to_their_limit_and_get_shorter_towards_the_end) {
  BOOST_TEST((retry_pause(1, days(100), 0) == 5min));
  BOOST_TEST((retry_pause(2, days(100), 0) == 10min));
  BOOST_TEST((retry_pause(1'000'000, days(100), 0) == 6h));
  BOOST_TEST((retry_pause(1'000'000, days(1), 0) == 3h));
  BOOST_TEST((retry_pause(1'000'000, 30s, 0) == 1min));
  BOOST_TEST((retry_pause(1'000'000, -days(100), 0) == 6h));
  BOOST_TEST((retry_pause(2, days(100), 0.999) >= 5min));
}

BOOST_AUTO_TEST_CASE(EN8_what_a_server_asks_for_is_clamped) {
  BOOST_TEST((clamped_retry_after(0s) == 60s));
  BOOST_TEST((clamped_retry_after(-1s) == 1s));
  BOOST_TEST((clamped_retry_after(seconds(1'000'000'000)) == 24h));
  BOOST_TEST((clamped_retry_after(17s) == 17s));
}

BOOST_AUTO_TEST_CASE(places_differ_by_device_and_purpose_and_stay) {
  const Jitter jitter = jitter_of("one");
  BOOST_TEST(jitter.place("slot", 1) == jitter_of("one").place("slot", 1));
  BOOST_TEST(jitter.place("slot", 1) != jitter_of("two").place("slot", 1));
  BOOST_TEST(jitter.place("slot", 1) != jitter.place("slot", 2));
  BOOST_TEST(jitter.place("slot", 1) != jitter.place("other", 1));
  for (std::uint64_t i = 0; i < 1000; ++i) BOOST_TEST((jitter.place("slot", i) >= 0 && jitter.place("slot", i) < 1));
}

BOOST_AUTO_TEST_CASE(EN14_a_clock_that_stands_at_1970_puts_off_nothing) {
  BestTime time;
  (void)time.read({begin, true, begin});
  const RenewalMoment later = time.read({RenewalTime{}, false, begin + days(30)});
  BOOST_TEST((later.day == begin + days(30)));
}

BOOST_AUTO_TEST_CASE(a_time_server_sets_the_time_back_and_nobody_else) {
  BestTime time;
  (void)time.read({begin, true, begin});
  BOOST_TEST((time.read({begin + days(4000), false, begin}).day == begin + days(4000)));
  BOOST_TEST((time.read({begin - days(1), false, begin + 1h}).day == begin + 1h));
  BOOST_TEST((time.read({begin - days(1), true, begin + 1h}).day == begin - days(1)));
}

BOOST_AUTO_TEST_CASE(notices_come_at_28_7_and_1_days) {
  const Validity year = lives(days(365));
  const auto notice = [&](seconds left) { return expiry_notice(year, year.end - left); };
  BOOST_TEST(!notice(days(28) + 1s));
  BOOST_TEST(notice(days(28)).value() == 28U);
  BOOST_TEST(notice(days(7)).value() == 7U);
  BOOST_TEST(notice(days(1)).value() == 1U);
  BOOST_TEST(notice(1s).value() == 1U);
  BOOST_TEST(!notice(0s));
}

BOOST_AUTO_TEST_CASE(a_short_lived_certificate_has_no_early_notices) {
  const Validity week = lives(days(7));
  BOOST_TEST(!expiry_notice(week, week.end - days(6)));
  BOOST_TEST(expiry_notice(week, week.end - hours(20)).value() == 1U);
  BOOST_TEST(!expiry_notice(lives(hours(24)), begin + hours(23)));
}

BOOST_AUTO_TEST_CASE(A15_a_good_certificate_renews_itself_whatever_else_there_is) {
  const CredentialSituation situation{Certificate::good, true, true};
  const auto outcome = choose_credential({Credential::secret, Credential::device_identity}, situation);
  BOOST_REQUIRE(choice(outcome) != nullptr);
  BOOST_TEST((choice(outcome)->credential == Credential::current_certificate));
  BOOST_TEST(choice(outcome)->renews);
}

BOOST_AUTO_TEST_CASE(A13_a_device_identity_gets_the_first_certificate_without_a_secret) {
  const auto outcome = choose_credential({Credential::device_identity, Credential::secret}, {Certificate::none, true});
  BOOST_REQUIRE(choice(outcome) != nullptr);
  BOOST_TEST((choice(outcome)->credential == Credential::device_identity));
  BOOST_TEST(!choice(outcome)->renews);
}

BOOST_AUTO_TEST_CASE(A11_without_any_credential_somebody_is_told_what_is_required) {
  const auto outcome = choose_credential({Credential::device_identity, Credential::secret}, {});
  BOOST_TEST(choice(outcome) == nullptr);
  BOOST_TEST(need(outcome).find("credentials required") == 0U);
}

BOOST_AUTO_TEST_CASE(EN11_an_ended_certificate_falls_back_to_what_the_profile_allows_and_no_further) {
  const CredentialSituation situation{Certificate::ended, true, true};
  const auto outcome = choose_credential({Credential::device_identity}, situation);
  BOOST_REQUIRE(choice(outcome) != nullptr);
  BOOST_TEST((choice(outcome)->credential == Credential::device_identity));
  BOOST_TEST(need(choose_credential({}, situation)).find("has ended") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
