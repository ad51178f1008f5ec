#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {

void add_describe(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("describe", "Show the whole state of the agent, which holds no secrets");
  command->footer("With --json on one line, else indented.\n\nExample:\n  edgesealctl describe --json | jq .tpm");
  command->callback([&session] {
    std::string state;
    session.agent.with_agent([&](dbus::RemoteAgent& agent) { state = agent.Describe(); });
    const auto value = nlohmann::json::parse(state, nullptr, false);
    if (value.is_discarded())
      throw Failure(ExitCode::Refused, "the agent described itself with something that is no JSON");
    if (session.output.json()) return session.output.print_json(value);
    session.output.print(value.dump(2, ' ', true) + "\n");
  });
}

}  // namespace edgeseal::ctl
