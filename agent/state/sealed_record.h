#pragma once

#include <optional>
#include <string>

#include "agent/state/integrity_seal.h"
#include "agent/state/state.h"

namespace edgeseal::agent {

// A record of State that only the agent on this TPM can have written: its seal stands before its content. An older copy
// of it, or none, is as good: what must not come back needs an anchor in the TPM besides. Loop's thread.
class SealedRecord {
 public:
  SealedRecord(State& state, const IntegritySeal& seal, std::string name)
      : state_(state), seal_(seal), name_(std::move(name)) {}

  [[nodiscard]] bool exists() const { return state_.record(name_).has_value(); }
  // All throw Error{tpm_unavailable} while the seal isn't open. read: Error{security_checks_failed} where somebody else
  // wrote it.
  [[nodiscard]] std::optional<Bytes> read() const;
  // The same before the seal is open, and whoever wrote it: for what is judged later.
  [[nodiscard]] std::optional<Bytes> unproven() const;
  void write(ByteView content);
  void remove() { state_.remove_record(name_); }

 private:
  State& state_;
  const IntegritySeal& seal_;
  const std::string name_;
};

}  // namespace edgeseal::agent
