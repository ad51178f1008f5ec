#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "audit/entry.h"
#include "audit/error.h"

using namespace edgeseal::audit;

namespace {

Entry full_entry() {
  Entry entry;
  entry.sequence = 7;
  entry.time = Entry::Time(std::chrono::microseconds(1'800'000'000'123'456));
  entry.kind = "Agent1.CreateApplication";
  entry.caller = Caller{1000, "operator", 4711, "session-3.scope", ":1.42"};
  entry.object = "/org/edgeseal";
  entry.outcome = "success";
  entry.message = "allowed and done";
  entry.fields = {{"session", "s1"}};
  return entry;
}

std::string without_end(std::string line) {
  line.pop_back();
  return line;
}

std::string with_hash(const std::string& hashed) {
  return hashed + R"(,"hash":")" + to_text(hash_of(hashed)) + R"("})";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(entry)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_again) {
  const Hash previous = hash_of("before");
  const WrittenLine written = write_line(full_entry(), previous);
  const Line line = read_line("log", without_end(written.text));
  BOOST_TEST((line.entry == full_entry()));
  BOOST_TEST((line.previous == previous));
  BOOST_TEST((line.hash == written.hash));
}

BOOST_AUTO_TEST_CASE(a_line_is_json_that_sha256sum_can_check) {
  const auto json = nlohmann::json::parse(write_line(full_entry(), {}).text);
  BOOST_TEST(json.at("sequence") == 7);
  BOOST_TEST(json.at("time") == 1'800'000'000'123'456);
  BOOST_TEST(json.at("caller").at("unit") == "session-3.scope");
  BOOST_TEST(json.at("fields").at("session") == "s1");
  BOOST_TEST(to_text(hash_of("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

BOOST_AUTO_TEST_CASE(a_failure_unless_told_of_success) {
  const Line line = read_line("log", without_end(write_line({.sequence = 1, .kind = "x"}, {}).text));
  BOOST_TEST(line.entry.outcome == "failure");
}

BOOST_AUTO_TEST_CASE(bytes_of_a_caller_never_break_the_line) {
  for (const std::string& bad :
       {std::string("a\nb\"c\\d\x1b[2J\x7f\0e", 15), std::string("\xff\xfe\xc3(\xe2\x82"), std::string(100'000, '\x01'),
        std::string(100'000, '"'), std::string(100'000, '\xff'), std::string("\",\"hash\":\"")}) {
    Entry entry = full_entry();
    entry.kind = entry.object = entry.message = entry.outcome = bad;
    entry.caller = Caller{0, bad, 1, bad, bad};
    for (int i = 0; i < 100; ++i) entry.fields[bad.substr(0, 90) + std::to_string(i)] = bad;
    const std::string line = write_line(entry, {}).text;
    BOOST_TEST(line.size() <= max_line_size);
    BOOST_TEST(line.find('\n') == line.size() - 1);
    BOOST_TEST(line.find('\x1b') == std::string::npos);
    BOOST_TEST(read_line("log", without_end(line)).entry.sequence == 7u);
  }
}

BOOST_AUTO_TEST_CASE(fields_beyond_the_bound_are_counted) {
  Entry entry = full_entry();
  for (int i = 0; i < 40; ++i) entry.fields["f" + std::to_string(i)] = "x";
  const Entry read = read_line("log", without_end(write_line(entry, {}).text)).entry;
  BOOST_TEST(read.fields.size() == 25u);
  BOOST_TEST(read.fields.at("left-out") == "17");
}

BOOST_AUTO_TEST_CASE(every_changed_bit_is_noticed) {
  const std::string line = without_end(write_line(full_entry(), {}).text);
  for (std::size_t i = 0; i < line.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = line;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      BOOST_CHECK_THROW((void)read_line("log", changed), Error);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_entry_is_refused_though_its_hash_fits) {
  const std::string previous = R"(,"previous":")" + to_text(Hash{}) + "\"";
  const std::string good = R"({"sequence":1,"time":1,"kind":"k","outcome":"o")";
  BOOST_TEST(read_line("log", with_hash(good + previous)).entry.kind == "k");
  for (const std::string& bad :
       {std::string(), std::string("{"), std::string("[]"), good, good + R"(,"previous":"12")",
        R"({"sequence":0,"kind":"k","outcome":"o")" + previous, R"({"sequence":-1,"kind":"k","outcome":"o")" + previous,
        R"({"sequence":4611686018427387904,"kind":"k","outcome":"o")" + previous,
        R"({"sequence":1.5,"kind":"k","outcome":"o")" + previous, R"({"sequence":1,"kind":7,"outcome":"o")" + previous,
        R"({"sequence":1,"outcome":"o")" + previous, good + R"(,"fields":[1])" + previous,
        good + R"(,"fields":{"a":1})" + previous, good + R"(,"caller":"root")" + previous,
        good + R"(,"caller":{"uid":4294967296})" + previous, good + R"(,"caller":{"pid":-7})" + previous,
        std::string(10'000, '[')})
    BOOST_CHECK_THROW((void)read_line("log", with_hash(bad)), Error);
  BOOST_CHECK_THROW((void)read_line("log", std::string(max_line_size, 'x')), Error);
}

BOOST_AUTO_TEST_CASE(links_are_read_as_they_are_written) {
  const Link link{17, hash_of("x")};
  BOOST_TEST((parse_link(to_text(link)) == link));
  for (const char* bad : {"", "17", "17:", ":ab", "x:ab", "17:xyz", "-1:00"}) BOOST_TEST(!parse_link(bad).has_value());
  BOOST_TEST(!parse_link("17 :" + to_text(link.hash)).has_value());
  BOOST_TEST(!parse_hash(std::string(64, 'A')).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
