#pragma once

#include <functional>
#include <variant>

#include "agent/error.h"

namespace edgeseal::agent {

// How a result comes later: called exactly once, in the loop's thread.
template <class Result>
using Answer = std::function<void(std::variant<Result, Error>)>;

// The first step of several: an Error thrown by it is the answer.
template <class Answering, class Step>
void proceed(const Answering& answer, const Step& step) {
  try {
    step();
  } catch (const Error& error) {
    answer(error);
  }
}

// One of the others: `next` goes on with the value; an Error before it, or thrown by it, is the answer.
template <class Result, class Value, class Next>
void proceed(const Answer<Result>& answer, std::variant<Value, Error>& outcome, const Next& next) {
  if (const auto* error = std::get_if<Error>(&outcome)) return answer(*error);
  proceed(answer, [&] { next(std::get<Value>(outcome)); });
}

}  // namespace edgeseal::agent
