// edgesealctl enroll, renew, profile and job against the service on a private bus.

#include <boost/test/unit_test.hpp>
#include <stop_token>
#include <thread>
#include <utility>

#include "tests/bus/ctl_fixture.h"
#include "tests/bus/terminal.h"
#include "tests/fakes/test_certificate.h"

namespace edgeseal::test {
namespace {

using dbus::fake::bytes;
using dbus::fake::job_of;

struct Fixture : CtlFixture {
  Fixture() {
    service.in_loop([](auto& ports, auto& bus_service) {
      for (const auto& job : std::exchange(ports.enrolment.known, {job_of(7, "web/https/https")}))
        bus_service.job_removed(job.number);
      bus_service.job_added(ports.enrolment.known.front());
      return 0;
    });
  }
  void set_state(const std::string& state, const std::string& needs = "") {
    change([&](auto& ports) {
      ports.enrolment.known[0].state = state;
      ports.enrolment.known[0].needs = needs;
    });
  }
  void fail(const std::string& error_class, const std::string& message) {
    change([&](auto& ports) {
      ports.enrolment.known[0].error_class = error_class;
      ports.enrolment.known[0].message = message;
    });
  }
  // The agent keeps some of those that have ended, and not this one.
  void forget(dbus::JobNumber number) {
    service.in_loop([&](auto&, auto& bus_service) { return bus_service.job_removed(number), 0; });
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

BOOST_AUTO_TEST_CASE(the_slot_of_a_profile_may_be_named_by_its_beginning) {
  for (const std::string slot : {"web", "web/https"}) {
    BOOST_TEST(ctl({"enroll", "plant", "--slot", slot}).status == 0);
    BOOST_TEST(last_call() == "enroll plant web/https/https");
  }
  const auto open = ctl({"enroll", "plant", "--slot", "opcua-server"});
  BOOST_TEST(open.status == 2);
  BOOST_TEST(has(open.err, "application, https"), open.err);
}

BOOST_AUTO_TEST_CASE(a_secret_comes_from_a_file_without_its_line_end) {
  BOOST_TEST(ctl({"enroll", "plant", "--secret-file", file("otp", "correct horse\n")}).status == 0);
  BOOST_TEST((service.in_loop([](auto& ports, auto&) { return ports.enrolment.secret; }) == bytes("correct horse")));
  BOOST_TEST(ctl({"job", "secret", "7", "-"}, "from input").status == 0);
  BOOST_TEST((service.in_loop([](auto& ports, auto&) { return ports.enrolment.secret; }) == bytes("from input")));
}

BOOST_AUTO_TEST_CASE(a_secret_has_at_most_1024_bytes_whatever_its_line_end) {
  const auto given = [&](const std::string& secret) {
    return ctl({"enroll", "plant", "--secret-file", file("otp", secret)});
  };
  const std::string most(1024, 's');
  for (const char* line_end : {"", "\n", "\r\n"}) BOOST_TEST(given(most + line_end).status == 0);
  for (const char* more : {"s", "\r\n\n", "\r\nanother line", "\nanother line\n"}) {
    const auto result = given(most + more);
    BOOST_TEST(result.status == 2);
    BOOST_TEST(has(result.err, "larger than 1024 bytes"), result.err);
  }
}

BOOST_AUTO_TEST_CASE(who_waits_hears_whether_it_is_done) {
  set_state("done");
  BOOST_TEST(ctl({"enroll", "plant", "--wait"}).status == 0);
  set_state("awaiting-credential", "credentials required");
  const auto result = ctl({"renew", "web", "--wait"});
  BOOST_TEST(result.status == 1);
  BOOST_TEST(has(result.out, "credentials required"));
}

BOOST_AUTO_TEST_CASE(EN23_what_there_is_to_know_of_a_certificate_is_shown) {
  set_state("done");
  fail("", "the authority granted it with modifications");
  const auto result = ctl({"job", "show", "7"});
  BOOST_TEST(has(result.out, "the authority granted it with modifications"));
  BOOST_TEST(!has(result.out, "Last error"));
}

BOOST_AUTO_TEST_CASE(slots_that_have_their_certificates_are_no_mistake) {
  const auto refuse = [&] {
    change([](auto& ports) { ports.enrolment.fault.set(dbus::CallError("NothingToDo", "every slot has one")); });
  };
  refuse();
  const auto all = ctl({"enroll", "plant", "--wait"});
  BOOST_TEST(all.err == "");
  BOOST_TEST(all.status == 0);
  BOOST_TEST(all.out == "All slots of plant have their certificates.\n");
  refuse();
  BOOST_TEST(ctl({"enroll", "plant", "--slot", "web/https/https"}).out == "web/https/https has its certificate.\n");
  refuse();
  BOOST_TEST(ctl_json({"enroll", "plant"}) == nlohmann::json::array());
}

BOOST_AUTO_TEST_CASE(who_waits_says_for_how_long) {
  set_state("scheduled");
  fail("transport", "no route to the authority");
  using Command = std::vector<std::string>;
  for (const auto& command : {Command{"enroll", "plant"}, Command{"renew", "web"}}) {
    auto limited = command;
    limited.insert(limited.end(), {"--wait", "--timeout", "1s"});
    const auto result = ctl(limited);
    BOOST_TEST(result.status == 1);
    BOOST_TEST(has(result.out, "scheduled"));
    BOOST_TEST(has(result.err, "after 1s (scheduled): transport: no route to the authority"));
    BOOST_TEST(has(result.err, "the job goes on: edgesealctl job show 7"));
  }
  set_state("done");
  BOOST_TEST(ctl({"enroll", "plant", "--wait", "--timeout", "1s"}).status == 0);
  BOOST_TEST(ctl({"enroll", "plant", "--wait", "--timeout", "soon"}).status == 2);
  BOOST_TEST(ctl({"enroll", "plant", "--timeout", "1s"}).status == 2);
}

BOOST_AUTO_TEST_CASE(the_line_of_a_job_is_no_longer_than_the_terminal_is_wide) {
  set_state("scheduled");
  fail("transport", std::string(300, 'x'));
  const auto seen =
      run_on_terminal({"env", "COLUMNS=60", EDGESEALCTL, "renew", "web", "--wait", "--timeout", "1s"}, "\033[K", "")
          .out;
  const auto begin = seen.find('\r') + 1;
  const auto line = seen.substr(begin, seen.find("\033[K") - begin);
  BOOST_TEST(line.starts_with("web/https/https: scheduled (xxx"), line);
  BOOST_TEST(line.ends_with("x.."), line);
  BOOST_TEST(line.size() == 59u, line);
}

// Job 1 is done and seen so, and gone by the time that the last one is done.
BOOST_AUTO_TEST_CASE(more_jobs_than_the_agent_keeps_are_waited_for) {
  constexpr dbus::JobNumber kJobs = 17;
  service.in_loop([](auto& ports, auto& bus_service) {
    bus_service.job_removed(7);
    ports.enrolment.known.clear();
    for (dbus::JobNumber number = 1; number <= kJobs; ++number) {
      auto& job = ports.enrolment.known.emplace_back(job_of(number, "web/https/" + std::to_string(number)));
      if (number == 1) job.state = "done";
      bus_service.job_added(job);
    }
    return 0;
  });
  const std::jthread agent([this] {
    (void)service.comes_true(
        [](auto& ports, auto&) { return !ports.enrolment.calls.empty() && ports.enrolment.looked_at.contains(2); });
    service.in_loop([](auto& ports, auto& bus_service) {
      for (auto& job : ports.enrolment.known) job.state = "done";
      bus_service.job_removed(1);
      return 0;
    });
  });
  const auto result = ctl({"enroll", "plant", "--wait", "--json"});
  BOOST_TEST(result.status == 0);
  const auto jobs = nlohmann::json::parse(result.out);
  BOOST_REQUIRE(jobs.size() == kJobs);
  BOOST_TEST(jobs[0]["slot"] == "web/https/1");
  BOOST_TEST(jobs[0]["state"] == "done");
}

BOOST_AUTO_TEST_CASE(a_job_that_ended_unseen_is_judged_by_its_slot) {
  const auto expires_at = [&](std::uint64_t microseconds) {
    change([&](auto& ports) {
      dbus::RenewalInfo slot;
      slot.slot = "web/https/https";
      slot.profile = "plant";
      slot.expires = microseconds;
      ports.enrolment.known_renewals = {slot};
    });
  };
  forget(7);
  expires_at(4'000'000'000'000'000);
  BOOST_TEST(ctl({"enroll", "plant", "--wait"}).status == 0);
  BOOST_TEST(ctl({"enroll", "plant", "--slot", "web/https/https", "--wait"}).status == 0);
  const auto renewed = ctl({"renew", "web/https/https", "--wait"});
  BOOST_TEST(renewed.status == 1);
  BOOST_TEST(has(renewed.out, "not kept any more"));
  expires_at(0);
  const auto result = ctl({"enroll", "plant", "--wait"});
  BOOST_TEST(result.status == 1);
  BOOST_TEST(has(result.out, "ended"));
}

BOOST_AUTO_TEST_CASE(what_is_told_of_a_job_is_of_one_moment) {
  const auto is_at = [&](int moment) {
    change([&](auto& ports) {
      auto& job = ports.enrolment.known[0];
      job.state = job.message = std::to_string(moment);
    });
  };
  is_at(0);
  const std::jthread agent([&](const std::stop_token& stop) {
    for (int moment = 1; !stop.stop_requested(); ++moment) is_at(moment);
  });
  for (int i = 0; i < 3; ++i) {
    for (const auto& job : {ctl_json({"job", "list"})[0], ctl_json({"job", "show", "7"})})
      BOOST_TEST(job["state"] == job["message"]);
  }
}

BOOST_AUTO_TEST_CASE(jobs_are_listed_shown_and_cancelled) {
  const auto list = ctl({"job", "list"});
  BOOST_TEST(list.err == "");
  BOOST_TEST(has(list.out, "ready"));
  BOOST_TEST(ctl_json({"job", "list"})[0]["job"] == 7);
  BOOST_TEST(ctl_json({"job", "show", "7"})["slot"] == "web/https/https");
  BOOST_TEST(ctl_json({"job", "show", "7"})["next-try"].is_null());
  BOOST_TEST(ctl({"job", "cancel", "7"}).status == 0);
  BOOST_TEST(last_call() == "cancel 7");
  BOOST_TEST(ctl({"job", "show", "x"}).status == 2);
  BOOST_TEST(ctl({"job", "show", "8"}).status == 1);
}

// Each job is gone before whoever was told of it can read it.
BOOST_AUTO_TEST_CASE(a_job_that_is_removed_while_jobs_are_listed_is_left_out) {
  const std::jthread successor([this](const std::stop_token& stop) {
    for (dbus::JobNumber number = 8; !stop.stop_requested(); ++number)
      service.in_loop([number](auto& ports, auto& bus_service) {
        bus_service.job_removed(std::exchange(ports.enrolment.known.front(), job_of(number, "web/https/https")).number);
        bus_service.job_added(ports.enrolment.known.front());
        return 0;
      });
  });
  for (int time = 0; time < 5; ++time) {
    const auto list = ctl({"job", "list"});
    BOOST_TEST(list.err == "");
    BOOST_TEST(list.status == 0);
  }
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
  BOOST_TEST(ctl_json({"renew"})[0]["expires"].is_null());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
