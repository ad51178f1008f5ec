#include "dbus/ctl/commands.h"

namespace edgeseal::ctl {
namespace {

struct Status {
  std::string version;
  std::string setup;
  std::string health;
  std::string detail;
  std::map<std::string, std::string> facts;
  std::vector<std::string> inhibitors;  // who, and why
  std::vector<std::string> applications;
};

std::string text(const std::map<std::string, sdbus::Variant>& inhibitor, const char* field) {
  return inhibitor.at(field).get<std::string>();
}

Status read_status(AgentConnection& connection) {
  Status status;
  connection.with_agent([&](dbus::RemoteAgent& agent) {
    status = {agent.Version(), agent.State(), agent.TpmHealth(), agent.TpmDetail(), agent.TpmFacts(), {}, {}};
  });
  connection.with_busy([&](dbus::RemoteBusy& busy) {
    for (const auto& inhibitor : busy.Inhibitors())
      status.inhibitors.push_back(text(inhibitor, "who") + ": " + text(inhibitor, "why"));
  });
  for (const auto& application : connection.applications()) status.applications.push_back(application.name);
  return status;
}

nlohmann::json to_json(const Status& status) {
  return {{"version", status.version},
          {"setup", status.setup},
          {"tpm", {{"health", status.health}, {"detail", status.detail}, {"facts", status.facts}}},
          {"inhibitors", status.inhibitors},
          {"applications", status.applications}};
}

void show(const Status& status, const Output& output) {
  Table table;
  table.add({"TPM", status.health}, status.health == "ready" ? Colour::Good : Colour::Warning);
  if (!status.detail.empty()) table.add({"", status.detail});
  for (const auto& [fact, value] : status.facts) table.add({"  " + fact, value});
  table.add({"Setup", status.setup});
  for (const auto& inhibitor : status.inhibitors) table.add({"Busy", inhibitor}, Colour::Warning);
  table.add({"Applications", status.applications.empty() ? "none" : joined(status.applications)});
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
