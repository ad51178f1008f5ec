#pragma once

#include <functional>
#include <variant>

#include "agent/error.h"

namespace edgeseal::agent {

// How a result comes later: called exactly once, in the loop's thread.
template <class Result>
using Answer = std::function<void(std::variant<Result, Error>)>;

// One step of several: `next` goes on with the value; an Error before it, or thrown by it, is the answer.
template <class Result, class Value, class Next>
void proceed(const Answer<Result>& answer, std::variant<Value, Error>& outcome, const Next& next) {
  try {
    if (const auto* error = std::get_if<Error>(&outcome)) throw *error;
    next(std::get<Value>(outcome));
  } catch (const Error& error) {
    answer(error);
  }
}

}  // namespace edgeseal::agent
