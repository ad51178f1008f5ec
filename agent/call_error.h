#pragma once

#include <functional>
#include <string>
#include <utility>
#include <variant>

#include "agent/answer.h"
#include "agent/error.h"
#include "dbus/ports.h"

namespace edgeseal::agent {

// Error becomes dbus::CallError here and nowhere else: the ports of the bus use it.

[[nodiscard]] inline dbus::CallError call_error(const Error& error) {
  return {std::string(bus_name(error.code())), error.what()};
}

template <class Function>
auto translated(const Function& function) {
  try {
    return function();
  } catch (const Error& error) {
    throw call_error(error);
  }
}

template <class Result>
[[nodiscard]] Answer<Result> to_answer(dbus::Completion<Result> done) {
  return [done = std::move(done)](std::variant<Result, Error> outcome) {
    if (const auto* error = std::get_if<Error>(&outcome))
      done(call_error(*error));
    else
      done(std::get<Result>(std::move(outcome)));
  };
}

// The same, where the bus has another form of the result.
template <class Result, class Shown>
[[nodiscard]] Answer<Result> to_answer(dbus::Completion<Shown> done, const std::function<Shown(const Result&)>& shown) {
  return [done = std::move(done), shown](const std::variant<Result, Error>& outcome) {
    if (const auto* error = std::get_if<Error>(&outcome))
      done(call_error(*error));
    else
      done(shown(std::get<Result>(outcome)));
  };
}

}  // namespace edgeseal::agent
