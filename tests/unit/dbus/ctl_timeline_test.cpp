// The timeline on a fixed day: what a person sees, to the column.

#include <boost/test/unit_test.hpp>

#include "dbus/ctl/timeline.h"

namespace edgeseal::ctl {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

const Day kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}.time_since_epoch() + 12h};

std::vector<Lifetime> three() {
  return {{"old/https/https", kNow - days(60), kNow - days(3), {}, ""},
          {"web/https/https", kNow - days(60), kNow + days(30), kNow + days(10), ""},
          {"plc/application/rsa-sha256", kNow - days(5), kNow + days(360), kNow + days(240), "a password"}};
}

TimelineView view_of(std::size_t width, TimelineView::Drawing drawing) {
  return {.now = kNow, .days = days(80), .width = width, .drawing = drawing};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    lines.push_back(text.substr(at, text.find('\n', at) - at));
  return lines;
}

DescribedSlot slot(const std::string& from, const std::string& until) {
  DescribedSlot described;
  described.name = {"web", "https", "https"};
  described.certificate_from = from;
  described.certificate_until = until;
  return described;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(timeline)

BOOST_AUTO_TEST_CASE(lives_are_drawn_in_ascii) {
  const std::string expected = R"(                            2026-11-02     2026-12-11
old/https/https             <=====]|                         ended 3 d ago
web/https/https             <======|---*-------]             ends in 30 d, renewal in 10 d
plc/application/rsa-sha256       [=|---------------------->  ends in 360 d, needs somebody
= over - ahead | now * renewal ] end
)";
  BOOST_TEST(timeline_text(three(), view_of(90, TimelineView::Drawing::Ascii)) == expected);
}

BOOST_AUTO_TEST_CASE(lives_are_drawn_in_unicode) {
  const std::string expected = R"(                            2026-11-02     2026-12-11
old/https/https             ◀━━━━━┤│                         ended 3 d ago
web/https/https             ◀━━━━━━│───◆───────┤             ends in 30 d, renewal in 10 d
plc/application/rsa-sha256       ├━│──────────────────────▶  ends in 360 d, needs somebody
━ over ─ ahead │ now ◆ renewal ┤ end
)";
  BOOST_TEST(timeline_text(three(), view_of(90, TimelineView::Drawing::Unicode)) == expected);
}

BOOST_AUTO_TEST_CASE(a_line_is_as_wide_as_the_terminal_at_most) {
  for (const std::size_t width : {40U, 57U, 60U, 80U, 133U, 400U})
    for (const auto& line : lines_of(timeline_text(three(), view_of(width, TimelineView::Drawing::Ascii))))
      BOOST_TEST(line.size() <= width);
}

BOOST_AUTO_TEST_CASE(without_a_wish_every_end_is_seen) {
  TimelineView view = view_of(120, TimelineView::Drawing::Ascii);
  view.days.reset();
  const auto lines = lines_of(timeline_text(three(), view));
  BOOST_TEST(lines.at(3).find(']') != std::string::npos);
  BOOST_TEST(lines.at(3).find('>') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_name_from_elsewhere_reaches_no_terminal_as_it_is) {
  auto lives = three();
  lives[0].slot = "web\033[2J/https/https";
  BOOST_TEST(timeline_text(lives, view_of(90, TimelineView::Drawing::Ascii)).find('\033') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(lives_are_those_of_certificates_by_their_end_with_their_renewals) {
  Renewal renewal;
  renewal.slot = "web/https/https";
  renewal.due = 1'800'000'000'000'000;
  renewal.needs = "a password";
  const auto all = lifetimes_of(
      {slot("2026-01-31T12:00:00Z", "2027-01-31T12:00:00Z"), slot("", ""), slot("2026-01-31T12:00:00Z", "invalid")},
      {renewal});
  BOOST_REQUIRE(all.size() == 1U);
  BOOST_TEST(all[0].end.time_since_epoch().count() == 1'801'396'800);
  BOOST_TEST(all[0].due->time_since_epoch().count() == 1'800'000'000);
  BOOST_TEST(all[0].needs == "a password");
}

BOOST_AUTO_TEST_CASE(programs_get_the_same_as_values) {
  const auto value = to_json(three(), view_of(80, TimelineView::Drawing::Ascii));
  BOOST_TEST(value["now"] == "2026-11-22T12:00:00Z");
  BOOST_TEST(value["certificates"][1]["due"] == "2026-12-02T12:00:00Z");
  BOOST_TEST(value["certificates"][0]["due"].is_null());
}

BOOST_AUTO_TEST_CASE(a_certificate_that_began_before_1970_has_its_year) {
  const auto lives = lifetimes_of({slot("1950-01-01T00:00:00Z", "2027-01-31T12:00:00Z")}, {});
  const auto value = to_json(lives, view_of(80, TimelineView::Drawing::Ascii));
  BOOST_TEST(value["certificates"][0]["not-before"] == "1950-01-01T00:00:00Z");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::ctl
