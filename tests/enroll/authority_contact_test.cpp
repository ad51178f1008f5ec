// Whether an authority answers and is believed, and what it sees of the device for that: nothing.
#include "enroll/authority_contact.h"
#include "tests/enroll/enrolment_fixture.h"

namespace edgeseal::test {
namespace {

using namespace enroll;

// One contact, which may be gone.
class FakeContacts final : public AgentContacts {
 public:
  std::optional<Job> wanted;
  std::optional<Error> problem;
  int reports = 0;

  Job take_contact(const std::string&) override {
    if (!wanted) throw RefusedByAgent("InvalidState");
    return *wanted;
  }
  void report_contact(const std::string&, const std::optional<Error>& reported) override {
    ++reports;
    problem = reported;
  }
};

struct ContactFixture : EnrolmentFixture {
  FakeContacts contacts;

  // Of the job, what the agent tells of it.
  std::string met(const Job& job) {
    Job told;
    told.identifier = "plant";
    told.protocol = job.protocol;
    told.url = job.url;
    told.trust = job.trust;
    contacts.wanted = told;
    run_contact(contacts, "plant", surroundings, {});
    return contacts.problem ? std::string(name_of(contacts.problem->error_class())) : "";
  }
  [[nodiscard]] std::string message() const { return contacts.problem ? contacts.problem->what() : ""; }

  [[nodiscard]] Job cmp_job() const {
    Job job = this->job();
    job.protocol = Protocol::cmp;
    return job;
  }
  // Nobody listens there.
  [[nodiscard]] static std::string silent_url() { return "https://localhost:1"; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(authority_contact, ContactFixture)

BOOST_AUTO_TEST_CASE(a_server_that_answers_and_is_believed_has_seen_nothing_of_the_device) {
  BOOST_TEST(met(job()) == "", message());
  const auto seen = requests();
  BOOST_REQUIRE(seen.size() == 1U);
  BOOST_TEST(text(seen[0], "method") == "GET");
  BOOST_TEST(text(seen[0], "path") == "/.well-known/est/cacerts");
  BOOST_TEST(text(seen[0], "client").empty());
  BOOST_TEST(text(seen[0], "body").empty());
  BOOST_TEST(!seen[0].at("headers").contains("authorization"));
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_who_is_meant_is_told_nothing) {
  for (const char* endpoint : {"other-ca", "expired", "wrong-host", "self-signed"}) {
    Job other = job();
    other.url = server.url(endpoint);
    for (const Protocol protocol : {Protocol::est, Protocol::cmp}) {
      other.protocol = protocol;
      BOOST_TEST(met(other) == "server-untrusted", endpoint);
      BOOST_TEST(server.seen().at(endpoint).at("requests").empty());
    }
  }
  Job another = job();
  another.trust.anchors = {server.content("other-root.der")};
  BOOST_TEST(met(another) == "server-untrusted");
  BOOST_TEST(message().find("unable to get") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(where_nobody_listens_nothing_is_reached) {
  Job gone = job();
  gone.url = silent_url();
  BOOST_TEST(met(gone) == "transport");
  BOOST_TEST(message().find("localhost") != std::string::npos);
  gone.protocol = Protocol::cmp;
  BOOST_TEST(met(gone) == "transport");
}

BOOST_AUTO_TEST_CASE(without_an_anchor_nobody_is_believed) {
  Job unknown = job();
  unknown.trust.anchors.clear();
  BOOST_TEST(met(unknown) == "policy");
  BOOST_TEST(requests().empty());
}

BOOST_AUTO_TEST_CASE(a_fingerprint_is_enough_and_the_wrong_one_is_not) {
  BOOST_TEST(met(first_contact(FirstTrust::fingerprint)) == "", message());
  Job wrong = first_contact(FirstTrust::fingerprint);
  wrong.trust.fingerprint = sha256(server.content("other-root.der"));
  BOOST_TEST(met(wrong) == "server-untrusted");
}

BOOST_AUTO_TEST_CASE(what_a_person_has_yet_to_compare_is_not_believed_and_nobody_is_asked) {
  BOOST_TEST(met(first_contact(FirstTrust::person)) == "server-untrusted");
  BOOST_TEST(message().find(hexadecimal(sha256(server.content("root.der")))) != std::string::npos);
  BOOST_TEST(contacts.reports == 1);
}

BOOST_AUTO_TEST_CASE(a_server_that_wants_to_know_who_asks_is_believed_and_learns_nothing) {
  BOOST_TEST(met(job("challenge=cacerts/Basic realm=\"plant\"")) == "", message());
  for (const auto& request : requests()) BOOST_TEST(!request.at("headers").contains("authorization"));
}

BOOST_AUTO_TEST_CASE(a_server_that_is_believed_and_does_not_serve_is_told_from_one_that_is_away) {
  BOOST_TEST(met(job("refuse=cacerts/busy")) == "rejected");
  BOOST_TEST(met(job("cacerts=type")) == "rejected");
  BOOST_TEST(met(job("large=cacerts")) == "rejected");
}

BOOST_AUTO_TEST_CASE(a_server_that_is_silent_holds_up_nobody) {
  surroundings.limits.total = std::chrono::milliseconds(500);
  BOOST_TEST(met(job("stall=cacerts")) != "");
}

BOOST_AUTO_TEST_CASE(any_answer_of_its_own_of_a_server_of_cmp_will_do) {
  BOOST_TEST(met(cmp_job()) == "", message());
  for (const auto& request : requests()) {
    BOOST_TEST(text(request, "method") == "GET");
    BOOST_TEST(text(request, "client").empty());
  }
}

BOOST_AUTO_TEST_CASE(an_answer_in_place_of_a_server_of_cmp_is_none) {
  const auto answering = [&](const std::string& fault) {
    Job job = cmp_job();
    job.url = server.url("good", fault) + "/cacerts";
    return job;
  };
  BOOST_TEST(met(answering("refuse=cacerts/missing")) == "", message());
  BOOST_TEST(met(answering("refuse=cacerts/busy")) == "rejected");
  BOOST_TEST(met(answering("redirect=cacerts/other")) == "redirect");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_contacted_is_said) {
  Job by_helper = job();
  by_helper.protocol = Protocol::helper;
  BOOST_TEST(met(by_helper) == "policy");
}

BOOST_AUTO_TEST_CASE(what_is_not_ours_any_more_is_not_reported) {
  run_contact(contacts, "plant", surroundings, {});
  BOOST_TEST(contacts.reports == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
