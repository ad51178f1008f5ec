#include "agent/setup/tpm_memory.h"

#include "agent/failure.h"

namespace edgeseal::agent {

void TpmMemory::recall() {
  parts_.seal.prepare([this](const std::variant<std::monostate, Error>& opened) {
    if (is_put_off(opened)) return;
    if (const auto* error = std::get_if<Error>(&opened))
      log_failure(Level::error, "the key that seals trust lists could not be opened, so none is used yet", *error);
    parts_.anchor.check();
    parts_.tries.check([this](const std::variant<std::monostate, Error>& counted) {
      if (!is_put_off(counted)) recalled_();
    });
  });
}

// Its health stays what it is, and nobody else would ask again.
bool TpmMemory::is_put_off(const std::variant<std::monostate, Error>& outcome) {
  const auto* error = std::get_if<Error>(&outcome);
  if (error == nullptr || error->code() != Code::busy) return false;
  log_failure(Level::error, "the TPM had no time for trust lists and tries, which is tried again", *error);
  again_.set_time(parts_.loop.now() + pause_);
  return true;
}

}  // namespace edgeseal::agent
