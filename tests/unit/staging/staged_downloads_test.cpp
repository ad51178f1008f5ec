// What staged files name by URL is fetched by whoever runs jobs.
#include <boost/test/unit_test.hpp>

#include "agent/staging/staged_downloads.h"
#include "tests/unit/staging/staging_fixture.h"

using namespace edgeseal;
using agent::Bytes;
using agent::Code;
using agent::StagedDownloads;
using test::has_code;
using test::linked_certificate;

namespace {

using namespace std::chrono_literals;
using Urls = std::vector<std::string>;

constexpr const char* runner = ":1.7";
const std::string first = "https://a.example.com/1.der", second = "https://a.example.com/2.pem";
// Nothing passes by itself.
const StagedDownloads::Times slow{1h, 1h, 1h, 1h};

struct DownloadFixture : test::StagingFixture {
  explicit DownloadFixture(StagedDownloads::Times given = slow, agent::Staging::Settings of_staging = anchored())
      : StagingFixture(std::move(of_staging)), times(given) {
    changed = [this] { downloads->look(); };
    begin();
  }

  // As of a start of the agent.
  void begin() {
    downloads.reset();
    downloads.emplace(
        loop, *staging,
        StagedDownloads::World{[this] { return busy; }, [this](const std::string& url) { called.push_back(url); }},
        times);
    downloads->look();
  }
  void restart() {
    changed = {};
    downloads.reset();
    start();
    changed = [this] { downloads->look(); };
    begin();
  }

  void stage_urls(const Urls& urls) {
    std::string text = "<certificates>";
    for (const std::string& url : urls) text += linked_certificate(url);
    (void)stage(text + "</certificates>");
  }
  void wait_for(const Urls& urls) {
    run_until([&] { return downloads->waiting() == urls; });
  }
  void report(const std::string& url, std::string_view content) {
    downloads->report(url, runner, {dbus::Secret(std::as_bytes(std::span(content))), ""});
  }
  void report(const std::string& url, const Bytes& content) {
    downloads->report(url, runner, {dbus::Secret(content), ""});
  }
  void report_problem(const std::string& url, const std::string& problem) {
    downloads->report(url, runner, {std::nullopt, problem});
  }
  void take(const std::string& url) {
    wait_for_one(url);
    (void)downloads->take(url, runner);
  }
  void wait_for_one(const std::string& url) {
    run_until([&] { return std::ranges::count(downloads->waiting(), url) == 1; });
  }
  [[nodiscard]] std::string problem_of(const std::string& url) {
    for (const agent::StagedEntry& entry : staging->set()->entries)
      if (entry.url == url) return entry.problem;
    return "(not there)";
  }
  [[nodiscard]] bool tells(const std::string& url, const std::string& part) {
    return problem_of(url).find(part) != std::string::npos;
  }
  void refuse_take(const std::string& url, Code code) {
    BOOST_CHECK_EXCEPTION((void)downloads->take(url, runner), agent::Error, has_code(code));
  }

  static agent::Staging::Settings anchored() {
    agent::Staging::Settings settings;
    settings.system_anchors = true;
    settings.http_hosts = {"staging.example.com"};
    return settings;
  }

  StagedDownloads::Times times;
  Urls called;
  std::optional<StagedDownloads> downloads;
};

struct Again : DownloadFixture {
  Again() : DownloadFixture({1h, 1h, 0s, 0s}) {}
};
struct Expiring : DownloadFixture {
  Expiring() : DownloadFixture({0s, 1h, 1h, 1h}) {}
};
struct Unattended : DownloadFixture {
  Unattended() : DownloadFixture({1h, 0s, 1h, 1h}) {}
};
struct WithoutAnchors : DownloadFixture {
  WithoutAnchors() : DownloadFixture(slow, {.http_hosts = {"staging.example.com"}}) {}
};
struct SwitchedOff : DownloadFixture {
  SwitchedOff() : DownloadFixture(slow, {.system_anchors = true, .fetch_urls = false}) {}
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(staged_downloads, DownloadFixture)

BOOST_AUTO_TEST_CASE(N6_what_is_staged_is_fetched_afterwards_and_completed) {
  stage_urls({first, second});
  BOOST_TEST(called.empty());  // the whole file was taken before anything is fetched
  wait_for({first, second});
  BOOST_TEST(called == (Urls{first, second}), boost::test_tools::per_element());
  const dbus::JobWork work = downloads->take(first, runner);
  BOOST_TEST(work.url == first);
  BOOST_TEST(work.trust == "implicit");
  BOOST_TEST(downloads->waiting() == Urls{second}, boost::test_tools::per_element());
  report(first, plant.certificate());
  (void)downloads->take(second, runner);
  report(second, test::certificate_pem(other.certificate()));
  BOOST_TEST(staging->set()->complete());
  BOOST_TEST(audits("trust-staged") == 3U);
  activate();
  BOOST_TEST(trusted().size() == 2U);
}

BOOST_AUTO_TEST_CASE(N6_what_is_fetched_after_a_start_goes_into_force_by_itself) {
  stage_urls({first});
  restart();
  wait_for({first});
  (void)downloads->take(first, runner);
  busy = true;
  report(first, plant.certificate());
  BOOST_TEST(staging->set()->complete());
  BOOST_TEST(trusted().empty());
  busy = false;
  staging->look();
  run_until([&] { return audits("staged-trust-activated") == 1U; });
  BOOST_TEST(trusted().size() == 1U);
}

BOOST_AUTO_TEST_CASE(of_the_device_nothing_is_handed_out) {
  stage_urls({first});
  wait_for({first});
  const dbus::JobWork work = downloads->take(first, runner);
  BOOST_TEST(!work.secret);
  BOOST_TEST(work.credential.empty());
  BOOST_TEST(work.identity_key.empty());
  BOOST_TEST(work.identity_certificate.empty());
}

BOOST_AUTO_TEST_CASE(a_server_is_believed_by_the_list_that_the_file_is_for) {
  (void)stage(file());
  activate();
  BOOST_TEST(contact({server_certificate()}) == "");
  stage_urls({first});
  wait_for({first});
  const dbus::JobWork work = downloads->take(first, runner);
  BOOST_TEST(work.trust == "explicit");
  BOOST_TEST((work.anchors == std::vector<Bytes>{plant.certificate()}));
}

BOOST_FIXTURE_TEST_CASE(N7_where_nobody_could_vouch_for_the_server_nothing_is_fetched, WithoutAnchors) {
  stage_urls({first});
  run_until([&] { return !problem_of(first).empty(); });
  BOOST_TEST(tells(first, "nobody is known who could vouch"));
  BOOST_TEST(tells(first, "system-anchors"));
  BOOST_TEST(called.empty());
  BOOST_TEST(downloads->waiting().empty());
}

BOOST_FIXTURE_TEST_CASE(N7_plain_http_needs_nobody_who_vouches_and_ends_with_setup, WithoutAnchors) {
  const std::string plain = "http://staging.example.com/ca.der";
  stage_urls({plain});
  wait_for({plain});
  close_setup();
  refuse_take(plain, Code::user_access_denied);
  BOOST_TEST(tells(plain, "setup is not open"));
}

BOOST_AUTO_TEST_CASE(N7_the_anchors_of_the_system_are_no_longer_used_when_setup_is_left) {
  stage_urls({first});
  wait_for({first});
  close_setup();
  refuse_take(first, Code::invalid_state);
  BOOST_TEST(tells(first, "nobody is known who could vouch"));
}

BOOST_AUTO_TEST_CASE(N6_what_could_not_be_fetched_is_told_and_stays_to_be_fetched) {
  stage_urls({first, second});
  take(first);
  report_problem(first, "404 Not Found");
  BOOST_TEST(problem_of(first) == "404 Not Found");
  take(second);
  report(second, std::string_view("<html/>"));  // the entry says so, whoever fetched it did right
  BOOST_TEST(!problem_of(second).empty());
  BOOST_TEST(audits("staged-trust-refused") == 1U);
  BOOST_TEST(downloads->waiting().empty());
  BOOST_TEST(staging->to_fetch().size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(N6_what_failed_is_tried_again, Again) {
  stage_urls({first});
  for (int tries = 0; tries < 3; ++tries) {
    take(first);
    report_problem(first, "nobody listens");
  }
  const int before = changes;
  take(first);
  report_problem(first, "nobody listens");
  BOOST_TEST(changes == before);  // nothing is written for what is known
  take(first);
  report(first, plant.certificate());
  BOOST_TEST(staging->set()->complete());
}

BOOST_AUTO_TEST_CASE(pauses_double_up_to_the_longest) {
  using Pauses = std::vector<std::chrono::microseconds>;
  Pauses pauses;
  for (unsigned failures : {0U, 1U, 2U, 5U, 6U, 40U}) pauses.push_back(StagedDownloads::pause_after({}, failures));
  BOOST_TEST((pauses == Pauses{1min, 2min, 4min, 32min, 1h, 1h}));
}

BOOST_AUTO_TEST_CASE(what_is_discarded_is_not_fetched_any_more) {
  stage_urls({first, second});
  take(first);
  staging->discard();
  BOOST_TEST(downloads->waiting().empty());
  BOOST_CHECK_EXCEPTION(report(first, plant.certificate()), agent::Error, has_code(Code::invalid_state));
  refuse_take(second, Code::invalid_state);
}

BOOST_AUTO_TEST_CASE(what_somebody_else_delivers_is_not_waited_for) {
  stage_urls({first});
  take(first);
  staging->deliver(first, plant.certificate());
  BOOST_CHECK_EXCEPTION(report_problem(first, "404"), agent::Error, has_code(Code::invalid_state));
}

BOOST_AUTO_TEST_CASE(a_download_is_taken_once_and_reported_by_who_took_it) {
  stage_urls({first});
  refuse_take("https://a.example.com/other", Code::invalid_state);
  take(first);
  refuse_take(first, Code::invalid_state);
  BOOST_CHECK_EXCEPTION(downloads->report(first, ":1.8", {std::nullopt, "no"}), agent::Error,
                        has_code(Code::invalid_state));
  report_problem(first, "404");
  BOOST_CHECK_EXCEPTION(report_problem(first, "404"), agent::Error, has_code(Code::invalid_state));
}

BOOST_AUTO_TEST_CASE(who_leaves_has_failed_with_what_he_had) {
  stage_urls({first, second});
  take(first);
  downloads->runner_vanished(":1.99");
  BOOST_TEST(problem_of(first).empty());
  downloads->runner_vanished(runner);
  BOOST_TEST(tells(first, "has ended meanwhile"));
  BOOST_TEST(problem_of(second).empty());
}

BOOST_AUTO_TEST_CASE(a_service_that_ends_just_then_is_called_once_more) {
  stage_urls({first});
  wait_for({first});
  downloads->service_left();
  downloads->service_left();
  BOOST_TEST(called == (Urls{first, first}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(where_nobody_can_be_started_the_entry_says_so, Unattended) {
  stage_urls({first});
  wait_for({first});
  downloads->service_missing("Unit edgeseal-enroll.service is masked.");
  run_until([&] { return !problem_of(first).empty(); });
  BOOST_TEST(tells(first, "is masked"));
  BOOST_TEST(downloads->waiting().empty());
}

BOOST_AUTO_TEST_CASE(who_comes_without_being_started_takes_it) {
  stage_urls({first});
  wait_for({first});
  downloads->service_missing("nobody is known by this name");
  take(first);
  report(first, plant.certificate());
  BOOST_TEST(staging->set()->complete());
}

BOOST_FIXTURE_TEST_CASE(what_nobody_takes_in_time_has_failed, Expiring) {
  stage_urls({first});
  run_until([&] { return tells(first, "has not fetched it in time"); });
  BOOST_TEST(called.size() == 1U);
}

BOOST_AUTO_TEST_CASE(W19_nothing_is_begun_while_somebody_is_busy) {
  busy = true;
  stage_urls({first});
  loop.run_once(0s);
  BOOST_TEST(called.empty());
  busy = false;
  downloads->look();
  wait_for({first});
}

BOOST_FIXTURE_TEST_CASE(where_it_is_switched_off_nothing_waits, SwitchedOff) {
  stage_urls({first});
  loop.run_once(0s);
  BOOST_TEST(called.empty());
  staging->deliver(first, plant.certificate());
  BOOST_TEST(staging->set()->complete());
}

BOOST_AUTO_TEST_SUITE_END()
