#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "agent/slot.h"
#include "dbus/ports.h"
#include "tpm/bytes.h"

namespace edgeseal::agent {

using tpm::Bytes;
using tpm::ByteView;

// Who brought a file, and in what way.
struct StagedSource {
  std::string way;     // "command", "drop-folder", "medium", "redirection"
  std::string origin;  // a file, a device, a service: as whoever brought it says
  uid_t uid = static_cast<uid_t>(-1);

  bool operator==(const StagedSource&) const = default;
};

// One certificate, or the URL of some that are still to be fetched.
struct StagedEntry {
  std::string url;    // empty: it stood in the file
  Bytes certificate;  // DER; empty: to be fetched
  std::string role;   // see StagedRole
  std::vector<std::string> notes;
  std::string problem;  // why it could not be fetched the last time
  StagedSource source;
  std::chrono::system_clock::time_point staged_at;
  Slot slot{};  // of an own certificate; its key is the pending one there

  bool operator==(const StagedEntry&) const = default;
};

inline constexpr const char* staged_trust_record = "staged-trust";  // of State; a reset of the device takes it away

enum class StagedPhase { staged, verifying, failed };
[[nodiscard]] std::string_view phase_name(StagedPhase phase);  // "staged"

// What is staged for one group. As soon as it is active, it is a trust list that waits to be confirmed.
struct StagedSet {
  dbus::GroupName group;
  StagedPhase phase = StagedPhase::staged;
  bool needs_setup = false;  // it came without an administrator's right: it becomes active by itself in setup alone
  std::vector<StagedEntry> entries;
  std::string problem;  // why it is not active, or not any more

  [[nodiscard]] bool complete() const;  // nothing is to be fetched
};

// As a record of State.
[[nodiscard]] Bytes encode(const StagedSet& set);
// Throws Error{security_checks_failed}: its seal held, so that a mistake of the agent made it.
[[nodiscard]] StagedSet decode_staged_set(ByteView bytes);

}  // namespace edgeseal::agent
