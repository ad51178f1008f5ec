#include <boost/test/unit_test.hpp>
#include <map>

#include "tests/unit/renewal/simulated_gateway.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::RenewalTime;
using std::chrono::days;
using std::chrono::seconds;
using test::SimulatedGateway;

namespace {

constexpr std::uint64_t seeds = EDGESEAL_SIMULATED_GATEWAYS;
constexpr std::size_t devices = 10'000;
constexpr RenewalTime provisioned = std::chrono::sys_days(std::chrono::year(2027) / 1 / 1);

// How many devices ask in each minute.
using Minutes = std::map<std::int64_t, unsigned>;

agent::Jitter jitter_of(std::size_t device) {
  const std::string serial_number = "gateway-" + std::to_string(device);
  return agent::Jitter(std::as_bytes(std::span(serial_number)));
}

void count(Minutes& all, RenewalTime time) {
  ++all[std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count()];
}

// Over the minutes from the first to the last.
double busiest_to_mean(const Minutes& all) {
  unsigned busiest = 0, sum = 0;
  for (const auto& [minute, requests] : all) {
    busiest = std::max(busiest, requests);
    sum += requests;
  }
  const auto span = all.rbegin()->first - all.begin()->first + 1;
  return busiest / (static_cast<double>(sum) / static_cast<double>(span));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(renewal_simulation)

BOOST_AUTO_TEST_CASE(in_ten_years_no_certificate_ends_whose_authority_could_be_reached_for_a_day) {
  SimulatedGateway::Result all;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto result = SimulatedGateway(seed, 20).run(days(3652));
    BOOST_TEST_CONTEXT("seed " << seed) {
      BOOST_TEST(result.needless == 0U);
    }
    all.renewals += result.renewals;
    all.attempts += result.attempts;
    all.expired += result.expired;
  }
  BOOST_TEST_MESSAGE(all.renewals << " renewals by " << all.attempts << " tries; " << all.expired
                                  << " certificates ended while their authority or the machine was away");
  BOOST_TEST(all.expired > 0U);                  // else nothing was shown
  BOOST_TEST(all.attempts < 20 * all.renewals);  // each of the authorities is away for weeks of a year
}

BOOST_AUTO_TEST_CASE(a_fleet_that_was_provisioned_in_one_minute_renews_evenly) {
  for (const days lifetime : {days(7), days(90), days(365), days(3650)}) {
    Minutes due;
    for (std::size_t device = 0; device < devices; ++device)
      count(due, agent::renewal_due({provisioned, provisioned + lifetime}, {},
                                    jitter_of(device).place("plc/application/rsa-sha256")));
    BOOST_TEST_CONTEXT(lifetime.count() << " days") {
      BOOST_TEST(busiest_to_mean(due) <= 3.0);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_fleet_whose_authority_was_away_comes_back_evenly) {
  const RenewalTime end = provisioned + days(365);
  const RenewalTime back = provisioned + days(250);
  Minutes tries;
  for (std::size_t device = 0; device < devices; ++device) {
    const agent::Jitter jitter = jitter_of(device);
    RenewalTime time = agent::renewal_due({provisioned, end}, {}, jitter.place("slot"));
    for (unsigned failures = 1; time < back; ++failures)
      time += agent::retry_pause(failures, end - time, jitter.place("slot", failures));
    count(tries, time);
  }
  BOOST_TEST(busiest_to_mean(tries) <= 3.0);
}

BOOST_AUTO_TEST_SUITE_END()
