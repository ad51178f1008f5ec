#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <utility>

namespace edgeseal::agent {

// First in, first out for one client; clients take turns. Not thread-safe.
template <class Item>
class FairQueue {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  [[nodiscard]] std::size_t waiting(std::uint64_t client) const {
    for (const Line& line : lines_)
      if (line.client == client) return line.items.size();
    return 0;
  }

  void push(std::uint64_t client, Item item) {
    line_of(client).items.push_back(std::move(item));
    ++size_;
  }

  [[nodiscard]] std::optional<Item> pop() {
    if (lines_.empty()) return std::nullopt;
    Item item = std::move(lines_.front().items.front());
    lines_.front().items.pop_front();
    --size_;
    if (lines_.front().items.empty())
      retire(lines_.begin());
    else
      lines_.splice(lines_.end(), lines_, lines_.begin());
    return item;
  }

 private:
  struct Line {
    std::uint64_t client;
    std::deque<Item> items;
  };

  Line& line_of(std::uint64_t client) {
    for (Line& line : lines_)
      if (line.client == client) return line;
    if (spare_.empty()) return lines_.emplace_back(Line{client, {}});
    lines_.splice(lines_.end(), spare_, spare_.begin());
    lines_.back().client = client;
    return lines_.back();
  }

  // Clients come and go with each request: to allocate for each costs more than the queue itself.
  void retire(typename std::list<Line>::iterator line) {
    if (spare_.size() < 8)
      spare_.splice(spare_.begin(), lines_, line);
    else
      lines_.erase(line);
  }

  std::list<Line> lines_;  // never an empty line; the first is next
  std::list<Line> spare_;  // empty lines
  std::size_t size_ = 0;
};

}  // namespace edgeseal::agent
