#pragma once

#include <variant>

#include "dbus/ports.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// How the result of a port that answers later becomes the answer of the call.

[[nodiscard]] Completion<std::monostate> done(const auto& reply) {
  return reply->template completion<std::monostate>([](auto& open, std::monostate) { open.succeed(); });
}

[[nodiscard]] Completion<Bytes> answer_bytes(const auto& reply) {
  return reply->template completion<Bytes>([](auto& open, const Bytes& bytes) { open.succeed(to_array(bytes)); });
}

// As it is.
template <class T>
[[nodiscard]] Completion<T> answer(const auto& reply) {
  return reply->template completion<T>([](auto& open, const T& result) { open.succeed(result); });
}

}  // namespace edgeseal::dbus
