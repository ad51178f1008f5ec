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
struct MessageId {
  Event event;
  std::string_view id;
};

constexpr std::array message_ids = {
    MessageId{Event::started, "c9ec26f2d5324f86a8a32dcf73bcbf12"},
    MessageId{Event::stopping, "5ebd044e03f949ed8b223c089f158dd5"},
    MessageId{Event::tpm_ready, "b9af0446d4df4cdba8b6e9ac75b196b8"},
    MessageId{Event::tpm_absent, "e0b049a89db845eda1037778512fd7d1"},
    MessageId{Event::tpm_busy, "5a1cf1247b5d4f6296c2e11782f42706"},
    MessageId{Event::tpm_slow, "b19d1b6a2c69462bb788878b91160304"},
    MessageId{Event::tpm_locked_out, "c4bb62ca00e646268b829ddcd6fed391"},
    MessageId{Event::tpm_replaced, "a381f1e8298a4d628dc36d80dfaf2a47"},
    MessageId{Event::tpm_degraded, "98c6c1cefc924116ad3344d424c60825"},
    MessageId{Event::application_created, "28b822bd579b42e087352ed3624b90e8"},
    MessageId{Event::application_deleted, "be4ab56a1aa04e5fa5081799ea370761"},
    MessageId{Event::key_created, "391ae620edab4fbc81a99a9b5d4f0bff"},
    MessageId{Event::key_destroyed, "92e1ba5dd6f14187b52887f46bbc4f52"},
    MessageId{Event::certificate_installed, "50b15aa9f926472a8aad9841e781e8cb"},
    MessageId{Event::published, "3c80a0d8d5244db3abc3eea9f78a56bb"},
    MessageId{Event::call_decided, "a498bcc24aa84e6299be2170e70a8bcf"},
    MessageId{Event::key_use_denied, "e2302d91a04f409e8d7b8fa74eb8f96c"},
    MessageId{Event::client_fault, "c98fb092250744dbbb0b30e111d513a1"},
    MessageId{Event::refused_to_start, "cd9534ece1bb4378986bed070354d3a4"},
    MessageId{Event::pcr_policy, "d90f920cbd8f44ffaa630db744068801"},
    MessageId{Event::state_anchor, "be885f4d9ec34e8a886f88627c0dfac9"},
    MessageId{Event::audit, "c6834391e82d408da4e57e6246570d81"},
    MessageId{Event::certificate_enrolled, "d118f3a720a546de81e7acaeb6b655cd"},
    MessageId{Event::certificate_expiring, "7f312db33b8e4344aa20364c1a73a884"},
    MessageId{Event::enrolment_held_up, "a5f42c95cf9746b0b950afac7c15a6a0"},
    MessageId{Event::enrolment_unattended, "8028a6b3aa31466fa664de61393c3303"},
    MessageId{Event::internal_error, "a625f81260704325a19e38758aaf1281"},
};

constexpr bool ids_in_order() {
  for (std::size_t i = 0; i < message_ids.size(); ++i)
    if (message_ids[i].event != static_cast<Event>(i)) return false;
  return message_ids.size() == static_cast<std::size_t>(Event::internal_error) + 1;
}
static_assert(ids_in_order());

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

void to_journal(Level level, Event event, const std::string& message, std::span<const Field> fields) {
  std::vector<std::string> entries = {"MESSAGE=" + message, "PRIORITY=" + std::to_string(static_cast<int>(level)),
                                      "MESSAGE_ID=" + std::string(message_ids[static_cast<std::size_t>(event)].id),
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

void log(Level level, Event event, const std::string& message, std::span<const Field> fields) {
  if (journal_listens())
    to_journal(level, event, message, fields);
  else
    to_standard_error(level, message);
}

}  // namespace edgeseal::agent
