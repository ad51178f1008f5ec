// Authorities are looked at by whoever runs jobs, for who asks.
#include <boost/test/unit_test.hpp>

#include "agent/renewal/authority_contacts.h"
#include "tests/unit/renewal/enrolment_fixture.h"

using namespace edgeseal;
using agent::AuthorityContacts;
using agent::Code;
using test::has_code;

namespace {

using Found = AuthorityContacts::Found;

struct ContactFixture : test::EnrolmentFixture {
  explicit ContactFixture(AuthorityContacts::Times times = {std::chrono::seconds(0), std::chrono::hours(1),
                                                            std::chrono::hours(1)})
      : contacts(
            loop, started(), [this](const std::string& profile) { called.push_back(profile); }, times) {}

  agent::Enrolment& started() {
    start(by_secret);
    return *enrolment;
  }

  // Profiles by name; the agent knows these.
  void use(const std::vector<std::pair<std::string, std::string>>& texts) {
    profiles.clear();
    for (const auto& [name, text] : texts)
      profiles.push_back({name, agent::parse_profile(name, name + ".toml", text, agent::ProfileSource::bus), {}});
    enrolment->use_profile_files(profiles);
  }
  void check() {
    contacts.check([this](const std::variant<Found, agent::Error>& answer) { answers.push_back(answer); });
  }
  void wait_for_contact() {
    run_until([this] { return !contacts.waiting().empty(); });
  }
  [[nodiscard]] const Found& answer() {
    run_until([this] { return !answers.empty(); });
    return std::get<Found>(answers.back());
  }
  // What became of the only one.
  [[nodiscard]] dbus::ContactOutcome outcome() {
    const Found& found = answer();
    BOOST_REQUIRE(found.size() == 1U);
    return found.front().outcome;
  }

  std::vector<std::string> called;  // profiles
  std::vector<std::variant<Found, agent::Error>> answers;
  AuthorityContacts contacts;
};

struct ShortRounds : ContactFixture {
  ShortRounds() : ContactFixture({std::chrono::seconds(0), std::chrono::milliseconds(1), std::chrono::hours(1)}) {}
};

struct ImpatientRounds : ContactFixture {
  ImpatientRounds() : ContactFixture({std::chrono::seconds(0), std::chrono::hours(1), std::chrono::seconds(0)}) {}
};

struct RareRounds : ContactFixture {
  RareRounds() : ContactFixture({std::chrono::hours(1), std::chrono::hours(1), std::chrono::hours(1)}) {}
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(authority_contacts, ContactFixture)

BOOST_AUTO_TEST_CASE(whoever_runs_jobs_takes_the_contact_and_what_he_reports_is_the_answer) {
  check();
  wait_for_contact();
  BOOST_TEST(called == std::vector<std::string>{"plant"}, boost::test_tools::per_element());
  const dbus::JobWork work = contacts.take("plant", runner);
  BOOST_TEST(work.protocol == "est");
  BOOST_TEST(work.url == url);
  BOOST_TEST(work.trust == "implicit");
  BOOST_TEST(contacts.waiting().empty());
  contacts.report("plant", runner, {"transport", "nobody listens"});
  const Found found = answer();
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0].profile == "plant");
  BOOST_TEST(found[0].url == url);
  BOOST_TEST(found[0].outcome.failure_class == "transport");
  BOOST_TEST(found[0].outcome.message == "nobody listens");
}

BOOST_AUTO_TEST_CASE(of_the_device_nothing_is_handed_out) {
  (void)enrolment->enroll("plant", "", secret());
  check();
  wait_for_contact();
  const dbus::JobWork work = contacts.take("plant", runner);
  BOOST_TEST(!work.secret);
  BOOST_TEST(work.user.empty());
  BOOST_TEST(work.identity_key.empty());
  BOOST_TEST(work.identity_certificate.empty());
  BOOST_TEST(work.request.empty());
  BOOST_TEST(work.key.empty());
}

BOOST_AUTO_TEST_CASE(what_a_person_has_approved_for_a_job_is_believed) {
  use({{"plant", est("[trust]\nfirst-contact = \"person\"\ngroup = \"web/https\"\n"
                     "[credentials]\nfirst = [\"secret\"]\n")}});
  (void)enrolment->enroll("plant", "", secret());
  (void)take();
  enrolment->propose(job().number, runner, {{plant.certificate(), "pki.plant.example"}});
  enrolment->approve(job().number, agent::sha256(plant.certificate()));
  check();
  wait_for_contact();
  const dbus::JobWork work = contacts.take("plant", runner);
  BOOST_TEST(work.trust == "explicit");
  BOOST_TEST((work.anchors == std::vector<tpm::Bytes>{plant.certificate()}));
}

BOOST_AUTO_TEST_CASE(where_nothing_says_whom_to_believe_nobody_is_contacted) {
  use({{"plant", est("[trust]\ngroup = \"web/https\"\n[credentials]\nfirst = [\"secret\"]\n")}});
  check();
  wait_for_contact();
  BOOST_CHECK_EXCEPTION((void)contacts.take("plant", runner), agent::Error, has_code(Code::certificate_untrusted));
  const dbus::ContactOutcome seen = outcome();
  BOOST_TEST(seen.failure_class == "cancelled");
  BOOST_TEST(seen.message.find("edgesealctl trust add") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_authorities_with_a_url_and_a_protocol_of_ours_are_contacted) {
  const std::string slots = "slots = [\"web/https/https\"]\n";
  const std::string of_group = "[trust]\ngroup = \"web/https\"\n[credentials]\nfirst = [\"device-identity\"]\n";
  use({{"est", est(of_group)},
       {"self", "protocol = \"self-signed\"\n" + slots},
       {"by-hand", "protocol = \"external\"\n" + slots},
       {"found", "protocol = \"est\"\ndiscover = \"_est._tcp\"\n" + slots + of_group},
       {"helped", "protocol = \"helper\"\nhelper = \"scep\"\nurl = \"https://pki.example.com\"\n" + slots + of_group}});
  check();
  wait_for_contact();
  BOOST_TEST(contacts.waiting() == std::vector<std::string>{"est"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(where_there_is_no_authority_the_answer_comes_at_once) {
  use({{"self", "protocol = \"self-signed\"\nslots = [\"web/https/https\"]\n"}});
  check();
  BOOST_TEST(answer().empty());
  BOOST_TEST(called.empty());
}

BOOST_AUTO_TEST_CASE(all_who_ask_meanwhile_have_the_answer_of_one_round) {
  check();
  wait_for_contact();
  check();
  (void)contacts.take("plant", runner);
  contacts.report("plant", runner, {});
  BOOST_TEST(answers.size() == 2U);
  BOOST_TEST(called.size() == 1U);
}

BOOST_AUTO_TEST_CASE(no_more_than_sixteen_wait) {
  for (std::size_t asker = 0; asker < AuthorityContacts::max_askers; ++asker) check();
  BOOST_CHECK_EXCEPTION(check(), agent::Error, has_code(Code::too_many_operations));
}

BOOST_AUTO_TEST_CASE(a_contact_belongs_to_who_took_it_and_is_reported_once) {
  BOOST_CHECK_EXCEPTION((void)contacts.take("plant", runner), agent::Error, has_code(Code::invalid_state));
  check();
  wait_for_contact();
  BOOST_CHECK_EXCEPTION(contacts.report("plant", runner, {}), agent::Error, has_code(Code::invalid_state));
  (void)contacts.take("plant", runner);
  BOOST_CHECK_EXCEPTION((void)contacts.take("plant", ":1.99"), agent::Error, has_code(Code::invalid_state));
  BOOST_CHECK_EXCEPTION(contacts.report("plant", ":1.99", {}), agent::Error, has_code(Code::invalid_state));
  BOOST_CHECK_EXCEPTION(contacts.report("plant", runner, {"no such class", ""}), agent::Error,
                        has_code(Code::invalid_argument));
  contacts.report("plant", runner, {});
  BOOST_CHECK_EXCEPTION(contacts.report("plant", runner, {}), agent::Error, has_code(Code::invalid_state));
}

BOOST_AUTO_TEST_CASE(a_profile_that_has_gone_meanwhile_is_not_seen) {
  check();
  wait_for_contact();
  use({});
  BOOST_CHECK_EXCEPTION((void)contacts.take("plant", runner), agent::Error, has_code(Code::not_found));
  BOOST_TEST(outcome().failure_class == "cancelled");
}

BOOST_AUTO_TEST_CASE(a_runner_that_leaves_the_bus_has_seen_nothing) {
  check();
  wait_for_contact();
  (void)contacts.take("plant", runner);
  contacts.runner_vanished(":1.99");
  BOOST_TEST(answers.empty());
  contacts.runner_vanished(runner);
  BOOST_TEST(outcome().failure_class == "cancelled");
}

BOOST_AUTO_TEST_CASE(a_service_that_ended_just_then_is_called_again_and_only_once) {
  check();
  wait_for_contact();
  contacts.service_left();
  BOOST_TEST(called.size() == 2U);
  contacts.service_left();
  BOOST_TEST(called.size() == 2U);
  BOOST_TEST(outcome().failure_class == "cancelled");
}

BOOST_AUTO_TEST_CASE(whoever_comes_without_being_started_may_look) {
  check();
  wait_for_contact();
  contacts.service_missing("nobody is known by this name");
  (void)contacts.take("plant", runner);
  contacts.report("plant", runner, {});
  BOOST_TEST(outcome().failure_class == "");
}

BOOST_FIXTURE_TEST_CASE(a_service_that_cannot_be_started_is_the_answer_where_nobody_comes, ImpatientRounds) {
  check();
  wait_for_contact();
  contacts.service_missing("Unit edgeseal-enroll.service is masked.");
  BOOST_TEST(outcome().failure_class == "cancelled");
  BOOST_TEST(outcome().message.find("is masked") != std::string::npos);
  contacts.service_missing("again");
  contacts.service_left();
  BOOST_TEST(answers.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_runner_that_is_silent_holds_up_nobody, ShortRounds) {
  check();
  BOOST_TEST(outcome().failure_class == "cancelled");
  check();
  run_until([this] { return answers.size() == 2; });
  BOOST_TEST(called.size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(authorities_are_not_asked_again_at_once, RareRounds) {
  check();
  wait_for_contact();
  (void)contacts.take("plant", runner);
  contacts.report("plant", runner, {});
  check();
  loop.run_once(std::chrono::milliseconds(0));
  loop.run_once(std::chrono::milliseconds(0));
  BOOST_TEST(contacts.waiting().empty());
  BOOST_TEST(called.size() == 1U);
  BOOST_TEST(answers.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
