#include <algorithm>

#include "dbus/ctl/commands.h"
#include "dbus/ctl/described_keys.h"
#include "dbus/ctl/tpm_wait.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

struct Status {
  std::string version;
  std::string setup;
  std::string setup_reason;
  std::string health;
  std::string detail;
  std::map<std::string, std::string> facts;
  std::vector<std::string> inhibitors;  // who, and why
  std::vector<std::string> applications;
  DescribedSlot next;  // whose certificate ends first; without a certificate: there is none
  std::vector<DescribedAlarm> alarms;
};

DescribedSlot next_to_end(std::vector<DescribedSlot> slots) {
  std::erase_if(slots, [](const DescribedSlot& slot) { return slot.certificate_until.empty(); });
  const auto first = std::ranges::min_element(slots, {}, &DescribedSlot::certificate_until);
  return first == slots.end() ? DescribedSlot{} : *first;
}

Status read_status(AgentConnection& connection) {
  await_tpm(connection);
  Status status;
  connection.with_agent([&](dbus::RemoteAgent& agent) {
    status = {agent.Version(),
              agent.State(),
              agent.Reason(),
              agent.TpmHealth(),
              agent.TpmDetail(),
              agent.TpmFacts(),
              {},
              {},
              {},
              {}};
  });
  connection.with_busy([&](dbus::RemoteBusy& busy) {
    for (const auto& inhibitor : busy.Inhibitors())
      status.inhibitors.push_back(field<std::string>(inhibitor, "who") + ": " + field<std::string>(inhibitor, "why"));
  });
  for (const auto& application : connection.applications()) status.applications.push_back(application.name);
  const auto description = connection.describe();
  status.next = next_to_end(described_slots(description));
  status.alarms = described_alarms(description);
  return status;
}

nlohmann::json to_json(const Status& status) {
  auto alarms = nlohmann::json::array();
  for (const auto& alarm : status.alarms)
    alarms.push_back({{"group", alarm.group}, {"kind", alarm.kind}, {"message", alarm.message}});
  nlohmann::json next;
  if (!status.next.certificate_until.empty())
    next = {{"slot", status.next.name.text()}, {"not-after", status.next.certificate_until}};
  return {{"version", status.version},
          {"setup", status.setup},
          {"setup-reason", status.setup_reason},
          {"tpm", {{"health", status.health}, {"detail", status.detail}, {"facts", status.facts}}},
          {"inhibitors", status.inhibitors},
          {"applications", status.applications},
          {"next-end", next},
          {"alarms", alarms}};
}

void show(const Status& status, const Output& output) {
  Table table;
  table.add({"TPM", status.health}, status.health == "ready" ? Colour::Good : Colour::Warning);
  if (!status.detail.empty()) table.add({"", status.detail});
  for (const auto& [fact, value] : status.facts) table.add({"  " + fact, value});
  table.add({"Setup", status.setup});
  if (status.setup != "operational" && !status.setup_reason.empty()) table.add({"", status.setup_reason});
  for (const auto& inhibitor : status.inhibitors) table.add({"Busy", inhibitor}, Colour::Warning);
  table.add({"Applications", status.applications.empty() ? "none" : joined(status.applications)});
  if (!status.next.certificate_until.empty())
    table.add({"Next end", status.next.certificate_until + " of " + status.next.name.text()});
  for (const auto& alarm : status.alarms) table.add({"Alarm", alarm.group + ": " + alarm.message}, Colour::Warning);
  table.add({"Agent", status.version});
  output.print(table);
}

}  // namespace

void add_status(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("status", "Show how the agent and its TPM do");
  command->footer("Example:\n  edgesealctl status");
  command->callback([&session] {
    const auto status = read_status(session.agent);
    if (session.output.json()) return session.output.print_json(to_json(status));
    show(status, session.output);
  });
}

}  // namespace edgeseal::ctl
