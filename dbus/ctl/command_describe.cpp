#include "dbus/ctl/commands.h"

namespace edgeseal::ctl {

void add_describe(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("describe", "Show the whole state of the agent, which holds no secrets");
  command->footer("With --json on one line, else indented.\n\nExample:\n  edgesealctl describe --json | jq .tpm");
  command->callback([&session] {
    const auto value = session.agent.describe();
    if (session.output.json()) return session.output.print_json(value);
    session.output.print(indented_json_text(value));
  });
}

}  // namespace edgeseal::ctl
