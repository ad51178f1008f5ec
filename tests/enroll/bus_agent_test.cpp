// The jobs of the agent over the bus: its service with a port of the test, our side of it, and the EST server.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>

#include "dbus/client.h"
#include "enroll/bus_agent.h"
#include "enroll/job_description.h"
#include "enroll/job_loop.h"
#include "tests/bus/private_bus.h"
#include "tests/bus/service_thread.h"
#include "tests/enroll/enrolment_fixture.h"
#include "tests/wait_until.h"

namespace edgeseal::test {
namespace {

using namespace enroll;
using namespace std::chrono_literals;

constexpr dbus::JobNumber number = 7;

struct BusFixture : EnrolmentFixture {
  PrivateBus bus;
  ServiceThread service{{.admin_group = "man", .polkit = {}}, [](auto& ports) {
                          ports.enrolment.known = {dbus::fake::job_of(number, "web/https/https")};
                          ports.enrolment.runner = ::getuid();
                        }};
  std::atomic<int> agents = 0;  // that came
  std::unique_ptr<JobLoop> loop, contacts, downloads;
  BusAgent jobs;

  BusFixture() {
    loop = std::make_unique<JobLoop>(jobs, surroundings);
    contacts = std::make_unique<JobLoop>([this](const std::string& profile, const std::stop_token& stop) {
      run_contact(jobs, profile, surroundings, stop);
    });
    surroundings.downloads_from = Addresses::any;  // the server of the tests is on this host
    downloads = std::make_unique<JobLoop>(
        [this](const std::string& url, const std::stop_token& stop) { run_download(jobs, url, surroundings, stop); });
    jobs.listen({[this](const std::string& job) { loop->start(job); },
                 [this](const std::string& job) { loop->cancel(job); }, [this] { ++agents; },
                 [this](const std::string& profile) { contacts->start(profile); },
                 [this](const std::string& url) { downloads->start(url); }});
  }
  ~BusFixture() {
    loop->stop();
    contacts->stop();
    downloads->stop();
  }

  template <class Look>
  auto in_port(Look look) {
    return service.in_loop([&](auto& ports, auto&) { return look(ports.enrolment); });
  }

  // What Job1.Take answers, at a server that shows this fault; by the identity of the device.
  [[nodiscard]] dbus::JobWork work(const std::string& fault = "") const {
    dbus::JobWork result;
    result.protocol = "est";
    result.operation = "enroll";
    result.url = server.url("good", fault);
    result.trust = "explicit";
    result.anchors = {server.content("root.der")};
    result.credential = "certificate";
    result.identity_key = server.file("device-key.pem");
    result.identity_certificate = server.content("device.der");
    result.request = key.request();
    result.key_usage = "tls";
    return result;
  }

  // Announces a job and waits until one of its calls is the last of it.
  std::vector<std::string> run(dbus::JobWork work, const std::string& last) {
    service.in_loop([&](auto& ports, auto& announcer) {
      ports.enrolment.work = std::move(work);
      announcer.job_waiting(number);
      return 0;
    });
    return wait_for(last);
  }

  std::vector<std::string> wait_for(const std::string& call) {
    std::vector<std::string> calls;
    wait_until(call, [&] {
      calls = in_port([](auto& port) { return port.calls; });
      return std::find(calls.begin(), calls.end(), call) != calls.end();
    });
    return calls;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(bus_agent, BusFixture)

BOOST_AUTO_TEST_CASE(a_job_that_is_announced_is_taken_run_and_delivered) {
  const auto calls = run(work(), "deliver 7");
  BOOST_TEST(calls.front() == "take 7");
  BOOST_TEST((std::find(calls.begin(), calls.end(), "anchors 7") != calls.end()));
  BOOST_TEST((in_port([](auto& port) { return port.anchors; }) == std::vector<Bytes>{server.content("root.der")}));
  const Bytes delivered = *in_port([](auto& port) { return port.certificate; });
  BOOST_TEST(same_names(requested_certificate(key.request()), parse_certificate(delivered)));
}

BOOST_AUTO_TEST_CASE(EN22_a_job_is_given_back_before_the_agent_takes_it_back) {
  struct Time {
    std::uint32_t job;
    std::chrono::seconds patience, helper;
  };
  for (const Time& time : {Time{0, 300s, 120s}, Time{600, 300s, 120s}, Time{120, 60s, 110s}, Time{30, 15s, 20s}}) {
    dbus::VariantMap description{{"protocol", sdbus::Variant(std::string("cmp"))},
                                 {"operation", sdbus::Variant(std::string("enroll"))},
                                 {"trust", sdbus::Variant(std::string("explicit"))}};
    if (time.job != 0) description.insert({"seconds", sdbus::Variant(time.job)});
    const Job job = job_of("7", description);
    BOOST_TEST(job.cmp.patience.count() == time.patience.count());
    BOOST_TEST((job.helper_limits.time == time.helper));
  }
}

BOOST_AUTO_TEST_CASE(EN23_a_certificate_that_was_granted_with_modifications_is_delivered_as_such) {
  Result result;
  result.certificate = server.content("device.der");
  jobs.deliver("/org/edgeseal/job/7", result);
  BOOST_TEST(!in_port([](auto& port) { return port.modified; }));
  result.modified = "shorter than you wished";
  jobs.deliver("/org/edgeseal/job/7", result);
  BOOST_TEST(in_port([](auto& port) { return port.modified; }));
}

BOOST_AUTO_TEST_CASE(a_certificate_that_a_busy_agent_does_not_look_at_is_delivered_again) {
  in_port([](auto& port) {
    port.deliver_fault.set(dbus::CallError("TooManyOperations", "too many calls of this account wait for an answer"));
    return 0;
  });
  const auto calls = run(work(), "deliver 7");
  BOOST_TEST((std::find(calls.begin(), calls.end(), "fail 7") == calls.end()));
  BOOST_TEST(in_port([](auto& port) { return port.certificate.has_value(); }));
}

BOOST_AUTO_TEST_CASE(a_secret_comes_as_a_memory_file_and_is_told_when_it_was_spent) {
  server.allow("gateway", "one time", 1);
  dbus::JobWork job = work("issue=ca");
  job.credential = "secret";
  job.identity_key.clear();
  job.user = "gateway";
  job.secret.emplace(bytes_of("one time"));
  run(std::move(job), "fail 7");
  const dbus::JobFailure failure = in_port([](auto& port) { return port.failure; });
  BOOST_TEST(failure.failure_class == "unsuitable-certificate");
  BOOST_TEST(failure.secret_spent);
  BOOST_TEST(failure.message.find("one of a CA") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(EN3_a_secret_is_for_the_realm_of_the_job) {
  server.allow("gateway", "for this plant", 1);
  const auto by_secret = [this](const std::string& realm) {
    dbus::JobWork job = work();
    job.credential = "secret";
    job.identity_key.clear();
    job.user = "gateway";
    job.realm = realm;
    job.secret.emplace(bytes_of("for this plant"));
    return job;
  };
  run(by_secret("another plant"), "fail 7");
  const dbus::JobFailure failure = in_port([](auto& port) { return port.failure; });
  BOOST_TEST(failure.failure_class == "credentials");
  BOOST_TEST(failure.message.find("realm another plant") != std::string::npos);
  run(by_secret("plant"), "deliver 7");
}

BOOST_AUTO_TEST_CASE(a_contact_that_is_announced_is_made_and_told) {
  const auto contact = [this](dbus::JobWork work) {
    service.in_loop([&](auto& ports, auto& announcer) {
      ports.enrolment.calls.clear();
      ports.enrolment.work = std::move(work);
      announcer.contact_waiting("plant");
      return 0;
    });
    BOOST_TEST(wait_for("contact plant").front() == "take contact plant");
    return *in_port([](auto& port) { return port.contact_outcome; });
  };
  BOOST_TEST(contact(work()).failure_class == "");
  dbus::JobWork wrong = work();
  wrong.anchors = {server.content("other-root.der")};
  const dbus::ContactOutcome outcome = contact(std::move(wrong));
  BOOST_TEST(outcome.failure_class == "server-untrusted");
  BOOST_TEST(outcome.message.find("localhost is not trusted") != std::string::npos);
  dbus::JobWork strange = work();
  strange.protocol = "acme";
  BOOST_TEST(contact(std::move(strange)).failure_class == "policy");
}

BOOST_AUTO_TEST_CASE(contacts_that_waited_before_we_came_are_found) {
  in_port([](auto& port) {
    port.contacts_to_make = {"plant"};
    return 0;
  });
  BOOST_TEST(jobs.waiting_contacts() == std::vector<std::string>{"plant"}, boost::test_tools::per_element());
  service.end_service();
  BOOST_TEST(jobs.waiting_contacts().empty());
}

BOOST_AUTO_TEST_CASE(N6_a_download_that_is_announced_is_fetched_and_handed_over) {
  const auto outcome_of = [this](const std::string& path) {
    const std::string url = server.url("files") + path;
    service.in_loop([&](auto& ports, auto& announcer) {
      ports.staging.calls.clear();
      ports.staging.work = dbus::JobWork();
      ports.staging.work.url = url;
      ports.staging.work.trust = "explicit";
      ports.staging.work.anchors = {server.content("root.der")};
      announcer.download_waiting(url);
      return 0;
    });
    wait_until("the outcome",
               [&] { return service.in_loop([](auto& ports, auto&) { return ports.staging.calls.size(); }) == 2; });
    const auto calls = service.in_loop([](auto& ports, auto&) { return ports.staging.calls; });
    BOOST_TEST(calls.front() == "take " + url);
    return calls.back().substr(0, calls.back().find(' '));
  };
  BOOST_TEST(outcome_of("/root.der") == "content");
  BOOST_TEST((service.in_loop([](auto& ports, auto&) { return ports.staging.fetched; }) == server.content("root.der")));
  BOOST_TEST(outcome_of("/gone.der") == "problem");
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return ports.staging.problem; }) == "localhost answers 404");
}

BOOST_AUTO_TEST_CASE(downloads_that_waited_before_we_came_are_found) {
  const std::vector<std::string> urls{"https://a.example.com/1.der"};
  service.in_loop([&](auto& ports, auto&) {
    ports.staging.downloads = urls;
    return 0;
  });
  BOOST_TEST(jobs.waiting_downloads() == urls, boost::test_tools::per_element());
  service.end_service();
  BOOST_TEST(jobs.waiting_downloads().empty());
}

BOOST_AUTO_TEST_CASE(pauses_and_failures_carry_the_time_of_the_server) {
  run(work("wait=500"), "wait 500 7");
  run(work("refuse=simpleenroll/busy"), "fail 7");
  BOOST_TEST(in_port([](auto& port) { return port.failure.retry_after; }) == 120U);
}

BOOST_AUTO_TEST_CASE(an_anchor_that_nobody_knows_is_proposed_and_the_job_is_not_ours_any_more) {
  dbus::JobWork job = work();
  job.anchors.clear();
  job.trust = "person";
  run(std::move(job), "propose 7");
  loop->finish();
  BOOST_TEST(in_port([](auto& port) { return port.servers; }) == std::vector<std::string>{"localhost"},
             boost::test_tools::per_element());
  BOOST_TEST((in_port([](auto& port) { return port.anchors; }) == std::vector<Bytes>{server.content("root.der")}));
  const auto calls = in_port([](auto& port) { return port.calls; });
  BOOST_TEST(calls.back() == "propose 7");
}

BOOST_AUTO_TEST_CASE(A4_a_server_that_is_named_is_used_and_none_is_looked_for) {
  int looks = 0;
  surroundings.browse = [&](const discovery::Query& query, const std::stop_token&) {
    ++looks;
    BOOST_TEST(query.type == "_est._tcp");
    BOOST_TEST(query.domain == "local");
    return std::vector<discovery::Service>{};
  };
  dbus::JobWork job = work();
  job.discover = "_est._tcp";
  job.discover_domain = "local";
  run(std::move(job), "deliver 7");
  loop->finish();
  BOOST_TEST(looks == 0);
  dbus::JobWork unnamed = work();
  unnamed.url.clear();
  unnamed.discover = "_est._tcp";
  unnamed.discover_domain = "local";
  run(std::move(unnamed), "fail 7");
  loop->finish();
  BOOST_TEST(looks == 1);
  BOOST_TEST(in_port([](auto& port) { return port.failure.failure_class; }) == "transport");
}

BOOST_AUTO_TEST_CASE(a_job_that_was_approved_comes_back_with_the_fingerprint) {
  dbus::JobWork job = work();
  job.anchors.clear();
  job.trust = "fingerprint";
  job.fingerprint = sha256(server.content("root.der"));
  run(std::move(job), "deliver 7");
}

BOOST_AUTO_TEST_CASE(a_job_that_is_cancelled_ends_at_once) {
  service.in_loop([this](auto& ports, auto& announcer) {
    ports.enrolment.work = work("stall=cacerts");
    announcer.job_waiting(number);
    return 0;
  });
  wait_until("the request", [&] { return !requests("cacerts").empty(); });
  service.in_loop([](auto&, auto& announcer) {
    announcer.job_cancelled(number);
    return 0;
  });
  wait_for("fail 7");
  loop->finish();
  BOOST_TEST(in_port([](auto& port) { return port.failure.failure_class; }) == "cancelled");
}

BOOST_AUTO_TEST_CASE(a_job_that_is_not_understood_fails_by_policy) {
  dbus::JobWork job = work();
  job.protocol = "acme";
  run(std::move(job), "fail 7");
  BOOST_TEST(in_port([](auto& port) { return port.failure.failure_class; }) == "policy");
  BOOST_TEST(requests().empty());
}

BOOST_AUTO_TEST_CASE(a_time_that_no_clock_reaches_fails_by_policy) {
  dbus::JobWork job = work();
  job.time = std::numeric_limits<std::uint64_t>::max();
  run(std::move(job), "fail 7");
  BOOST_TEST(in_port([](auto& port) { return port.failure.failure_class; }) == "policy");
  BOOST_TEST(in_port([](auto& port) { return port.failure.message; }).find("2262") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_agent_that_ends_is_not_called_only_one_that_comes) {
  service.end_service();
  const auto next = sdbus::createSystemBusConnection();
  next->requestName(dbus::compat::ServiceName(dbus::kBusName));
  wait_until("the agent that comes", [&] { return agents > 0; });
  BOOST_TEST(agents == 1);
}

BOOST_AUTO_TEST_CASE(jobs_that_waited_before_we_came_are_found) {
  in_port([](auto& port) {
    port.waiting = {number};
    return 0;
  });
  BOOST_TEST(jobs.waiting_jobs() == std::vector<std::string>{"/org/edgeseal/job/7"}, boost::test_tools::per_element());
  service.end_service();
  BOOST_TEST(jobs.waiting_jobs().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
