#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace edgeseal::audit {

using Hash = std::array<std::byte, 32>;  // SHA-256

[[nodiscard]] Hash hash_of(std::string_view text);
[[nodiscard]] std::string to_text(const Hash& hash);  // 64 digits, lower case
[[nodiscard]] std::optional<Hash> parse_hash(std::string_view text);

// One entry of the chain, and with it all before it.
struct Link {
  std::uint64_t sequence = 0;  // 0: before the first entry
  Hash hash{};

  bool operator==(const Link&) const = default;
};
// "17:<64 digits>"
[[nodiscard]] std::string to_text(const Link& link);
[[nodiscard]] std::optional<Link> parse_link(std::string_view text);

}  // namespace edgeseal::audit
