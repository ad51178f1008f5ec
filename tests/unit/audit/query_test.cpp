#include <boost/test/unit_test.hpp>

#include "audit/query.h"
#include "tests/unit/audit/written_log.h"

using namespace edgeseal::audit;

namespace {

struct Fixture : WrittenLog {
  Fixture() {
    limits.segments = 100;
    Log log = open();
    for (int i = 1; i <= 100; ++i) {
      Entry one = entry(i % 2 == 0 ? "trust-list-updated" : "TrustList1.AddCertificate", std::string(900, 'x'));
      one.object = i % 10 == 0 ? "/org/edgeseal/application/web" : "/org/edgeseal";
      if (i % 5 == 0) one.caller = Caller{1000, "operator", 1, "plant.service", ":1.7"};
      (void)log.append(one);
    }
  }
  std::vector<std::uint64_t> selected(const Filter& filter, Which which = Which::oldest, std::size_t limit = 256) {
    std::vector<std::uint64_t> numbers;
    for (const auto& line : select(directory, filter, which, limit).lines)
      numbers.push_back(read_line("page", line).entry.sequence);
    return numbers;
  }
};

using Numbers = std::vector<std::uint64_t>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(query, Fixture)

BOOST_AUTO_TEST_CASE(all_entries_come_in_pages) {
  Numbers all;
  Filter filter;
  for (;;) {
    const Page page = select(directory, filter, Which::oldest, 7);
    BOOST_REQUIRE(!page.lines.empty());
    BOOST_TEST(page.lines.size() <= 7u);
    for (const auto& line : page.lines) all.push_back(read_line("page", line).entry.sequence);
    filter.after = all.back();
    if (!page.more) break;
  }
  BOOST_REQUIRE(all.size() == 100u);
  for (std::size_t i = 0; i < all.size(); ++i) BOOST_TEST(all[i] == i + 1);
}

BOOST_AUTO_TEST_CASE(the_newest_come_in_the_order_in_which_they_happened) {
  BOOST_TEST((selected({}, Which::newest, 3) == Numbers{98, 99, 100}));
  BOOST_TEST(select(directory, {}, Which::newest, 3).more);
  BOOST_TEST(selected({}, Which::newest, 60).front() == 41u);
  BOOST_TEST(!select(directory, {}, Which::newest, 100).more);
}

BOOST_AUTO_TEST_CASE(entries_are_chosen_by_kind_caller_object_time_and_number) {
  BOOST_TEST(selected({.kind = "trust-list-updated"}).size() == 50u);
  BOOST_TEST(selected({.kind = "TrustList1.*"}).size() == 50u);
  BOOST_TEST(selected({.kind = "TrustList1"}).empty());
  for (const char* caller : {"operator", "1000", "plant.service", ":1.7"})
    BOOST_TEST(selected({.caller = caller}).size() == 20u);
  BOOST_TEST(selected({.caller = "root"}).empty());
  BOOST_TEST((selected({.kind = "*", .caller = "operator", .object = "/org/edgeseal/application/*"}, Which::newest,
                       2) == Numbers{90, 100}));
  BOOST_TEST(selected({.after = 97}).size() == 3u);
  BOOST_TEST(selected({.since = entries().at(94).time}).size() == 6u);
}

BOOST_AUTO_TEST_CASE(a_page_is_bounded_whatever_is_asked_for) {
  Log log = open();
  for (int i = 0; i < 400; ++i) (void)log.append(entry("a", std::string(5000, 'y')));
  BOOST_TEST(select(directory, {}, Which::oldest, 1'000'000).lines.size() == max_page_entries);
  BOOST_TEST(select(directory, {}, Which::newest, 1'000'000).lines.size() == max_page_entries);
  BOOST_TEST(select(directory, {}, Which::oldest, 0).lines.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_damaged_segment_does_not_hide_the_others) {
  directory.files.begin()->second[5] ^= 1;
  BOOST_TEST(selected({}).size() > 70u);
}

BOOST_AUTO_TEST_SUITE_END()
