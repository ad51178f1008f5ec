#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace edgeseal::agent {

// How often what happened, by a name. Names may come from outside: beyond `limit` of them all others count as "other",
// so that nobody fills the memory, or the database of whoever collects it. One thread.
class EventCounts {
 public:
  static constexpr std::string_view other = "other";

  explicit EventCounts(std::size_t limit = 64) : limit_(limit) {}

  // It is there with 0 from now on: of a count that appears with its first event a collector does not see that one.
  void expect(std::string_view name) { counts_.try_emplace(std::string(name)); }

  void count(std::string_view name) {
    const auto found = counts_.find(name);
    if (found != counts_.end())
      ++found->second;
    else
      ++counts_[std::string(counts_.size() < limit_ ? name : other)];
  }

  [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& all() const { return counts_; }

 private:
  const std::size_t limit_;
  std::map<std::string, std::uint64_t, std::less<>> counts_;
};

}  // namespace edgeseal::agent
