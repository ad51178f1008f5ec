#include "journal/entry.h"

#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

namespace edgeseal::journal {

namespace {

// Without this the first entry opens a socket that lives as long as the process; the answer does not change while it
// runs.
bool journal_listens() {
  static const bool listens =
      ::access("/run/systemd/journal/socket", W_OK) == 0 && ::getenv("JOURNAL_STREAM") != nullptr;
  return listens;
}

std::string field(std::string_view name, std::string_view value) {
  return std::string(name).append("=").append(value);
}

bool to_journal(std::string_view program, Level level, MessageId id, std::string_view message,
                std::span<const Field> fields) {
  std::vector<std::string> entries = {field("MESSAGE", message),
                                      field("PRIORITY", std::to_string(static_cast<int>(level))),
                                      field("MESSAGE_ID", id.text), field("SYSLOG_IDENTIFIER", program)};
  for (const Field& own : fields) entries.push_back("EDGESEAL_" + field(own.name, own.value));
  std::vector<iovec> vectors;
  vectors.reserve(entries.size());
  for (std::string& entry : entries) vectors.push_back({entry.data(), entry.size()});
  return sd_journal_sendv(vectors.data(), static_cast<int>(vectors.size())) >= 0;
}

// In one call, so that threads do not mix their lines.
void to_standard_error(std::string_view program, Level level, std::string_view message) {
  std::string line = "<" + std::to_string(static_cast<int>(level)) + ">";
  line.append(program).append(": ").append(message).append("\n");
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());  // there is nobody to tell
}

}  // namespace

void write(std::string_view program, Level level, MessageId id, std::string_view message,
           std::span<const Field> fields) {
  if (!journal_listens() || !to_journal(program, level, id, message, fields))
    to_standard_error(program, level, message);
}

}  // namespace edgeseal::journal
