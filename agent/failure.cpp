#include "agent/failure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace edgeseal::agent {

namespace {

Event event_of(const std::exception& error) {
  const auto* refusal = dynamic_cast<const Error*>(&error);
  if (refusal == nullptr) return Event::internal_error;
  switch (refusal->code()) {
    case Code::state_unavailable: return Event::disk_trouble;
    case Code::security_checks_failed: return Event::record_damaged;
    case Code::tpm_unavailable:
    case Code::busy:
    case Code::too_many_operations: return Event::put_off;
    case Code::internal_error: return Event::internal_error;
    default: return Event::step_failed;
  }
}

}  // namespace

void log_failure(Level level, const std::string& what, const std::exception& error) {
  log(level, event_of(error), fmt::format("{}: {}", what, error.what()));
}

bool passes_by_itself(Code code) {
  constexpr std::array passing = {Code::busy,
                                  Code::transaction_pending,
                                  Code::tpm_unavailable,
                                  Code::state_unavailable,
                                  Code::key_unavailable,
                                  Code::too_many_operations};
  return std::ranges::find(passing, code) != passing.end();
}

}  // namespace edgeseal::agent
