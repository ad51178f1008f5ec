#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "audit/hash.h"

namespace edgeseal::audit {

// Kinds of entries that the log itself makes; their fields say what they stand for.
inline constexpr std::string_view kind_removed = "audit-segment-removed";  // first, last, hash: of what went
inline constexpr std::string_view kind_gap = "audit-gap";                  // lost, since, reason: what was not kept
inline constexpr std::string_view kind_repaired = "audit-tail-repaired";   // bytes: of an entry that was cut off
inline constexpr std::string_view kind_broken = "audit-chain-broken";      // expected, found: the chain begins anew

struct Caller {
  uid_t uid = static_cast<uid_t>(-1);
  std::string account;  // its name
  pid_t pid = -1;       // may have been reused
  std::string unit;     // of systemd
  std::string bus_name;

  bool operator==(const Caller&) const = default;
};

// What an auditor wants to know of one thing that was asked for, done or found. A failure unless told of success.
struct Entry {
  using Time = std::chrono::sys_time<std::chrono::microseconds>;

  std::uint64_t sequence = 0;  // the log gives it
  Time time{};
  std::string kind;  // or the method that was called: "Agent1.CreateApplication"
  std::optional<Caller> caller{};
  std::string object{};
  std::string outcome = "failure";  // "success", or the name of an error
  std::string message{};
  std::map<std::string, std::string> fields{};

  bool operator==(const Entry&) const = default;
};

// 0 where there is no such field, or no number in it.
[[nodiscard]] std::uint64_t number_in(const Entry& entry, const std::string& field);

// An entry as it stands in the log: one line of JSON whose last member is the SHA-256 over all before that member; the
// member before is the hash of the entry before. No line is longer than this, with its end.
inline constexpr std::size_t max_line_size = 16 * 1024;
inline constexpr std::uint64_t max_sequence = std::uint64_t{1} << 62;  // all are below

struct Line {
  Entry entry;
  Hash previous{};
  Hash hash{};

  [[nodiscard]] Link link() const { return {entry.sequence, hash}; }
};

// `text` has the line end. Texts that are too long are cut, control characters and bytes that are no UTF-8 replaced,
// fields beyond the bound left out and counted.
struct WrittenLine {
  std::string text;
  Hash hash{};
};
[[nodiscard]] WrittenLine write_line(const Entry& entry, const Hash& previous);
// `line`: without its end. Throws Error that names the problem; `file` is for that alone.
[[nodiscard]] Line read_line(const std::string& file, std::string_view line);

}  // namespace edgeseal::audit
