#pragma once

#include <span>
#include <string>
#include <string_view>

namespace edgeseal::journal {

enum class Level : int { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };  // syslog(3)

// What happened, for `journalctl MESSAGE_ID=` and the catalogue (units/edgeseal.catalog): an sd_id128 string, made once
// by `systemd-id128 new`; never changed, the catalogue and users' filters depend on it.
struct MessageId {
  std::string_view text;
};

struct Field {
  std::string_view name;  // upper case, becomes EDGESEAL_<name>
  std::string_view value;
};

// One structured entry in the journal, or one line on standard error, with the prefix that systemd reads
// (sd-daemon(3)), where no journal listens. Any thread. Secrets never.
void write(std::string_view program, Level level, MessageId id, std::string_view message,
           std::span<const Field> fields);

}  // namespace edgeseal::journal
