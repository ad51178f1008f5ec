#pragma once

#include <exception>
#include <string>

#include "agent/error.h"
#include "agent/journal.h"

namespace edgeseal::agent {

// "`what`: " and the error, of what the agent does by itself, so that nobody else is told. The event is by what hinders
// it, so that the catalogue says what is to be done: a defect is the least of them.
void log_failure(Level level, const std::string& what, const std::exception& error);

// A refusal that says nothing against what was asked: the same may succeed later.
[[nodiscard]] bool passes_by_itself(Code code);

}  // namespace edgeseal::agent
