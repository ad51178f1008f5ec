// Whoever runs jobs is started by the bus when one waits: a dbus-daemon with a service directory, and a program in it.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "dbus/compat.h"
#include "tests/bus/bus_client.h"
#include "tests/bus/private_bus.h"
#include "tests/bus/service_thread.h"
#include "tests/wait_until.h"

namespace edgeseal::test {
namespace {

struct Fixture {
  PrivateBus bus;
  ServiceThread service;
  std::unique_ptr<sdbus::IConnection> worker = sdbus::createSystemBusConnection();

  // A program that writes a line each time it is started, and ends with the status; to take the name is the worker's.
  void provide(int status) const {
    const auto program = bus.services() / "enroll";
    std::ofstream(program) << "#!/bin/sh\necho started >>" << starts_file().string() << "\nexit " << status << "\n";
    std::filesystem::permissions(program, std::filesystem::perms(0755));
    std::ofstream(bus.services() / "enroll.service")
        << "[D-BUS Service]\nName=" << dbus::kEnrolmentService << "\nExec=" << program.string() << "\n";
  }
  [[nodiscard]] std::filesystem::path starts_file() const { return bus.directory() / "starts"; }
  [[nodiscard]] std::ptrdiff_t starts() const {
    std::ifstream file(starts_file());
    return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
  }
  void own_name() { worker->requestName(dbus::compat::ServiceName(dbus::kEnrolmentService)); }
  void release_name() { worker->releaseName(dbus::compat::ServiceName(dbus::kEnrolmentService)); }

  void announce(std::initializer_list<dbus::JobNumber> jobs) {
    service.in_loop([&](auto&, auto& announcer) {
      for (const auto number : jobs) announcer.job_waiting(number);
      return 0;
    });
  }
  // All that the service has sent until now has reached the bus.
  void settle() { (void)dbus::RemoteEnrolment(*worker, dbus::kRootPath).WaitingJobs(); }
  std::vector<std::string> problems() {
    return service.in_loop([](auto& ports, auto&) { return ports.enrolment.problems; });
  }
  [[nodiscard]] bool hears_problems(std::size_t count) {
    return service.comes_true([=](auto& ports, auto&) { return ports.enrolment.problems.size() >= count; });
  }
  [[nodiscard]] bool hears_departures(int count) {
    return service.comes_true([=](auto& ports, auto&) { return ports.enrolment.departures >= count; });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(activation, Fixture)

BOOST_AUTO_TEST_CASE(who_runs_jobs_is_started_when_one_waits) {
  provide(0);
  announce({7});
  wait_until("the start of the service", [this] { return starts() > 0; });
  own_name();
  announce({8});
  settle();
  release_name();
  BOOST_TEST(hears_departures(1));
  BOOST_TEST(starts() == 1);
  BOOST_TEST(problems().empty());
}

BOOST_AUTO_TEST_CASE(who_runs_jobs_is_started_when_an_authority_is_to_be_contacted) {
  provide(0);
  service.in_loop([](auto&, auto& announcer) {
    announcer.contact_waiting("plant");
    return 0;
  });
  wait_until("the start of the service", [this] { return starts() > 0; });
}

BOOST_AUTO_TEST_CASE(who_runs_jobs_is_started_when_a_download_waits_and_its_end_is_told) {
  provide(1);
  service.in_loop([](auto&, auto& announcer) {
    announcer.download_waiting("https://a.example.com/1.der");
    return 0;
  });
  wait_until("the start of the service", [this] { return starts() > 0; });
  BOOST_TEST(service.comes_true([](auto& ports, auto&) { return !ports.staging.problems.empty(); }));
  own_name();
  release_name();
  BOOST_TEST(service.comes_true([](auto& ports, auto&) { return ports.staging.departures > 0; }));
}

BOOST_AUTO_TEST_CASE(who_is_there_is_not_started) {
  provide(1);
  own_name();
  announce({7});
  settle();
  worker.reset();
  BOOST_TEST(hears_departures(1));
  BOOST_TEST(starts() == 0);
  BOOST_TEST(problems().empty());
}

BOOST_AUTO_TEST_CASE(a_start_that_fails_is_told_once_for_all_that_waited_for_it) {
  provide(1);
  announce({7, 8, 9});
  BOOST_TEST(hears_problems(1));
  announce({7});
  BOOST_TEST(hears_problems(2));
  BOOST_TEST(problems().size() == 2U);
  BOOST_TEST(starts() == 2);
}

BOOST_AUTO_TEST_CASE(a_bus_that_knows_nobody_by_the_name_says_so) {
  announce({7});
  BOOST_TEST(hears_problems(1));
  BOOST_TEST(problems().front().find(dbus::kEnrolmentService) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
