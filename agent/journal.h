#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace edgeseal::agent {

enum class Level : int { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };  // syslog(3)

// What happened, for `journalctl MESSAGE_ID=` and the catalogue (units/edgeseal.catalog).
enum class Event {
  started,
  stopping,
  tpm_ready,
  tpm_absent,
  tpm_busy,
  tpm_slow,
  tpm_locked_out,
  tpm_replaced,
  tpm_degraded,
  application_created,
  application_deleted,
  key_created,
  key_destroyed,
  certificate_installed,
  published,
  call_decided,
  key_use_denied,
  client_fault,
  refused_to_start,
  pcr_policy,
  state_anchor,
  audit,  // see agent/audit.h
  certificate_enrolled,
  certificate_expiring,
  enrolment_held_up,     // until somebody does something
  enrolment_unattended,  // nobody runs jobs
  internal_error
};

struct Field {
  std::string_view name;  // upper case, becomes EDGESEAL_<name>
  std::string_view value;
};

// One structured entry in the journal, or one line on standard error where no journal listens. Any thread. Secrets
// never.
void log(Level level, Event event, const std::string& message, std::span<const Field> fields);
inline void log(Level level, Event event, const std::string& message, std::initializer_list<Field> fields = {}) {
  log(level, event, message, std::span(fields.begin(), fields.size()));
}

}  // namespace edgeseal::agent
