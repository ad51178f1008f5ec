#pragma once

// One well-formed record of every kind, and inputs close to it.

#include <string>
#include <vector>

#include "provider/wire/message.h"

namespace edgeseal::wire {

using Bytes = std::vector<std::byte>;

inline Bytes bytes_of(const std::string& text) {
  const auto* start = reinterpret_cast<const std::byte*>(text.data());
  return {start, start + text.size()};
}

inline KeyId some_id() {
  KeyId id;
  for (std::size_t i = 0; i < id.size(); ++i) id[i] = static_cast<std::byte>(i + 1);
  return id;
}

template <typename... Arguments>
Bytes encoded(const Arguments&... arguments) {
  Bytes record(max_message_size);
  record.resize(encode(arguments..., record));
  return record;
}

// In a buffer of exactly its size, so that a read behind its end is found by AddressSanitizer.
inline Bytes exactly(ByteView view) {
  return {view.begin(), view.end()};
}

// Calls `look` with every shorter record and with every record that differs in one byte.
template <typename Look>
void for_each_neighbour(const Bytes& record, const Look& look) {
  for (std::size_t size = 0; size < record.size(); ++size) look(exactly(ByteView(record).first(size)));
  Bytes changed = record;
  for (std::byte& byte : changed) {
    const std::byte before = byte;
    for (unsigned value = 0; value < 256; ++value) {
      byte = static_cast<std::byte>(value);
      look(changed);
    }
    byte = before;
  }
}

}  // namespace edgeseal::wire
