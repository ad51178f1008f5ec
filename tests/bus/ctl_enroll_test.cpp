// edgesealctl enroll, renew, profile and job against the service on a private bus.

#include <boost/test/unit_test.hpp>

#include "tests/bus/ctl_fixture.h"
#include "tests/fakes/test_certificate.h"

namespace edgeseal::test {
namespace {

using dbus::fake::bytes;
using dbus::fake::job_of;

struct Fixture : CtlFixture {
  Fixture() {
    service.in_loop([](auto& ports, auto& announcer) {
      announcer.job_removed(ports.enrolment.known.front().number);
      ports.enrolment.known = {job_of(7, "web/https/https")};
      announcer.job_added(ports.enrolment.known.front());
      return 0;
    });
  }
  void set_state(const std::string& state, const std::string& needs = "") {
    change([&](auto& ports) {
      ports.enrolment.known[0].state = state;
      ports.enrolment.known[0].needs = needs;
    });
  }
  std::string last_call() {
    return service.in_loop([](auto& ports, auto&) { return ports.enrolment.calls.back(); });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(edgesealctl_enroll, Fixture)

BOOST_AUTO_TEST_CASE(a_profile_is_enrolled_and_its_jobs_are_shown) {
  const auto result = ctl({"enroll", "plant", "--slot", "web/https/https"});
  BOOST_TEST(result.err == "");
  BOOST_TEST(result.status == 0);
  BOOST_TEST(has(result.out, "web/https/https"));
  BOOST_TEST(last_call() == "enroll plant web/https/https");
}

BOOST_AUTO_TEST_CASE(a_secret_comes_from_a_file_without_its_line_end) {
  BOOST_TEST(ctl({"enroll", "plant", "--secret-file", file("otp", "correct horse\n")}).status == 0);
  BOOST_TEST((service.in_loop([](auto& ports, auto&) { return ports.enrolment.secret; }) == bytes("correct horse")));
  BOOST_TEST(ctl({"job", "secret", "7", "-"}, "from input").status == 0);
  BOOST_TEST((service.in_loop([](auto& ports, auto&) { return ports.enrolment.secret; }) == bytes("from input")));
}

BOOST_AUTO_TEST_CASE(who_waits_hears_whether_it_is_done) {
  set_state("done");
  BOOST_TEST(ctl({"enroll", "plant", "--wait"}).status == 0);
  set_state("awaiting-credential", "credentials required");
  const auto result = ctl({"renew", "web", "--wait"});
  BOOST_TEST(result.status == 1);
  BOOST_TEST(has(result.out, "credentials required"));
}

BOOST_AUTO_TEST_CASE(jobs_are_listed_shown_and_cancelled) {
  BOOST_TEST(has(ctl({"job", "list"}).out, "ready"));
  BOOST_TEST(ctl_json({"job", "list"})[0]["job"] == 7);
  BOOST_TEST(ctl_json({"job", "show", "7"})["slot"] == "web/https/https");
  BOOST_TEST(ctl({"job", "cancel", "7"}).status == 0);
  BOOST_TEST(last_call() == "cancel 7");
  BOOST_TEST(ctl({"job", "show", "x"}).status == 2);
  BOOST_TEST(ctl({"job", "show", "8"}).status == 1);
}

BOOST_AUTO_TEST_CASE(an_authority_is_approved_by_its_fingerprint) {
  BOOST_TEST(ctl({"job", "approve", "7", std::string(64, 'a')}).status == 0);
  BOOST_TEST(last_call() == "approve 7");
  BOOST_TEST(ctl({"job", "approve", "7", "nonsense"}).status == 2);
}

BOOST_AUTO_TEST_CASE(a_request_goes_out_and_a_certificate_comes_in_by_hand) {
  BOOST_TEST(ctl({"job", "request", "7"}).status == 1);
  change([](auto& ports) { ports.enrolment.known[0].request = bytes("request"); });
  BOOST_TEST(has(ctl({"job", "request", "7"}).out, "BEGIN CERTIFICATE REQUEST"));
  TestCertificate certificate{"web"};
  const auto der = certificate.der();
  BOOST_TEST(ctl({"job", "install", "7", file("web.der", std::string(der.begin(), der.end()))}).status == 0);
  BOOST_TEST(last_call() == "install 7");
}

BOOST_AUTO_TEST_CASE(profiles_are_shown_with_their_mistakes_and_given) {
  change([](auto& ports) {
    dbus::ProfileInfo profile;
    profile.name = "plant";
    profile.problem = "plant.toml:3: url is missing";
    ports.enrolment.known_profiles = {profile};
  });
  BOOST_TEST(has(ctl({"profile", "list"}).out, "plant.toml:3: url is missing"));
  BOOST_TEST(ctl({"profile", "set", "other", file("other.toml", "protocol = \"external\"\n")}).status == 0);
  BOOST_TEST(has(last_call(), "set other protocol"));
  BOOST_TEST(ctl({"profile", "remove", "other"}).status == 0);
}

BOOST_AUTO_TEST_CASE(what_is_due_is_shown) {
  change([](auto& ports) {
    dbus::RenewalInfo renewal;
    renewal.slot = "web/https/https";
    renewal.due = 1'800'000'000'000'000;
    ports.enrolment.known_renewals = {renewal};
  });
  BOOST_TEST(has(ctl({"renew"}).out, "2027-01-15"));
  BOOST_TEST(ctl_json({"renew"})[0]["slot"] == "web/https/https");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
