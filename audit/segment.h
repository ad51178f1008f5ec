#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "audit/entry.h"

namespace edgeseal::audit {

// The log is a row of files, each named by its first entry; the oldest go as a whole.

// More of a file is not looked at, whoever put it there.
inline constexpr std::size_t max_segment_size = 64 * 1024 * 1024;

[[nodiscard]] std::string segment_name(std::uint64_t first);  // "00000000000000000001.jsonl"
// 0: not the name of a segment.
[[nodiscard]] std::uint64_t first_of(std::string_view name);

// What a segment holds, from its beginning to the first thing that is no entry.
struct Segment {
  std::size_t size = 0;              // of the entries, with their line ends
  std::size_t torn = 0;              // bytes after them without a line end: the write of an entry was cut short
  std::optional<std::string> fault;  // what is wrong with the line after them, where it has an end
};

// Runs `use` with each entry and the bytes that it stands in, without the line end. `use` says whether to go on.
enum class Next { go_on, stop };
Segment read_segment(const std::string& name, std::string_view content,
                     const std::function<Next(const Line& line, std::string_view bytes)>& use);

}  // namespace edgeseal::audit
