#include "agent/renewal/job_store.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/tpm/temporary_directory.h"
#include "tests/unit/agent/error_code.h"

namespace edgeseal::agent {
namespace {

struct Fixture {
  JobNumber add() { return jobs.add({.profile = "plant", .slot = {"web", "https", "https"}}); }
  void finish(JobNumber number) {
    jobs.settle(number, [](Job& job) { job.state = JobState::done; });
  }
  void finish_as_many_as_are_kept() {
    for (std::size_t i = 0; i < JobStore::kept_when_ended; ++i) finish(add());
  }
  [[nodiscard]] bool is_known(JobNumber number) const {
    return std::ranges::find(jobs.all(), number, &Job::number) != jobs.all().end();
  }

  test::TemporaryDirectory directory;
  State state{directory.file("state")};
  std::vector<JobNumber> removed;
  JobStore jobs{state, {{}, {}, [this](JobNumber number) { removed.push_back(number); }}};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(job_store, Fixture)

BOOST_AUTO_TEST_CASE(the_oldest_that_has_ended_makes_room_and_one_under_way_stays) {
  const JobNumber under_way = add(), oldest = add();
  finish(oldest);
  finish_as_many_as_are_kept();
  BOOST_TEST(is_known(under_way));
  BOOST_TEST(!is_known(oldest));
  BOOST_TEST(removed == std::vector<JobNumber>{oldest}, boost::test_tools::per_element());
  BOOST_CHECK_EXCEPTION((void)jobs.get(oldest), Error, test::has_code(Code::not_found));
}

BOOST_AUTO_TEST_CASE(a_job_that_ends_after_all_that_came_later_can_still_be_looked_at) {
  const JobNumber waited = add();
  finish_as_many_as_are_kept();
  BOOST_REQUIRE_NO_THROW(finish(waited));
  BOOST_TEST((jobs.get(waited).state == JobState::done));
  BOOST_TEST(removed == std::vector<JobNumber>{waited + 1}, boost::test_tools::per_element());
  BOOST_TEST(decode_jobs(*state.record(jobs_record)).jobs.size() == JobStore::kept_when_ended);
}

BOOST_AUTO_TEST_CASE(jobs_of_a_version_that_knew_no_terms_are_read) {
  add();
  const Bytes stored = *state.record(jobs_record);
  const auto* octets = reinterpret_cast<const std::uint8_t*>(stored.data());
  auto record = nlohmann::json::from_cbor(octets, octets + stored.size());
  BOOST_TEST(record["jobs"][0].erase("terms") == 1U);
  const std::vector<std::uint8_t> older = nlohmann::json::to_cbor(record);
  BOOST_TEST((decode_jobs(std::as_bytes(std::span(older))).jobs == jobs.all()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::agent
