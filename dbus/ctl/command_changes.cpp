#include "dbus/ctl/changes.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/timestamp.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

using Error = sdbus::Struct<std::string, std::string, std::string>;

nlohmann::json to_json(const VariantMap& diagnostics) {
  auto errors = nlohmann::json::array();
  for (const auto& error : field<std::vector<Error>>(diagnostics, "errors")) {
    errors.push_back({{"target", std::get<0>(error)}, {"error", std::get<1>(error)}, {"message", std::get<2>(error)}});
  }
  return {{"result", field<std::string>(diagnostics, "result")},
          {"start-time", time_json(field<uint64_t>(diagnostics, "start-time"))},
          {"end-time", time_json(field<uint64_t>(diagnostics, "end-time"))},
          {"trust-lists", field<std::vector<std::string>>(diagnostics, "affected-trust-lists")},
          {"certificate-groups", field<std::vector<std::string>>(diagnostics, "affected-certificate-groups")},
          {"errors", errors}};
}

void show(const VariantMap& diagnostics, const Output& output) {
  Table table;
  table.add({"Result", field<std::string>(diagnostics, "result")});
  table.add({"Began", timestamp_text(field<uint64_t>(diagnostics, "start-time"))});
  table.add({"Ended", timestamp_text(field<uint64_t>(diagnostics, "end-time"))});
  table.add({"Trust lists", or_dash(field<std::vector<std::string>>(diagnostics, "affected-trust-lists"))});
  table.add({"Certificates", or_dash(field<std::vector<std::string>>(diagnostics, "affected-certificate-groups"))});
  for (const auto& error : field<std::vector<Error>>(diagnostics, "errors")) {
    table.add({"Error", std::get<0>(error) + ": " + std::get<2>(error) + " (" + std::get<1>(error) + ")"},
              Colour::Warning);
  }
  output.print(table);
}

void add_show(CLI::App& parent, Session& session) {
  auto name = std::make_shared<std::string>();
  auto* command = parent.add_subcommand("show", "Show the transaction under way, or what became of the last one");
  command->add_option("NAME", *name, "Name of the application")->type_name("APPLICATION")->required();
  command->footer("Example:\n  edgesealctl changes show opcua-server");
  command->callback([name, &session] {
    VariantMap diagnostics;
    session.agent.with_server_configuration(*name, [&](dbus::RemoteServerConfiguration& configuration) {
      diagnostics = configuration.GetTransactionDiagnostics({});
    });
    if (session.output.json()) return session.output.print_json(to_json(diagnostics));
    show(diagnostics, session.output);
  });
}

void add_confirm(CLI::App& parent, Session& session) {
  auto name = std::make_shared<std::string>();
  auto* command = parent.add_subcommand("confirm", "Keep what was changed with --confirm-within");
  command->add_option("NAME", *name, "Name of the application")->type_name("APPLICATION")->required();
  command->footer(
      "Example:\n  edgesealctl trust add web ca.crt ca.crl --confirm-within 60\n  edgesealctl changes confirm web");
  command->callback([name, &session] {
    session.agent.with_server_configuration(
        *name, [](dbus::RemoteServerConfiguration& configuration) { configuration.ConfirmChanges({}); });
    if (session.output.json()) return session.output.print_json(nlohmann::json{{"confirmed", *name}});
    session.output.print("The changes of " + printable(*name) + " stay.\n");
  });
}

}  // namespace

void add_changes(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("changes", "Show and confirm what was changed");
  command->require_subcommand(1);
  add_show(*command, session);
  add_confirm(*command, session);
}

}  // namespace edgeseal::ctl
