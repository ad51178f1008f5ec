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

constexpr uid_t kRunner = 2;  // "bin" or "daemon", as kAccount

struct Fixture {
  PrivateBus bus;
  ServiceThread service{{.admin_group = "man", .polkit = {}}, [](auto& ports) {
                          ports.audit.accounts = {{"web", kAccount}};
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

BOOST_AUTO_TEST_CASE(the_answers_of_a_runner_arrive) {
  job.Report("connecting");
  BOOST_TEST(last_call() == "connecting 7");
  job.Wait(30, {1});
  BOOST_TEST(last_call() == "wait 30 7");
  job.DeliverAnchors({{1}}, {{2}});
  job.Deliver({1, 2}, {{3}}, {{"modified", sdbus::Variant(true)}});
  BOOST_TEST(last_call() == "deliver 7");
  job.Fail("transport", "nobody listens", {{"retry-after", sdbus::Variant(uint32_t{60})}});
  BOOST_TEST(in_port([](auto& port) { return port.failure.retry_after; }) == 60U);
}

BOOST_AUTO_TEST_CASE(what_a_runner_says_is_bounded) {
  BOOST_TEST(error_of([&] { job.Report(std::string(129, 'a')); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { job.Report("\x1b[2J"); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { job.Deliver({}, {}, {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { job.Deliver(std::vector<uint8_t>(16385), {}, {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { job.Deliver({1}, std::vector<std::vector<uint8_t>>(11, {1}), {}); }) == "InvalidArgument");
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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
