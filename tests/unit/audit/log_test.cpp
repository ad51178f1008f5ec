#include <boost/test/unit_test.hpp>

#include "tests/unit/audit/written_log.h"

using namespace edgeseal::audit;

BOOST_FIXTURE_TEST_SUITE(written_log, WrittenLog)

BOOST_AUTO_TEST_CASE(each_entry_has_the_next_number_and_follows_the_one_before) {
  Log log = open();
  BOOST_TEST(log.append(entry("a")).sequence == 1u);
  const Link second = log.append(entry("b"));
  BOOST_TEST(second.sequence == 2u);
  BOOST_TEST((log.head() == second));
  const Verdict verdict = this->verdict(second);
  BOOST_TEST(verdict.intact());
  BOOST_TEST(verdict.entries == 2u);
  BOOST_TEST((verdict.head == second));
}

BOOST_AUTO_TEST_CASE(it_goes_on_where_the_last_run_ended) {
  const Link known = open().append(entry("a"));
  BOOST_TEST(open(known).append(entry("b")).sequence == 2u);
  BOOST_TEST(verdict(known).intact());
}

BOOST_AUTO_TEST_CASE(its_size_is_bounded_and_it_says_what_went) {
  Log log = open();
  for (int i = 0; i < 400; ++i) BOOST_REQUIRE(log.append(entry("a", std::string(1000, 'x'))).sequence != 0);
  BOOST_TEST(directory.files.size() == limits.segments);
  for (const auto& [name, content] : directory.files) BOOST_TEST(content.size() <= limits.segment_size);
  const Verdict verdict = this->verdict(log.head());
  BOOST_TEST(verdict.intact());
  BOOST_TEST(verdict.first > 1u);
  BOOST_TEST(entries().front().sequence == verdict.first);
  BOOST_TEST(count(kind_removed) > 0u);
}

BOOST_AUTO_TEST_CASE(fewer_segments_than_before_are_kept_where_that_is_configured) {
  limits.segments = 8;
  {
    Log log = open();
    for (int i = 0; i < 100; ++i) (void)log.append(entry("a", std::string(1000, 'x')));
  }
  BOOST_TEST(directory.files.size() > 4u);
  limits.segments = 2;
  const Link head = open().append(entry("b"));
  BOOST_TEST(directory.files.size() == 2u);
  BOOST_TEST(verdict(head).intact());
}

BOOST_AUTO_TEST_CASE(a_torn_end_is_recognised_at_every_byte_repaired_and_told) {
  Link first;
  {
    Log log = open();
    first = log.append(entry("a"));
    (void)log.append(entry("b", "the last one"));
  }
  const auto whole = directory.files;
  const std::string& content = whole.begin()->second;
  const std::size_t begin = content.find('\n') + 1;
  for (std::size_t size = begin; size < content.size(); ++size) {
    directory.files = {{whole.begin()->first, content.substr(0, size)}};
    const Verdict torn = verdict(first);
    BOOST_TEST(torn.intact());
    BOOST_TEST(torn.torn == size - begin);
    Log log = open(first);
    BOOST_TEST(log.append(entry("c")).sequence == (size == begin ? 2u : 3u));
    BOOST_TEST(verdict(log.head()).intact());
    BOOST_TEST(verdict().torn == 0u);
    BOOST_TEST(count(kind_repaired) == (size == begin ? 0u : 1u));
  }
}

BOOST_AUTO_TEST_CASE(killed_at_every_byte_and_every_step_it_is_whole_up_to_an_entry) {
  std::optional<Link> known;
  std::size_t killed = 0;
  const auto write_much = [&](Log& log, int seal_every) {
    for (int i = 0; i < 60; ++i) {
      const Link link = log.append(entry("a", std::string(900, 'x')));
      if (i % seal_every == 0 && link.sequence >= log.least_to_seal()) log.sealed(*(known = link));
    }
  };
  const auto survive = [&](int seal_every) {
    try {
      Log log = open();
      write_much(log, seal_every);
    } catch (const fake::Killed&) {
      ++killed;
    }
    directory.bytes_to_live = directory.steps_to_live = std::numeric_limits<std::size_t>::max();
    BOOST_TEST(sealed_verdict(known).intact());
    Log log = open(known);
    write_much(log, 7);
    log.sealed(log.head());
    BOOST_TEST(sealed_verdict(log.head()).intact());
    BOOST_TEST(count(kind_broken) == 0u);
    BOOST_TEST(directory.files.size() <= limits.segments);
    directory.files.clear();
    known.reset();
  };
  for (std::size_t bytes = 0; bytes < 70'000; bytes += 97) {
    directory.bytes_to_live = bytes;
    survive(static_cast<int>(bytes % 40) + 1);
  }
  for (std::size_t steps = 0; steps < 75; ++steps) {
    for (const int seal_every : {1, 5, 25, 1000}) {
      directory.steps_to_live = steps;
      survive(seal_every);
    }
  }
  BOOST_TEST(killed > 800u);
}

BOOST_AUTO_TEST_CASE(a_segment_goes_only_once_an_entry_that_says_so_is_sealed) {
  Log log = open(first_sealed());
  while (count(kind_removed) == 0) (void)log.append(entry("a", std::string(900, 'x')));
  const std::uint64_t told = log.head().sequence;
  BOOST_TEST(directory.files.size() == limits.segments + 1);
  log.sealed({told - 1, {}});
  BOOST_TEST(directory.files.size() == limits.segments + 1);
  log.sealed(log.head());
  BOOST_TEST(directory.files.size() == limits.segments);
  BOOST_TEST(sealed_verdict(log.head()).intact());
}

BOOST_AUTO_TEST_CASE(while_nothing_is_sealed_there_are_twice_as_many_segments_and_then_a_gap) {
  const Link sealed = first_sealed();
  for (int start = 0; start < 5; ++start) {
    Log log = open(sealed);
    for (int i = 0; i < 100; ++i) (void)log.append(entry("a", std::string(900, 'x')));
    BOOST_TEST(directory.files.size() == 2 * limits.segments);
    BOOST_TEST(log.lost() > 0u);
    BOOST_TEST(log.why().find("the TPM has not sealed") != std::string::npos);
    BOOST_TEST(sealed_verdict(sealed).intact());
  }
  BOOST_TEST(count(kind_removed) == limits.segments);
  BOOST_TEST(entries().front().sequence == 1u);
  Log log = open(sealed);
  log.sealed(log.head());
  BOOST_TEST(directory.files.size() == limits.segments);
  BOOST_TEST(log.append(entry("lost")).sequence != 0u);
  BOOST_TEST(log.append(entry("b")).sequence != 0u);
  BOOST_TEST(sealed_verdict(log.head()).intact());
  BOOST_TEST(count(kind_broken) == 0u);
}

BOOST_AUTO_TEST_CASE(a_front_that_is_replaced_by_one_that_says_it_was_removed_is_noticed) {
  const Link sealed = first_sealed();
  directory.files.clear();
  forge_removal_after(sealed.sequence);
  BOOST_TEST(!sealed_verdict(sealed).intact());
  Log log = open(sealed);
  BOOST_TEST(log.append(entry("b")).sequence != 0u);
  BOOST_TEST(count(kind_broken) == 1u);
}

BOOST_AUTO_TEST_CASE(a_front_that_is_gone_by_removals_that_nobody_sealed_is_noticed_once) {
  Link sealed = first_sealed();
  {
    Log log = open(sealed);
    while (directory.files.size() < limits.segments) log.sealed(sealed = log.append(entry("a", std::string(900, 'x'))));
  }
  {
    Log forged = open();  // by whoever has the disk
    while (count(kind_removed) == 0) (void)forged.append(entry("f", std::string(900, 'x')));
  }
  BOOST_TEST(verdict(sealed).intact());
  BOOST_TEST(!sealed_verdict(sealed).intact());
  for (std::size_t start = 1; start < 4; ++start) {  // the TPM is away
    const Log log = open(sealed);
    BOOST_TEST(count(kind_broken) == start);
    BOOST_TEST(directory.files.size() == limits.segments + 1);
  }
  const Link head = open(sealed).head();
  Log log = open(head);
  BOOST_TEST(count(kind_broken) == 4u);
  BOOST_TEST(!verdict(head).intact());
}

BOOST_AUTO_TEST_CASE(what_was_removed_while_nobody_sealed_is_not_sealed_without_it) {
  Log log = open();
  Link before;
  while (count(kind_removed) == 0) before = log.append(entry("a", std::string(900, 'x')));
  BOOST_TEST(before.sequence < log.least_to_seal());
  BOOST_TEST(log.least_to_seal() == log.head().sequence);
  const Link head = log.head();
  BOOST_TEST(open(head).head().sequence == head.sequence);
}

BOOST_AUTO_TEST_CASE(what_it_says_of_itself_is_asked_for_once_with_what_it_found_at_its_start) {
  Link known;
  {
    Log log = open();
    BOOST_TEST(log.take_said().empty());
    for (int i = 0; i < 3; ++i) known = log.append(entry("a"));
    BOOST_TEST(log.take_said().empty());
  }
  auto& content = directory.files.begin()->second;
  content.resize(content.find('\n') + 1);
  Log log = open(known);
  const auto said = log.take_said();
  BOOST_REQUIRE(said.size() == 1u);
  BOOST_TEST(said[0].entry.kind == kind_broken);
  BOOST_TEST((said[0].link == log.head()));
  BOOST_TEST(log.take_said().empty());
  directory.room = 10;
  (void)log.append(entry("lost"));
  directory.room = 10'000;
  BOOST_TEST(log.lost() == 1u);
  (void)log.append(entry("b"));
  BOOST_TEST(log.take_said().at(0).entry.kind == kind_gap);
  BOOST_TEST(log.lost() == 0u);
}

BOOST_AUTO_TEST_CASE(a_full_disk_leaves_a_gap_that_is_told_later) {
  Log log = open();
  (void)log.append(entry("a"));
  for (std::size_t room = 0; room < 210; room += 5) {
    directory.room = room;
    BOOST_TEST(log.append(entry("lost")).sequence == 0u);
    BOOST_TEST(log.append(entry("lost")).sequence == 0u);
    BOOST_TEST(log.why().find("No space left") != std::string::npos);
    BOOST_TEST(verdict(log.head()).intact());
    BOOST_TEST(verdict().torn == 0u);
    directory.room = std::numeric_limits<std::size_t>::max();
    BOOST_TEST(log.append(entry("b")).sequence != 0u);
    BOOST_TEST(entries().back().kind == "b");
    const Entry gap = entries().at(entries().size() - 2);
    BOOST_TEST(gap.kind == kind_gap);
    BOOST_TEST(gap.fields.at("lost") == "2");
    BOOST_TEST(gap.outcome == "failure");
  }
  const Verdict verdict = this->verdict(log.head());
  BOOST_TEST(verdict.intact());
  BOOST_TEST(verdict.lost == 84u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_undone_at_once_is_undone_before_the_next_entry) {
  Log log = open();
  (void)log.append(entry("a"));
  directory.room = 100;
  directory.undo_fails = true;
  BOOST_TEST(log.append(entry("lost")).sequence == 0u);
  BOOST_TEST(log.append(entry("lost")).sequence == 0u);
  BOOST_TEST(verdict().torn == 100u);
  directory.undo_fails = false;
  directory.room = 10'000;
  BOOST_TEST(log.append(entry("b")).sequence == 3u);
  BOOST_TEST(verdict(log.head()).intact());
  BOOST_TEST(verdict().torn == 0u);
}

BOOST_AUTO_TEST_CASE(a_disk_that_was_full_from_the_first_entry_on_is_made_good) {
  directory.room = 10;
  Log log = open();
  BOOST_TEST(log.append(entry("lost")).sequence == 0u);
  directory.room = 10'000;
  BOOST_TEST(log.append(entry("a")).sequence == 2u);
  BOOST_TEST(verdict(log.head()).intact());
}

BOOST_AUTO_TEST_CASE(a_log_that_was_cut_begins_anew_after_what_is_known_and_stays_broken) {
  Link known;
  {
    Log log = open();
    for (int i = 0; i < 5; ++i) known = log.append(entry("a"));
  }
  auto& content = directory.files.begin()->second;
  content.resize(content.find('\n') + 1);
  Log log = open(known);
  BOOST_TEST(log.append(entry("b")).sequence == 7u);
  BOOST_TEST(count(kind_broken) == 1u);
  BOOST_TEST(verdict(log.head()).broken.value().sequence == 2u);
  const Link head = log.head();
  BOOST_TEST(open(head).append(entry("c")).sequence == 8u);
  BOOST_TEST(count(kind_broken) == 1u);
  BOOST_TEST(!verdict(head).intact());
}

BOOST_AUTO_TEST_CASE(a_log_that_is_gone_begins_anew_after_what_is_known) {
  Link known;
  {
    Log log = open();
    for (int i = 0; i < 5; ++i) known = log.append(entry("a"));
  }
  directory.files.clear();
  Log log = open(known);
  BOOST_TEST(log.head().sequence == 6u);
  BOOST_TEST(entries().front().kind == kind_broken);
  BOOST_TEST(verdict(log.head()).broken.value().sequence == 6u);
}

BOOST_AUTO_TEST_CASE(a_damaged_segment_is_left_as_it_is) {
  Link known;
  {
    Log log = open();
    for (int i = 0; i < 5; ++i) known = log.append(entry("a"));
  }
  const std::string name = directory.files.begin()->first;
  for (const std::size_t at : {std::size_t{3}, directory.files.at(name).size() - 5}) {
    fake::FakeLogDirectory damaged = directory;
    damaged.files.at(name)[at] ^= 1;
    const std::string before = damaged.files.at(name);
    Log log(
        damaged, limits, [this] { return time; }, known);
    BOOST_TEST(log.append(entry("b")).sequence != 0u);
    BOOST_TEST(damaged.files.at(name) == before);
    BOOST_TEST(damaged.files.size() == 2u);
    BOOST_TEST(!verify(damaged, Verification(Beginning::accounted_for)).intact());
  }
}

BOOST_AUTO_TEST_CASE(files_of_others_in_its_directory_do_not_hold_it_up) {
  (void)open().append(entry("a"));
  directory.files["99999999999999999999.jsonl"] = "x\n";
  directory.files[segment_name(max_sequence - 1'000)] = "rubbish\n";
  Log log = open();
  BOOST_TEST(log.append(entry("b")).sequence != 0u);
  BOOST_TEST(!verdict().intact());
}

BOOST_AUTO_TEST_CASE(it_goes_on_after_an_entry_with_a_number_that_none_has) {
  const Link known = open().append(entry("a"));
  Entry forged = entry("b");
  forged.sequence = max_sequence;
  directory.files.begin()->second += write_line(forged, known.hash).text;
  const Link next = open().append(entry("c"));
  BOOST_TEST(next.sequence == 3u);  // the second says that the chain begins anew
  BOOST_TEST(open(next).append(entry("d")).sequence == 4u);
  BOOST_TEST(!verdict().intact());
}

BOOST_AUTO_TEST_CASE(where_no_number_is_left_nothing_is_written_that_nobody_would_read) {
  (void)open().append(entry("a"));
  directory.files[segment_name(max_sequence - 1)] = "rubbish\n";
  const auto before = directory.files;
  BOOST_TEST(open().append(entry("b")).sequence == 0u);
  BOOST_TEST((directory.files == before));
}

BOOST_AUTO_TEST_SUITE_END()
