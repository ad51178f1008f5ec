#include "dbus/ctl/timeline.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <string_view>

#include "dbus/ctl/table.h"

namespace edgeseal::ctl {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr days shortest_window{28}, longest_window{3660};
constexpr std::size_t narrowest_bars = 16, shortest_label = 8;
constexpr std::size_t date_width = 10;  // 2026-11-22

struct Signs {
  const char *over, *ahead, *now, *due, *begin, *end, *before, *after, *ellipsis;
};
constexpr Signs unicode_signs{"━", "─", "│", "◆", "├", "┤", "◀", "▶", "…"};
constexpr Signs ascii_signs{"=", "-", "|", "*", "[", "]", "<", ">", "~"};

const Signs& signs_of(const TimelineView& view) {
  return view.drawing == TimelineView::Drawing::Unicode ? unicode_signs : ascii_signs;
}

// What of time is shown, and on how many columns.
struct Window {
  Day begin, end;
  std::size_t columns;

  // May lie outside of them.
  [[nodiscard]] long column(Day day) const {
    const auto whole = std::chrono::duration<double>(end - begin).count();
    return static_cast<long>(std::chrono::duration<double>(day - begin).count() / whole * static_cast<double>(columns));
  }
  [[nodiscard]] bool shows(long column) const { return column >= 0 && column < static_cast<long>(columns); }
};

// A quarter is past, unless nothing was there so long ago. Without a wish: so long that every end is seen.
Window window_of(const std::vector<Lifetime>& lifetimes, const TimelineView& view, std::size_t columns) {
  days shown = shortest_window;
  for (const auto& one : lifetimes)
    if (one.end > view.now) shown = std::max(shown, std::chrono::ceil<days>((one.end - view.now) * 4 / 3) + days(1));
  shown = view.days.value_or(std::min(shown, longest_window));
  const Day begin = view.now - std::chrono::duration_cast<std::chrono::seconds>(shown) / 4;
  return {begin, begin + shown, columns};
}

std::string distance_text(std::chrono::seconds distance) {
  const auto size = std::chrono::abs(distance);
  return size < 48h ? fmt::format("{} h", size / 1h) : fmt::format("{} d", size / 24h);
}

std::string remark_of(const Lifetime& one, Day now) {
  if (one.end <= now) return "ended " + distance_text(now - one.end) + " ago";
  const std::string end = "ends in " + distance_text(one.end - now);
  if (!one.needs.empty()) return end + ", needs somebody";
  if (!one.due) return end + ", no profile";
  return end + (*one.due <= now ? ", renewal due" : ", renewal in " + distance_text(*one.due - now));
}

// One sign per column.
class Line {
 public:
  explicit Line(std::size_t columns) : signs_(columns, " ") {}

  void put(long column, const char* sign) {
    if (column >= 0 && column < static_cast<long>(signs_.size())) signs_[static_cast<std::size_t>(column)] = sign;
  }
  void write(long column, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i)
      if (const auto at = column + static_cast<long>(i); at >= 0 && at < static_cast<long>(signs_.size()))
        signs_[static_cast<std::size_t>(at)] = std::string(1, text[i]);
  }
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const auto& sign : signs_) all += sign;
    return all;
  }

 private:
  std::vector<std::string> signs_;
};

std::string bar_of(const Lifetime& one, const Window& window, const TimelineView& view) {
  const Signs& signs = signs_of(view);
  Line line(window.columns);
  const long begin = window.column(one.begin), end = window.column(one.end), now = window.column(view.now);
  const long last = static_cast<long>(window.columns) - 1;
  for (long i = std::max(begin, 0L); i <= std::min(end, last); ++i) line.put(i, i < now ? signs.over : signs.ahead);
  if (begin <= last) line.put(std::max(begin, 0L), begin < 0 ? signs.before : signs.begin);
  if (end >= 0) line.put(std::min(end, last), end > last ? signs.after : signs.end);
  line.put(now, signs.now);
  if (one.due && *one.due < one.end) line.put(window.column(*one.due), signs.due);
  return line.text();
}

// Dates, as many as find room.
std::string axis_of(const Window& window) {
  Line line(window.columns);
  const std::size_t count = std::max<std::size_t>(1, window.columns / (date_width + 4));
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t column = i * window.columns / count;
    const Day day =
        window.begin + (window.end - window.begin) * static_cast<long>(column) / static_cast<long>(window.columns);
    line.write(static_cast<long>(column), fmt::format("{:%Y-%m-%d}", fmt::gmtime(day.time_since_epoch().count())));
  }
  return line.text();
}

std::string label_of(const std::string& slot, std::size_t width, const Signs& signs) {
  const std::string label = printable(slot);
  return label.size() <= width ? label + std::string(width - label.size(), ' ')
                               : label.substr(0, width - 1) + signs.ellipsis;
}

std::string without_end_blanks(const std::string& text) {
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::string legend_of(const Signs& signs) {
  return fmt::format("{} over {} ahead {} now {} renewal {} end\n", signs.over, signs.ahead, signs.now, signs.due,
                     signs.end);
}

std::optional<Day> day_of(const std::string& text) {
  std::tm fields{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &fields);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  return Day(std::chrono::seconds(timegm(&fields)));
}

std::string day_text(Day day) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(day.time_since_epoch().count()));  // before 1970, too
}

}  // namespace

std::vector<Lifetime> lifetimes_of(const std::vector<DescribedSlot>& slots, const std::vector<Renewal>& renewals) {
  std::vector<Lifetime> all;
  for (const auto& slot : slots) {
    const auto begin = day_of(slot.certificate_from), end = day_of(slot.certificate_until);
    if (!begin || !end) continue;
    Lifetime one{slot.name.text(), *begin, *end, std::nullopt, ""};
    const auto renewal = std::ranges::find(renewals, one.slot, &Renewal::slot);
    if (renewal != renewals.end()) {
      if (renewal->due != 0) one.due = Day(std::chrono::seconds(renewal->due / 1'000'000));
      one.needs = renewal->needs;
    }
    all.push_back(std::move(one));
  }
  std::ranges::sort(all, {}, &Lifetime::end);
  return all;
}

std::string timeline_text(const std::vector<Lifetime>& lifetimes, const TimelineView& view) {
  const Signs& signs = signs_of(view);
  std::size_t labels = 0, remarks = 0;
  for (const auto& one : lifetimes) {
    labels = std::max(labels, one.slot.size());
    remarks = std::max(remarks, remark_of(one, view.now).size());
  }
  const bool tells = view.width >= shortest_label + narrowest_bars + remarks + 4;
  const std::size_t beside = tells ? remarks + 4 : 2;
  labels = std::min({labels, view.width / 3, view.width - beside - narrowest_bars});
  const Window window = window_of(lifetimes, view, view.width - beside - labels);
  std::string text = without_end_blanks(std::string(labels + 2, ' ') + axis_of(window)) + "\n";
  for (const auto& one : lifetimes)
    text += without_end_blanks(label_of(one.slot, labels, signs) + "  " + bar_of(one, window, view) + "  " +
                               (tells ? remark_of(one, view.now) : "")) +
            "\n";
  return text + legend_of(signs);
}

nlohmann::json to_json(const std::vector<Lifetime>& lifetimes, const TimelineView& view) {
  auto certificates = nlohmann::json::array();
  for (const auto& one : lifetimes)
    certificates.push_back({{"slot", one.slot},
                            {"not-before", day_text(one.begin)},
                            {"not-after", day_text(one.end)},
                            {"due", one.due ? nlohmann::json(day_text(*one.due)) : nlohmann::json()},
                            {"needs", one.needs}});
  return {{"now", day_text(view.now)}, {"certificates", certificates}};
}

}  // namespace edgeseal::ctl
