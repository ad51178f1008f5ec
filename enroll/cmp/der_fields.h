#pragma once

#include <cstdint>
#include <optional>

#include "enroll/der_reader.h"

namespace edgeseal::enroll::cmp {

// The next element where it has that context-specific tag.
[[nodiscard]] std::optional<DerReader::Element> next_tagged(DerReader& reader, int tag);
// What an explicit tag holds: exactly one element. Throws MalformedDer.
[[nodiscard]] DerReader::Element only_element(const DerReader::Element& tagged);
// Throws MalformedDer for what is no INTEGER; nothing where it does not fit.
[[nodiscard]] std::optional<std::int64_t> next_integer(DerReader& reader);

}  // namespace edgeseal::enroll::cmp
