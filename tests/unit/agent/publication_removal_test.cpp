// Old generations are taken away in the background.

#include <fcntl.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <latch>
#include <system_error>

#include "agent/background_worker.h"
#include "agent/directories/directory.h"
#include "agent/publication/publication.h"
#include "tests/tpm/temporary_directory.h"
#include "tests/unit/agent/loop_fixture.h"

using namespace edgeseal;
namespace fs = std::filesystem;

namespace {

// The thread stands at a gate.
struct Fixture : test::LoopFixture {
  Fixture() {
    BOOST_TEST_REQUIRE(worker.submit([this] { entered.count_down(), gate.wait(); }));
    entered.wait();
  }
  ~Fixture() {
    if (!gate.try_wait()) gate.count_down();
  }
  void publish(const std::string& group) { publication->prepare("web", {}, {group}).exchange(); }
  [[nodiscard]] std::ptrdiff_t staged() const {
    return std::distance(fs::directory_iterator(directory.path() / "pki/.staging"), {});
  }
  void run_until_done() {
    bool done = false;
    worker.submit<int>([] { return 0; }, [&](const auto&) { done = true; });
    run_until([&] { return done; });
  }

  std::latch entered{1}, gate{1};
  test::TemporaryDirectory directory;
  agent::BackgroundWorker worker{loop};
  std::optional<agent::Publication> publication{std::in_place, directory.file("pki"), &worker};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(publication_removal, Fixture)

BOOST_AUTO_TEST_CASE(an_exchange_does_not_wait_for_the_removal_of_the_old_generation) {
  publish("https");
  publish("https");
  BOOST_TEST(staged() == 1);
  gate.count_down();
  run_until_done();
  BOOST_TEST(staged() == 0);
  BOOST_TEST(fs::exists(directory.path() / "pki/web/https/ca.pem"));
}

BOOST_AUTO_TEST_CASE(a_removed_application_is_gone_at_once_and_taken_away_later) {
  publish("https");
  publish("application");
  publication->remove("web");
  BOOST_TEST(!fs::exists(directory.path() / "pki/web"));
  BOOST_TEST(staged() == 1);
  gate.count_down();
  run_until_done();
  BOOST_TEST(staged() == 0);
}

BOOST_AUTO_TEST_CASE(a_full_queue_makes_the_caller_remove_it) {
  publish("https");
  while (worker.submit([] {})) continue;
  publish("https");
  BOOST_TEST(staged() == 0);
}

BOOST_AUTO_TEST_CASE(directories_that_are_nested_too_deeply_are_not_removed) {
  fs::path deepest = directory.path() / "tree";
  for (unsigned level = 0; level < agent::max_removed_levels; ++level) deepest /= "d";
  fs::create_directories(deepest);
  const policy::UniqueFd parent(::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  BOOST_CHECK_EXCEPTION(agent::remove_tree(parent.get(), "tree"), std::system_error,
                        [](const std::system_error& error) { return error.code().value() == ELOOP; });
  fs::remove(deepest);
  agent::remove_tree(parent.get(), "tree");
  BOOST_TEST(!fs::exists(directory.path() / "tree"));
}

BOOST_AUTO_TEST_CASE(a_generation_may_outlive_the_publication) {
  auto generation = std::make_optional(publication->prepare("web", {}, {"https"}));
  publication.reset();
  generation.reset();
  BOOST_TEST(staged() == 0);
}

BOOST_AUTO_TEST_CASE(a_removal_may_outlive_the_publication) {
  publish("https");
  publish("https");
  publication.reset();
  gate.count_down();
  run_until_done();
  BOOST_TEST(staged() == 0);
}

BOOST_AUTO_TEST_CASE(what_an_earlier_run_left_does_not_delay_the_start) {
  publish("https");
  publish("https");
  publication.emplace(directory.file("pki"), &worker);
  BOOST_TEST(staged() == 1);
  gate.count_down();
  run_until_done();
  BOOST_TEST(staged() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
