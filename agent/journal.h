#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "journal/entry.h"

namespace edgeseal::agent {

using journal::Field;
using journal::Level;

// What happened, but for what is audited, which AuditKind names (agent/audit/audit_kind.h).
enum class Event {
  started,
  stopping,
  bus_lost,
  tpm_hung,
  tpm_ready,
  tpm_absent,
  tpm_busy,
  tpm_slow,
  tpm_locked_out,
  tpm_replaced,
  tpm_degraded,
  tpm_answers_in_clear,  // libtss2 decrypts them wrongly
  application_created,   // or changed
  application_deleted,
  deletion_failed,             // tried again at the next start
  configuration_not_in_force,  // wholly or in part
  key_created,
  key_not_exempt,  // from the lockout of the TPM
  no_spare_key,
  key_destroyed,
  certificate_installed,
  changes_confirmed,
  not_published,
  directory_unguarded,
  call_decided,
  key_use_denied,
  client_fault,
  out_of_descriptors,
  refused_to_start,
  pcr_policy,
  presence_switch_lost,
  state_anchor,
  permissions_repaired,
  state_repaired,
  record_damaged,        // of the state, and left out
  disk_trouble,          // the disk does not take or give what it has to
  put_off,               // until the TPM is back, or there is room
  step_failed,           // of what the agent does by itself, for a cause that the message has
  enrolment_unattended,  // nobody runs jobs
  internal_error         // a defect
};

// One entry in the journal. Any thread. Secrets never.
void log(Level level, journal::MessageId id, const std::string& message, std::span<const Field> fields);
void log(Level level, Event event, const std::string& message, std::span<const Field> fields);
inline void log(Level level, Event event, const std::string& message, std::initializer_list<Field> fields = {}) {
  log(level, event, message, std::span(fields.begin(), fields.size()));
}

}  // namespace edgeseal::agent
