#pragma once

#include <optional>

#include "enroll/openssl.h"

namespace edgeseal::enroll::cmp {

// What a transaction that waits for somebody's decision needs to go on later, also in another process: the answers of
// the server that say where it is. They hold no secret, and are verified again when they are used.
struct Continuation {
  Bytes first;  // to the request: "waiting"
  Bytes last;   // to the last poll request; may be empty
};

inline constexpr std::size_t max_continuation = 64 * 1024;  // more is not kept, and the request begins anew

[[nodiscard]] Bytes encode(const Continuation& continuation);
// Nothing for what is none: then the request begins anew.
[[nodiscard]] std::optional<Continuation> parse_continuation(ByteView encoded);

}  // namespace edgeseal::enroll::cmp
