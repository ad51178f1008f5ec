// Jobs of the agent by CMP.

#include <boost/test/unit_test.hpp>

#include "enroll/cmp/job_run.h"
#include "enroll/job_run.h"
#include "tests/enroll/cmp/fixture.h"
#include "tests/enroll/cmp/forgery.h"
#include "tests/enroll/fake_agent.h"
#include "tests/enroll/fake_agent_jobs.h"
#include "tests/fakes/fake_journal.h"

namespace {

using namespace edgeseal::test;
using namespace edgeseal::enroll;

struct Jobs : CmpFixture {
  FakeAgent agent;
  Surroundings surroundings;
  Job job;

  Jobs() {
    job.protocol = Protocol::cmp;
    job.url = server.url();
    job.request = signing_request("gateway", key);
    server.sign_as(server.root);
    surroundings.open_key = [this](const std::string& name) {
      if (name == "edgeseal:gateway") return device.key;
      throw Error(ErrorClass::policy, "no such key");
    };
  }

  void know_secret() {
    const ByteView secret = bytes_of(server_secret);
    job.password = Password{server_reference, SecretBytes(secret.begin(), secret.end()), {}};
  }
  void know_anchor() { job.trust.anchors = {der_of(server.root.certificate)}; }
  void be_identified() { job.identity = NamedIdentity{"edgeseal:gateway", der_of(device.certificate), {}}; }

  [[nodiscard]] Result run() { return cmp::run(job, agent, surroundings, {}); }
  [[nodiscard]] std::string problem() {
    try {
      (void)run();
      return "nothing";
    } catch (const Error& error) {
      return std::string(name_of(error.error_class()));
    }
  }
  [[nodiscard]] std::string first_place() const {
    const std::string path = server.seen().paths.at(0);
    return path.substr(path.rfind('/') + 1);
  }
};

// What a provider without TPM takes for a key reference.
Bytes key_der(const Key& key) {
  unsigned char* der = nullptr;
  const int size = i2d_PrivateKey(key.get(), &der);
  const auto* bytes = reinterpret_cast<const std::byte*>(der);
  Bytes result(bytes, bytes + size);
  OPENSSL_free(der);
  return result;
}

BOOST_FIXTURE_TEST_SUITE(cmp_job, Jobs)

BOOST_AUTO_TEST_CASE(a_secret_gives_the_first_certificate_and_the_first_anchors) {
  know_secret();
  job.cmp.key = key_der(key);
  server.ca_pubs = {server.root.certificate};
  const Result result = run();
  BOOST_TEST(static_cast<bool>(parse_certificate(result.certificate)));
  BOOST_TEST((result.anchors == std::vector<Bytes>{der_of(server.root.certificate)}));
  BOOST_TEST(first_place() == "initialization");
  BOOST_TEST((agent.stages == std::vector{Stage::request, Stage::enrolment, Stage::verification}));
}

BOOST_AUTO_TEST_CASE(a_fingerprint_says_which_of_the_authorities_that_come_along_is_the_anchor) {
  know_secret();
  job.cmp.key = key_der(key);
  job.trust.first = FirstTrust::fingerprint;
  job.trust.fingerprint = fingerprint_of(server.root.certificate);
  server.ca_pubs = {Identity::root("Somebody else").certificate, server.root.certificate};
  const Result result = run();
  BOOST_TEST(static_cast<bool>(parse_certificate(result.certificate)));
  BOOST_TEST((result.anchors == std::vector<Bytes>{der_of(server.root.certificate)}));
}

BOOST_AUTO_TEST_CASE(a_certificate_of_an_authority_with_another_fingerprint_is_not_taken) {
  know_secret();
  job.cmp.key = key_der(key);
  job.trust.first = FirstTrust::fingerprint;
  job.trust.fingerprint = fingerprint_of(Identity::root("Test plant CA").certificate);
  server.ca_pubs = {server.root.certificate};
  BOOST_TEST(problem() == "server-untrusted");
  BOOST_TEST(server.seen().confirmed == 0);
  BOOST_TEST(server.seen().rejected == 1);
  BOOST_TEST(agent.secrets_spent == 1);
}

BOOST_AUTO_TEST_CASE(anchors_in_force_stay) {
  know_secret();
  know_anchor();
  job.cmp.key = key_der(key);
  server.ca_pubs = {Identity::root("Somebody else").certificate};
  BOOST_TEST(run().anchors.empty());
}

BOOST_AUTO_TEST_CASE(EN23_modifications_are_told_to_the_agent_and_in_the_journal) {
  know_anchor();
  know_secret();
  FakeAgentJobs jobs;
  jobs.jobs["as-asked-for"] = jobs.jobs["modified"] = job;
  (void)take_journal();
  run_job(jobs, "as-asked-for", surroundings, {});
  BOOST_TEST(!jobs.delivered.modified);
  BOOST_TEST(take_journal().empty());
  server.status = OSSL_CMP_PKISTATUS_grantedWithMods;
  server.status_text = "shorter than you wished";
  run_job(jobs, "modified", surroundings, {});
  BOOST_TEST(jobs.delivered.modified.has_value());
  const auto journal = take_journal();
  BOOST_TEST_REQUIRE(journal.size() == 1U);
  BOOST_TEST(journal[0].at("EDGESEAL_JOB") == "modified");
  BOOST_TEST(journal[0].at("MESSAGE").find("shorter than you wished") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(EN23_an_anchor_that_came_along_without_the_right_to_is_told) {
  know_anchor();
  be_identified();
  job.cmp.key = key_der(key);
  server.ca_pubs = {server.root.certificate};
  BOOST_TEST(!run().trust_problem);
  server.ca_pubs.push_back(Identity::root("Somebody else").certificate);
  const Result result = run();
  BOOST_TEST(!result.certificate.empty());
  BOOST_TEST(result.anchors.empty());
  BOOST_TEST_REQUIRE(result.trust_problem.has_value());
  BOOST_TEST((result.trust_problem->error_class() == ErrorClass::rollover));
  BOOST_TEST(std::string(result.trust_problem->what()).find("Somebody else") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_secret_is_spent_once_something_was_issued) {
  know_anchor();
  know_secret();
  server.status = OSSL_CMP_PKISTATUS_rejection;
  BOOST_TEST(problem() == "rejected");
  BOOST_TEST(agent.secrets_spent == 0);
  server.status = OSSL_CMP_PKISTATUS_accepted;
  server.certified = ec_key();
  BOOST_TEST(problem() == "key-mismatch");
  BOOST_TEST(agent.secrets_spent == 1);
  server.certified = key;
  server.certificate_extensions = ca_extensions;
  BOOST_TEST(problem() == "unsuitable-certificate");
  BOOST_TEST(agent.secrets_spent == 2);
}

BOOST_AUTO_TEST_CASE(without_any_anchor_nothing_is_taken) {
  know_secret();
  BOOST_TEST(problem() == "transport");
  BOOST_TEST(server.seen().confirmed == 0);
  BOOST_TEST(server.seen().rejected == 1);
}

BOOST_AUTO_TEST_CASE(the_identity_of_the_device_gives_the_first_certificate) {
  know_anchor();
  be_identified();
  BOOST_TEST(!run().certificate.empty());
  BOOST_TEST(first_place() == "pkcs10");
}

BOOST_AUTO_TEST_CASE(a_key_in_use_proves_itself) {
  know_anchor();
  know_secret();
  job.cmp.key = key_der(key);
  (void)run();
  BOOST_TEST(first_place() == "initialization");
}

BOOST_AUTO_TEST_CASE(a_renewal_keeps_the_key_or_has_a_new_one) {
  know_anchor();
  be_identified();
  job.operation = Operation::renew;
  (void)run();
  BOOST_TEST(first_place() == "pkcs10");
  const std::size_t before = server.seen().paths.size();
  job.request = signing_request("gateway", device.key);
  server.certified = device.key;
  (void)run();
  BOOST_TEST(server.seen().paths.at(before).ends_with("/keyupdate"));
}

BOOST_AUTO_TEST_CASE(a_renewal_needs_a_certificate_that_is_still_good) {
  know_anchor();
  know_secret();
  job.operation = Operation::renew;
  BOOST_TEST(problem() == "policy");
  device.certificate = server.root.issue({"gateway", device_extensions + server.names_extension, 0}, device.key);
  be_identified();
  surroundings.clock = [](auto) -> Clock {
    return [] { return TimeOfDay{std::chrono::system_clock::now() + std::chrono::hours(1)}; };
  };
  BOOST_TEST(problem() == "expired-needs-bootstrap");
  BOOST_TEST(server.seen().paths.empty());
}

BOOST_AUTO_TEST_CASE(a_key_of_another_request_is_refused) {
  know_anchor();
  know_secret();
  job.cmp.key = key_der(device.key);
  BOOST_TEST(problem() == "policy");
  job.cmp.key = Bytes(16, std::byte{1});
  BOOST_TEST(problem() == "policy");
  BOOST_TEST(server.seen().paths.empty());
}

struct Rollover : Jobs {
  Identity fresh = Identity::root("Test plant CA 2");
  Certificate link = server.root.issue({"Test plant CA 2", ca_extensions}, fresh.key);
  Bytes update;

  Rollover() {
    know_anchor();
    server.information = [this] {
      update = der(0x30, {der_of(fresh.certificate), der(0xA0, der_of(link))});
      ASN1_STRING* text = ASN1_STRING_type_new(V_ASN1_SEQUENCE);
      ASN1_STRING_set(text, update.data(), static_cast<int>(update.size()));
      ASN1_TYPE* value = ASN1_TYPE_new();
      ASN1_TYPE_set(value, V_ASN1_SEQUENCE, text);
      return OSSL_CMP_ITAV_create(OBJ_nid2obj(NID_id_it_rootCaKeyUpdate), value);
    };
  }
};

BOOST_FIXTURE_TEST_CASE(a_renewal_follows_its_authority, Rollover) {
  be_identified();
  job.operation = Operation::renew;
  const Result result = run();
  BOOST_TEST(!result.certificate.empty());
  BOOST_TEST((result.anchors == std::vector<Bytes>{der_of(server.root.certificate), der_of(fresh.certificate)}));
  BOOST_TEST((result.intermediates == std::vector<Bytes>{der_of(link)}));
}

BOOST_FIXTURE_TEST_CASE(a_renewal_is_good_under_the_old_root_where_the_new_one_has_no_link, Rollover) {
  be_identified();
  link = Identity::root("Test plant CA").issue({"Test plant CA 2", ca_extensions}, fresh.key);
  job.operation = Operation::renew;
  const Result result = run();
  BOOST_TEST(!result.certificate.empty());
  BOOST_TEST(result.anchors.empty());
  BOOST_TEST((result.trust_problem && result.trust_problem->error_class() == ErrorClass::rollover));
}

BOOST_AUTO_TEST_CASE(a_renewal_needs_no_answer_about_trust) {
  know_anchor();
  be_identified();
  job.operation = Operation::renew;
  server.alter = [](HttpReply& reply, int number) {
    if (number >= 2) reply = {404, "text/plain", "no such place"};
  };
  const Result result = run();
  BOOST_TEST(!result.certificate.empty());
  BOOST_TEST(!result.trust_problem);
}

BOOST_AUTO_TEST_CASE(nobody_who_can_prove_who_he_is_asks_for_nothing) {
  know_anchor();
  BOOST_TEST(problem() == "policy");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
