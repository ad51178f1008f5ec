#include "agent/status_line.h"

#include <boost/test/unit_test.hpp>

using namespace edgeseal::agent;
using namespace std::chrono_literals;

namespace {

const RenewalTime now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};

StatusFacts well() {
  StatusFacts facts;
  facts.tpm = "ready";
  facts.applications = 3;
  facts.setup = "operational";
  facts.next_renewal = {"web/https/https", now + 12 * 24h + 5h};
  facts.now = now;
  return facts;
}

std::string wait_of(std::chrono::seconds wait) {
  StatusFacts facts = well();
  facts.next_renewal->due = now + wait;
  const std::string line = status_line(facts);
  return line.substr(line.rfind("https ") + 6);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(status)

BOOST_AUTO_TEST_CASE(what_is_well_is_a_line) {
  BOOST_TEST(status_line(well()) ==
             "TPM ready; 3 applications; setup operational; next renewal web/https/https in 12 d");
}

BOOST_AUTO_TEST_CASE(what_is_not_well_comes_first) {
  StatusFacts facts = well();
  facts.tpm = "locked-out";
  facts.tpm_detail = "one more try in 10 min";
  facts.alarms = 1;
  facts.drift = 2;
  facts.held_up = {"plc/application/rsa-sha256"};
  facts.applications = 1;
  facts.next_renewal.reset();
  BOOST_TEST(status_line(facts) ==
             "TPM locked-out: one more try in 10 min; 1 alarm; 2 directory findings; 1 renewal waits for somebody; "
             "1 application; setup operational");
}

BOOST_AUTO_TEST_CASE(a_wait_is_told_in_what_it_takes) {
  BOOST_TEST(wait_of(-1h) == "now");
  BOOST_TEST(wait_of(59min) == "within the hour");
  BOOST_TEST(wait_of(47h) == "in 47 h");
  BOOST_TEST(wait_of(48h) == "in 2 d");
}

BOOST_AUTO_TEST_CASE(a_line_is_bounded_and_stays_a_line_of_whole_characters) {
  StatusFacts facts = well();
  facts.tpm_detail = "a\nb\033" + std::string(500, 'x');
  facts.next_renewal->slot = std::string(99, 'y') + "ä" + std::string(300, 'z');
  const std::string line = status_line(facts);
  BOOST_TEST(line.size() <= 200U);
  BOOST_TEST(line.find('\n') == std::string::npos);
  BOOST_TEST(line.find('\033') == std::string::npos);
  BOOST_TEST(line.ends_with("..."));
  for (std::size_t size = 1; size < 60; ++size) {
    facts.tpm_detail = std::string(size, 'x') + std::string("ääääääääääääääääääääääääääääääääääääääääääääääääääää");
    const std::string cut = status_line(facts);
    const auto at = cut.find("...");
    BOOST_REQUIRE(at != std::string::npos);
    BOOST_TEST((static_cast<unsigned char>(cut[at - 1]) == 0xA4 || cut[at - 1] == 'x'));  // the end of an "ä"
  }
}

BOOST_AUTO_TEST_SUITE_END()
