#include <boost/test/unit_test.hpp>

#include "tests/unit/renewal/enrolment_fixture.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::Code;
using agent::JobState;
using test::has_code;
using tpm::Bytes;

namespace {

// The list with the anchors is that of another application than the slot's.
struct AnchorsElsewhere : test::EnrolmentFixture {
  const dbus::GroupName plc{"plc", "https"};
  Bytes certificate;

  AnchorsElsewhere() {
    (void)declare("plc", "https/https=ec-p256");
    start(est("[trust]\nfirst-contact = \"system\"\ngroup = \"plc/https\"\n[credentials]\nfirst = [\"secret\"]\n"));
    (void)enrolment->enroll("plant", "", secret());
    certificate = ca.sign(take().request);
  }
  void bring() {
    enrolment->deliver_anchors(job().number, runner, {plant.certificate()}, {});
    BOOST_TEST(deliver(certificate).index() == 0U);
  }
  [[nodiscard]] bool are_there() {
    return lists.record(plc).list.trusted_certificates == std::vector<Bytes>{plant.certificate()};
  }
  void nothing_has_changed() {
    BOOST_TEST((job().state == JobState::scheduled));
    BOOST_TEST(!transactions.pending("plc"));
    BOOST_TEST(!are_there());
    BOOST_TEST(!in_use(certificate));
  }
  void all_is_there_after_a_minute() {
    pass(61s);
    until(JobState::done);
    BOOST_TEST(are_there());
    BOOST_TEST(in_use(certificate));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(enrolment, test::EnrolmentFixture)

BOOST_AUTO_TEST_CASE(the_first_trust_of_a_person_goes_into_force_with_the_certificate) {
  start(est("[trust]\nfirst-contact = \"person\"\ngroup = \"web/https\"\n[credentials]\nfirst = [\"secret\"]\n"));
  (void)enrolment->enroll("plant", "", secret());
  BOOST_TEST(take().trust == "person");
  enrolment->propose(job().number, runner, {{plant.certificate(), "pki.plant.example"}});
  BOOST_TEST((job().state == JobState::awaiting_approval));
  BOOST_TEST(job().needs.find("pki.plant.example shows " + agent::hexadecimal(agent::sha256(plant.certificate()))) !=
             std::string::npos);
  BOOST_CHECK_EXCEPTION(enrolment->approve(job().number, Bytes(32)), agent::Error, has_code(Code::invalid_argument));
  enrolment->approve(job().number, agent::sha256(plant.certificate()));
  const dbus::JobWork work = take();
  BOOST_TEST(work.trust == "explicit");
  BOOST_TEST((work.anchors == std::vector<Bytes>{plant.certificate()}));
  enrolment->deliver_anchors(job().number, runner, {plant.certificate()}, {});
  BOOST_TEST(deliver(ca.sign(work.request)).index() == 0U);
  BOOST_TEST((lists.record({"web", "https"}).list.trusted_certificates == std::vector<Bytes>{plant.certificate()}));
}

BOOST_AUTO_TEST_CASE(of_the_anchors_that_were_delivered_for_a_job_the_last_ones_count) {
  start(by_secret);
  (void)enrolment->enroll("plant", "", secret());
  (void)take();
  const test::Authority other("other CA");
  for (const Bytes& one : {plant.certificate(), plant.certificate(), other.certificate()}) {
    enrolment->deliver_anchors(job().number, runner, {one}, {});
    BOOST_TEST((job().anchors == std::vector<Bytes>{one}));
  }
}

BOOST_FIXTURE_TEST_CASE(anchors_for_another_application_go_into_force_with_the_certificate, AnchorsElsewhere) {
  bring();
  BOOST_TEST((job().state == JobState::done));
  BOOST_TEST(are_there());
  BOOST_TEST(in_use(certificate));
}

BOOST_FIXTURE_TEST_CASE(while_somebody_inhibits_changes_the_anchors_for_another_application_are_kept,
                        AnchorsElsewhere) {
  busy = true;
  bring();
  nothing_has_changed();
  busy = false;
  all_is_there_after_a_minute();
}

BOOST_FIXTURE_TEST_CASE(while_a_key_is_made_there_the_anchors_for_another_application_are_kept, AnchorsElsewhere) {
  bool is_made = false;
  groups.create_signing_request(owner, plc, "https", {}, [&](const auto&) { is_made = true; });
  bring();
  nothing_has_changed();
  run_until([&] { return is_made; });
  all_is_there_after_a_minute();
}

BOOST_FIXTURE_TEST_CASE(while_somebody_changes_its_list_the_anchors_for_another_application_are_kept,
                        AnchorsElsewhere) {
  groups.stage_trust_list(owner, lists.present(plc));
  bring();
  BOOST_TEST((job().state == JobState::scheduled));
  BOOST_TEST(!in_use(certificate));
  groups.cancel(owner, plc.application);
  all_is_there_after_a_minute();
}

BOOST_AUTO_TEST_CASE(EN6_an_anchor_that_nobody_vouches_for_is_refused) {
  start(est("[trust]\ngroup = \"web/https\"\nanchors = [\"\"\"" + agent::pem("CERTIFICATE", plant.certificate()) +
            "\"\"\"]\n[credentials]\nfirst = [\"secret\"]\n"));
  (void)enrolment->enroll("plant", "", secret());
  (void)take();
  const test::Authority stranger("stranger");
  BOOST_CHECK_EXCEPTION(enrolment->deliver_anchors(job().number, runner, {stranger.certificate()}, {}), agent::Error,
                        has_code(Code::certificate_untrusted));
}

BOOST_AUTO_TEST_CASE(of_a_trust_list_those_are_anchors_that_may_issue_and_no_other_is_delivered) {
  const Bytes version_1 = test::version_1_certificate();
  const agent::TrustList list{.trusted_certificates = {version_1, plant.certificate()}};
  groups.stage_trust_list(owner, lists.check({"web", "https"}, list, now));
  apply(web);
  start(est("[trust]\ngroup = \"web/https\"\n[credentials]\nfirst = [\"secret\"]\n"));
  (void)enrolment->enroll("plant", "", secret());
  BOOST_TEST((take().anchors == std::vector<Bytes>{plant.certificate()}));
  BOOST_CHECK_EXCEPTION(enrolment->deliver_anchors(job().number, runner, {version_1}, {}), agent::Error,
                        has_code(Code::certificate_invalid));
}

BOOST_AUTO_TEST_CASE(no_person_is_asked_for_what_may_not_issue) {
  start(est("[trust]\nfirst-contact = \"person\"\n[credentials]\nfirst = [\"secret\"]\n"));
  (void)enrolment->enroll("plant", "", secret());
  (void)take();
  const dbus::ProposedAnchor shown{test::version_1_certificate(), "pki.plant.example"};
  BOOST_CHECK_EXCEPTION(enrolment->propose(job().number, runner, {shown}), agent::Error,
                        has_code(Code::certificate_invalid));
}

BOOST_AUTO_TEST_CASE(EN8_a_request_that_an_authority_has_stays_while_its_anchors_are_gone) {
  const agent::TrustList list{.trusted_certificates = {plant.certificate()}};
  const auto put_list = [&](const agent::TrustList& changed) {
    groups.stage_trust_list(owner, lists.check({"web", "https"}, changed, now));
    apply(web);
  };
  put_list(list);
  start(est("[trust]\ngroup = \"web/https\"\n[credentials]\nfirst = [\"secret\"]\n"));
  (void)enrolment->enroll("plant", "", secret());
  const Bytes request = take().request;
  enrolment->postpone(job().number, runner, 0s, {std::byte{5}});
  put_list({});
  pass_pause();
  run_until([&] { return job().error_class == "CertificateUntrusted"; });
  put_list(list);
  pass_pause();
  const dbus::JobWork work = take();
  BOOST_TEST((work.request == request));
  BOOST_TEST((work.continuation == Bytes{std::byte{5}}));
}

BOOST_AUTO_TEST_SUITE_END()
