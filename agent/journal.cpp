#include "agent/journal.h"

#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace edgeseal::agent {

namespace {

// sd_id128 strings, made once by `systemd-id128 new`; never changed, the catalogue and users' filters depend on them.
constexpr std::array<std::string_view, 13> message_ids = {
    "c9ec26f2d5324f86a8a32dcf73bcbf12", "5ebd044e03f949ed8b223c089f158dd5", "b9af0446d4df4cdba8b6e9ac75b196b8",
    "28b822bd579b42e087352ed3624b90e8", "be4ab56a1aa04e5fa5081799ea370761", "391ae620edab4fbc81a99a9b5d4f0bff",
    "50b15aa9f926472a8aad9841e781e8cb", "3c80a0d8d5244db3abc3eea9f78a56bb", "a498bcc24aa84e6299be2170e70a8bcf",
    "e2302d91a04f409e8d7b8fa74eb8f96c", "c98fb092250744dbbb0b30e111d513a1", "cd9534ece1bb4378986bed070354d3a4",
    "a625f81260704325a19e38758aaf1281"};

// Without this the first entry opens a socket that lives as long as the process; the answer does not change while it
// runs.
bool journal_listens() {
  static const bool listens =
      ::access("/run/systemd/journal/socket", W_OK) == 0 && ::getenv("JOURNAL_STREAM") != nullptr;
  return listens;
}

void to_standard_error(Level level, const std::string& message) {
  std::fprintf(stderr, "<%d>edgeseald: %s\n", static_cast<int>(level), message.c_str());
}

void to_journal(Level level, Event event, const std::string& message, std::initializer_list<Field> fields) {
  std::vector<std::string> entries = {"MESSAGE=" + message, "PRIORITY=" + std::to_string(static_cast<int>(level)),
                                      "MESSAGE_ID=" + std::string(message_ids[static_cast<std::size_t>(event)]),
                                      "SYSLOG_IDENTIFIER=edgeseald"};
  for (const Field& field : fields) {
    std::string entry = "EDGESEAL_";
    entry.append(field.name).append("=").append(field.value);
    entries.push_back(std::move(entry));
  }
  std::vector<iovec> vectors;
  vectors.reserve(entries.size());
  for (std::string& entry : entries) vectors.push_back({entry.data(), entry.size()});
  if (sd_journal_sendv(vectors.data(), static_cast<int>(vectors.size())) < 0) to_standard_error(level, message);
}

}  // namespace

void log(Level level, Event event, const std::string& message, std::initializer_list<Field> fields) {
  static_assert(message_ids.size() == static_cast<std::size_t>(Event::internal_error) + 1);
  if (journal_listens())
    to_journal(level, event, message, fields);
  else
    to_standard_error(level, message);
}

}  // namespace edgeseal::agent
