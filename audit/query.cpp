#include "audit/query.h"

#include <algorithm>
#include <deque>
#include <iterator>

#include "audit/segment.h"

namespace edgeseal::audit {

namespace {

bool fits(const std::string& pattern, const std::string& text) {
  if (pattern.ends_with('*')) return text.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1));
  return pattern.empty() || pattern == text;
}

bool is(const std::string& wanted, const Caller& caller) {
  return wanted == caller.account || wanted == caller.unit || wanted == caller.bus_name ||
         wanted == std::to_string(caller.uid);
}

// What of the entries fits on one page.
class Gathered {
 public:
  Gathered(Which which, std::size_t limit)
      : which_(which), limit_(std::clamp<std::size_t>(limit, 1, max_page_entries)) {}

  [[nodiscard]] Next add(std::string_view line) {
    if (which_ == Which::oldest && !has_room(line)) return more_ = true, Next::stop;
    lines_.emplace_back(line);
    size_ += line.size();
    while (lines_.size() > limit_ || (size_ > max_page_size && lines_.size() > 1)) drop_oldest();
    return Next::go_on;
  }
  [[nodiscard]] bool more() const { return more_; }
  // Those of an older segment come before those that are there.
  void put_before(Gathered older) {
    more_ = more_ || older.more_;
    for (auto line = older.lines_.rbegin(); line != older.lines_.rend(); ++line) {
      if (!has_room(*line)) return void(more_ = true);
      size_ += line->size();
      lines_.push_front(std::move(*line));
    }
  }
  [[nodiscard]] Page page() && {
    return {{std::make_move_iterator(lines_.begin()), std::make_move_iterator(lines_.end())}, more_};
  }

 private:
  [[nodiscard]] bool has_room(std::string_view line) const {
    return lines_.size() < limit_ && (lines_.empty() || size_ + line.size() <= max_page_size);
  }
  void drop_oldest() {
    size_ -= lines_.front().size();
    lines_.pop_front();
    more_ = true;
  }

  const Which which_;
  const std::size_t limit_;
  std::deque<std::string> lines_;
  std::size_t size_ = 0;
  bool more_ = false;
};

void gather(LogDirectory& directory, const std::string& name, const Filter& filter, Gathered& gathered) {
  (void)read_segment(name, directory.read(name, max_segment_size), [&](const Line& line, std::string_view bytes) {
    return filter.admits(line.entry) ? gathered.add(bytes) : Next::go_on;
  });
}

// Those that end before `after` are not opened.
std::vector<std::string> segments_after(LogDirectory& directory, std::uint64_t after) {
  auto names = directory.list();
  const auto beyond = std::ranges::find_if(names, [&](const auto& name) { return first_of(name) > after; });
  if (beyond != names.begin()) names.erase(names.begin(), std::prev(beyond));
  return names;
}

Page oldest(LogDirectory& directory, const Filter& filter, std::size_t limit) {
  Gathered gathered(Which::oldest, limit);
  for (const auto& name : segments_after(directory, filter.after)) {
    gather(directory, name, filter, gathered);
    if (gathered.more()) break;
  }
  return std::move(gathered).page();
}

Page newest(LogDirectory& directory, const Filter& filter, std::size_t limit) {
  Gathered gathered(Which::newest, limit);
  const auto names = segments_after(directory, filter.after);
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    Gathered older(Which::newest, limit);
    gather(directory, *name, filter, older);
    gathered.put_before(std::move(older));
    if (gathered.more()) break;
  }
  return std::move(gathered).page();
}

}  // namespace

bool Filter::admits(const Entry& entry) const {
  return entry.sequence > after && entry.time >= since && fits(kind, entry.kind) && fits(object, entry.object) &&
         (caller.empty() || (entry.caller && is(caller, *entry.caller)));
}

Page select(LogDirectory& directory, const Filter& filter, Which which, std::size_t limit) {
  return which == Which::oldest ? oldest(directory, filter, limit) : newest(directory, filter, limit);
}

}  // namespace edgeseal::audit
