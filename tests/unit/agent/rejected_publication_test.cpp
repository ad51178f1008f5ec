#include "agent/publication/rejected_publication.h"

#include <filesystem>

#include "tests/unit/agent/error_code.h"
#include "tests/unit/agent/server.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::Code;
namespace fs = std::filesystem;

namespace {

struct Fixture : test::LoopFixture {
  const dbus::GroupName web{"web", "application"}, mail{"mail", "https"};
  std::vector<std::pair<std::string, agent::EventLoop::Time>> published;
  std::vector<agent::Error> failures;  // the last one comes first

  agent::RejectedPublication rejected{
      loop,
      [this](const dbus::GroupName& group, const agent::Answer<std::monostate>& answer) {
        published.emplace_back(group.application, loop.now());
        if (failures.empty()) return answer(std::monostate{});
        const agent::Error failure = failures.back();
        failures.pop_back();
        answer(failure);
      },
      {2ms, 10min}};

  // Nothing is to come after what is marked last.
  void run_until_quiet() {
    const auto before = published.size();
    rejected.changed(mail);
    run_until([&] { return std::ranges::count(published, "mail", &decltype(published)::value_type::first) > 0; });
    BOOST_TEST(published.size() == before + 1);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rejected_publication, Fixture)

BOOST_AUTO_TEST_CASE(many_at_once_are_one_publication) {
  const auto begin = loop.now();
  for (int i = 0; i < 1000; ++i) rejected.changed(web);
  run_until([&] { return !published.empty(); });
  BOOST_TEST((published.front().second - begin >= 2ms));
  run_until_quiet();
}

BOOST_AUTO_TEST_CASE(while_they_keep_coming_they_are_shown_less_and_less_often) {
  run_until([&] {
    rejected.changed(web);
    return published.size() >= 7;
  });
  for (std::size_t i = 1; i < published.size(); ++i)
    BOOST_TEST((published[i].second - published[i - 1].second >= 2ms * (1 << i)));
}

BOOST_AUTO_TEST_CASE(each_group_has_its_own_pace) {
  rejected.changed(web);
  rejected.changed(mail);
  run_until([&] { return published.size() == 2; });
  BOOST_TEST(published.front().first != published.back().first);
}

BOOST_AUTO_TEST_CASE(what_fails_is_tried_again) {
  failures = {agent::Error(Code::state_unavailable, "the disk is full"), agent::Error(Code::busy, "later")};
  rejected.changed(web);
  run_until([&] { return published.size() == 3; });
  BOOST_TEST(failures.empty());
  run_until_quiet();
}

BOOST_AUTO_TEST_CASE(a_group_that_is_gone_is_forgotten) {
  failures = {agent::Error(Code::not_found, "deleted")};
  rejected.changed(web);
  run_until([&] { return published.size() == 1; });
  run_until_quiet();
}

BOOST_FIXTURE_TEST_CASE(a_certificate_that_is_refused_appears_in_the_published_directory, test::Server) {
  agent::RejectedPublication shown(loop,
                                   [this](const dbus::GroupName& group, agent::Answer<std::monostate> answer) {
                                     applications.publish_again(group, std::move(answer));
                                   },
                                   {1ms, 10ms});
  int changes = 0;
  agent::PeerValidation judge(state, lists, audit, {{}, 32},
                              {[] { return agent::State::Clock::now(); }, [] { return false; },
                               [&](const dbus::GroupName& group) {
                                 ++changes;
                                 shown.changed(group);
                               }});
  const test::Authority unknown("nobody's CA");
  const std::vector<agent::Bytes> chain{unknown.certificate()};
  const dbus::GroupName group{"opc", "application"};
  for (int i = 0; i < 3; ++i)
    BOOST_CHECK_THROW(judge.judge(group, chain, {agent::Purpose::application, "", ""}), agent::Error);
  BOOST_TEST(changes == 1);
  const fs::path directory_of_rejected = applications.directory("opc", "application") + "/rejected/certs";
  run_until([&] { return !fs::is_empty(directory_of_rejected); });
}

BOOST_AUTO_TEST_SUITE_END()
