#include <boost/test/unit_test.hpp>

#include "tests/unit/audit/written_log.h"

using namespace edgeseal::audit;

namespace {

struct Fixture : WrittenLog {
  Link head;
  Fixture() {
    Log log = open();
    for (const char* kind : {"a", "b", "c", "d"}) head = log.append(entry(kind));
  }
  std::string& content() { return directory.files.begin()->second; }
  [[nodiscard]] std::vector<std::string> lines() {
    std::vector<std::string> all;
    for (std::size_t begin = 0, end = 0; (end = content().find('\n', begin)) != std::string::npos; begin = end + 1)
      all.push_back(content().substr(begin, end + 1 - begin));
    return all;
  }
  // The whole log with hashes that fit, and another kind in one place.
  void write_anew(const std::string& kind) {
    directory.files.clear();
    Log log = open();
    for (const std::string& one : {std::string("a"), kind, std::string("c"), std::string("d")})
      (void)log.append(entry(one));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(verification, Fixture)

BOOST_AUTO_TEST_CASE(a_bit_that_flips_at_any_byte_is_noticed) {
  const std::string whole = content();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      content() = whole;
      content()[i] = static_cast<char>(content()[i] ^ (1 << bit));
      const Verdict verdict = this->verdict(head);
      BOOST_REQUIRE_MESSAGE(!verdict.intact(), "byte " << i << " bit " << bit);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_first_bad_entry_is_named) {
  const auto all = lines();
  content()[all[0].size() + 20] ^= 1;
  const Verdict verdict = this->verdict(head);
  BOOST_TEST(verdict.broken.value().sequence == 2u);
  BOOST_TEST(verdict.broken.value().file == segment_name(1));
  BOOST_TEST(verdict.broken.value().problem.find("hash") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_entry_that_was_left_out_or_moved_or_doubled_is_noticed) {
  const auto all = lines();
  for (const std::string& changed : {all[0] + all[2] + all[3], all[0] + all[2] + all[1] + all[3],
                                     all[0] + all[1] + all[1] + all[2] + all[3], all[1] + all[2] + all[3]}) {
    content() = changed;
    BOOST_TEST(!verdict(head).intact());
  }
}

BOOST_AUTO_TEST_CASE(an_end_that_was_cut_off_is_noticed_by_what_is_known) {
  const auto all = lines();
  content() = all[0] + all[1];
  BOOST_TEST(verdict().intact());
  const Verdict verdict = this->verdict(head);
  BOOST_TEST(verdict.broken.value().sequence == 3u);
  directory.files.clear();
  BOOST_TEST(!this->verdict(head).intact());
}

BOOST_AUTO_TEST_CASE(a_log_that_was_written_anew_with_hashes_that_fit_is_noticed_by_what_is_known) {
  write_anew("forged");
  BOOST_TEST(verdict().intact());
  BOOST_TEST(verdict(head).broken.value().sequence == 4u);
}

BOOST_AUTO_TEST_CASE(a_beginning_that_was_cut_off_is_noticed_unless_the_log_says_so) {
  {
    Log log = open(head);
    for (int i = 0; i < 100; ++i) log.sealed(head = log.append(entry("a", std::string(900, 'x'))));
  }
  BOOST_TEST(verdict(head).intact());
  directory.files.erase(directory.files.begin());
  BOOST_TEST(!verdict(head).intact());
  BOOST_TEST(verify(directory, Verification(Beginning::any)).intact());
}

BOOST_AUTO_TEST_CASE(what_is_known_of_removed_entries_is_not_asked_for) {
  const Link old = head;
  Log log = open(head);
  for (int i = 0; i < 100; ++i) log.sealed(log.append(entry("a", std::string(900, 'x'))));
  BOOST_TEST(verdict().first > old.sequence);
  BOOST_TEST(verdict(old).intact());
}

BOOST_AUTO_TEST_CASE(a_segment_that_is_missing_between_others_is_noticed) {
  {
    Log log = open(head);
    for (int i = 0; i < 40; ++i) head = log.append(entry("a", std::string(900, 'x')));
  }
  BOOST_REQUIRE(directory.files.size() == 3u);
  directory.files.erase(std::next(directory.files.begin()));
  BOOST_TEST(!verdict(head).intact());
}

BOOST_AUTO_TEST_CASE(an_empty_log_is_intact) {
  directory.files.clear();
  BOOST_TEST(verdict().intact());
  BOOST_TEST(verdict().first == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
