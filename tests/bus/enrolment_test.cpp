// Enrolment1 and Job1: who may run jobs, what crosses, and what is told.

#include <boost/test/unit_test.hpp>

#include "tests/bus/bus_client.h"
#include "tests/bus/memory_file.h"
#include "tests/bus/needs_root.h"
#include "tests/bus/private_bus.h"
#include "tests/bus/service_thread.h"

namespace edgeseal::test {
namespace {

using Options = std::map<std::string, sdbus::Variant>;
using dbus::fake::bytes;
using dbus::fake::job_of;

constexpr uid_t kRunner = kNobody;
constexpr gid_t kAdminGid = 12;  // "man"

struct Fixture {
  PrivateBus bus;
  ServiceThread service{{.admin_group = "man", .polkit = {}}, [](auto& ports) {
                          ports.accounts.uids = {{"web", kAccount}};
                          ports.enrolment.known = {job_of(7, "web/https/https")};
                          ports.enrolment.runner = kRunner;
                        }};
  std::unique_ptr<sdbus::IConnection> connection = sdbus::createSystemBusConnection();
  dbus::RemoteEnrolment enrolment{*connection, "/org/edgeseal"};
  dbus::RemoteJob job{*connection, "/org/edgeseal/job/7"};

  template <class Look>
  auto in_port(Look look) {
    return service.in_loop([&](auto& ports, auto&) { return look(ports.enrolment); });
  }
  std::string last_call() {
    return in_port([](auto& port) { return port.calls.empty() ? std::string() : port.calls.back(); });
  }
  template <class Use>
  std::string error_as(uid_t uid, Use use) {
    const auto other = connect_as(uid);
    dbus::RemoteJob remote(*other, "/org/edgeseal/job/7");
    return error_of([&] { use(remote); });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(enrolment, Fixture)

BOOST_AUTO_TEST_CASE(a_profile_is_enrolled_with_a_secret_that_crosses_as_a_memory_file) {
  const auto jobs = enrolment.Enroll("plant", {{"secret", sdbus::Variant(memory_file("correct horse"))}});
  BOOST_TEST(jobs == std::vector<sdbus::ObjectPath>{sdbus::ObjectPath("/org/edgeseal/job/7")},
             boost::test_tools::per_element());
  BOOST_TEST((in_port([](auto& port) { return port.secret; }) == bytes("correct horse")));
  BOOST_TEST(error_of([&] { enrolment.Enroll("", {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { enrolment.Enroll("plant", {{"password", sdbus::Variant("x")}}); }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(a_job_shows_what_it_is_and_needs) {
  in_port([](auto& port) {
    port.known[0].needs = "credentials required";
    port.known[0].fingerprints = {bytes("12345678901234567890123456789012")};
    return 0;
  });
  BOOST_TEST(job.Slot() == "web/https/https");
  BOOST_TEST(job.State() == "ready");
  BOOST_TEST(job.Needs() == "credentials required");
  BOOST_TEST(job.Fingerprints().front().size() == 32U);
}

BOOST_AUTO_TEST_CASE(what_is_taken_has_everything_and_leaves_out_what_is_empty) {
  in_port([](auto& port) {
    port.work.protocol = "est";
    port.work.request = bytes("request");
    port.work.anchors = {bytes("anchor")};
    port.work.secret.emplace(std::as_bytes(std::span("otp", 3)));
    return 0;
  });
  const auto work = job.Take();
  BOOST_TEST(work.at("protocol").get<std::string>() == "est");
  BOOST_TEST(work.at("request").get<std::vector<uint8_t>>().size() == 7U);
  BOOST_TEST(work.at("anchors").get<std::vector<std::vector<uint8_t>>>().size() == 1U);
  BOOST_TEST(work.at("secret").containsValueOfType<sdbus::UnixFd>());
  BOOST_TEST(!work.contains("url"));
  BOOST_TEST(last_call() == "take 7");
}

BOOST_AUTO_TEST_CASE(what_authorities_met_is_told_per_profile) {
  in_port([](auto& port) {
    port.contacts = {{"plant", "https://pki.example", {}},
                     {"other", "https://ca.example", {"transport", "nobody listens"}}};
    return 0;
  });
  const auto contacts = enrolment.CheckAuthorities();
  BOOST_REQUIRE(contacts.size() == 2U);
  BOOST_TEST(contacts[0].at("profile").get<std::string>() == "plant");
  BOOST_TEST(contacts[0].at("error").get<std::string>() == "");
  BOOST_TEST(contacts[1].at("url").get<std::string>() == "https://ca.example");
  BOOST_TEST(contacts[1].at("error").get<std::string>() == "transport");
  BOOST_TEST(contacts[1].at("message").get<std::string>() == "nobody listens");
}

BOOST_AUTO_TEST_CASE(what_a_runner_says_of_a_contact_is_bounded) {
  enrolment.ReportContact("plant", "", "");
  BOOST_TEST(in_port([](auto& port) { return port.contact_outcome.has_value(); }));
  BOOST_TEST(last_call() == "contact plant");
  BOOST_TEST(error_of([&] { enrolment.ReportContact("", "", ""); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { enrolment.ReportContact("plant", std::string(65, 'a'), ""); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { enrolment.ReportContact("plant", "transport", std::string(513, 'a')); }) ==
             "InvalidArgument");
  BOOST_TEST(error_of([&] { enrolment.ReportContact("plant", "transport", "\x1b[2J"); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { enrolment.TakeContact(std::string(65, 'a')); }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(what_a_runner_says_of_a_download_is_bounded) {
  dbus::RemoteStaging staging(*connection, "/org/edgeseal");
  const std::string url = "https://a.example.com/1.der";
  const auto content = [](std::size_t size) {
    return Options{{"content", sdbus::Variant(std::vector<uint8_t>(size, 1))}};
  };
  const auto problem = [](const std::string& text) { return Options{{"problem", sdbus::Variant(text)}}; };
  const auto seen = [&] { return service.in_loop([](auto& ports, auto&) { return ports.staging.calls.back(); }); };
  staging.ReportDownload(url, content(262144));
  BOOST_TEST(seen() == "content " + url);
  staging.ReportDownload(url, problem("answers 404"));
  BOOST_TEST(seen() == "problem " + url);
  Options both = content(1);
  both.merge(problem("x"));
  for (const Options& wrong : {Options{}, both, content(0), content(262145), problem(std::string(513, 'a')),
                               problem("\x1b[2J"), Options{{"file", sdbus::Variant("x")}}})
    BOOST_TEST(error_of([&] { staging.ReportDownload(url, wrong); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { staging.ReportDownload(std::string(2049, 'a'), content(1)); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { staging.TakeDownload(std::string(2049, 'a')); }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(whoever_runs_jobs_may_fetch_and_nothing_else_of_staging,
                     *boost::unit_test::precondition(is_root)) {
  const std::string url = "https://a.example.com/1.der";
  const auto runner = connect_as(kRunner);
  dbus::RemoteStaging staging(*runner, "/org/edgeseal");
  BOOST_TEST(error_of([&] { (void)staging.TakeDownload(url); }) == "");
  BOOST_TEST(error_of([&] { staging.FailDownload(url, "no"); }) == "UserAccessDenied");
  BOOST_TEST(error_of([&] { staging.Activate(); }) == "UserAccessDenied");
  const auto stranger = connect_as(kAccount);
  dbus::RemoteStaging denied(*stranger, "/org/edgeseal");
  BOOST_TEST(error_of([&] { (void)denied.TakeDownload(url); }) == "UserAccessDenied");
  BOOST_TEST(error_of([&] { denied.ReportDownload(url, {}); }) == "UserAccessDenied");
}

BOOST_AUTO_TEST_CASE(the_answers_of_a_runner_arrive) {
  job.Report("connecting");
  BOOST_TEST(last_call() == "connecting 7");
  job.Wait(30, {1});
  BOOST_TEST(last_call() == "wait 30 7");
  job.DeliverAnchors({{1}}, {{2}});
  job.Deliver({1, 2}, {{3}}, {{"modified", sdbus::Variant(true)}});
  BOOST_TEST(last_call() == "deliver 7");
  BOOST_TEST(in_port([](auto& port) { return port.modified; }));
  job.Fail("transport", "nobody listens", {{"retry-after", sdbus::Variant(uint32_t{60})}});
  BOOST_TEST(in_port([](auto& port) { return port.failure.retry_after; }) == 60U);
}

BOOST_AUTO_TEST_CASE(what_a_runner_says_is_bounded) {
  BOOST_TEST(error_of([&] { job.Report(std::string(129, 'a')); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { job.Report("\x1b[2J"); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { job.Deliver({}, {}, {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { job.Deliver(std::vector<uint8_t>(16385), {}, {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { job.Deliver({1}, std::vector<std::vector<uint8_t>>(9, {1}), {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { job.DeliverAnchors({}, {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { job.Wait(1, std::vector<uint8_t>(65537)); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { job.Fail("transport", "", {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { job.Approve({1}); }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(the_account_of_the_enrolment_service_runs_jobs_and_does_nothing_else,
                     *boost::unit_test::precondition(is_root)) {
  const auto take = [](dbus::RemoteJob& remote) { remote.Take(); };
  const auto cancel = [](dbus::RemoteJob& remote) { remote.Cancel(); };
  BOOST_TEST(error_as(kRunner, take) == "");
  BOOST_TEST(error_as(kRunner, cancel) == "UserAccessDenied");
  BOOST_TEST(error_as(kAccount, take) == "UserAccessDenied");
  BOOST_TEST(error_as(kAccount, cancel) == "");
}

// What it is believed for may be the list of another application.
BOOST_AUTO_TEST_CASE(an_authority_is_approved_by_an_administrator_and_not_by_the_account_of_the_slot,
                     *boost::unit_test::precondition(is_root)) {
  const auto approve = [](dbus::RemoteJob& remote) { remote.Approve(std::vector<uint8_t>(32, 1)); };
  BOOST_TEST(error_as(kAccount, approve) == "UserAccessDenied");
  BOOST_TEST(last_call() == "");
  const auto administrator = connect_as(kNobody, {kAdminGid});
  dbus::RemoteJob job_of_administrator(*administrator, "/org/edgeseal/job/7");
  BOOST_TEST(error_of([&] { approve(job_of_administrator); }) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
