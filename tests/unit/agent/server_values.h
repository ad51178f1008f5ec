#pragma once

// Arguments for the methods of a Server.

#include <string>
#include <string_view>

#include "tests/unit/trust/authority.h"

namespace edgeseal::test {

[[nodiscard]] inline Bytes bytes(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

// A value that is as usual but for what `change` does to it.
template <class Value, class Change>
[[nodiscard]] Value changed(const Change& change, Value value = {}) {
  change(value);
  return value;
}

[[nodiscard]] inline CertificateFields named(const std::string& name) {
  return changed<CertificateFields>([&](auto& fields) { fields.name = name; });
}

}  // namespace edgeseal::test
