#include "dbus/ctl/commands.h"
#include "dbus/ctl/doctor/gather.h"
#include "dbus/ctl/doctor/report.h"

namespace edgeseal::ctl {
namespace {

void list_checks(const Output& output) {
  Table table({"CHECK", "WHAT HAS TO BE"});
  auto values = nlohmann::json::array();
  for (const auto& check : checks()) {
    table.add({check.id, check.title});
    values.push_back({{"id", check.id}, {"title", check.title}});
  }
  if (output.json()) return output.print_json(values);
  output.print(table);
}

void diagnose(Session& session, Contacts contacts) {
  ServiceManager manager;
  const auto all = examine(gather(session.agent, manager, DoctorPlaces{}, contacts));
  session.status = exit_status_of(all);
  if (session.output.json()) return session.output.print_json(to_json(all));
  session.output.print(report_text(all, wants_colour() ? Table::Style::Terminal : Table::Style::Plain));
}

}  // namespace

void add_doctor(CLI::App& app, Session& session) {
  auto list = std::make_shared<bool>(false);
  auto contact = std::make_shared<bool>(false);
  auto* command = app.add_subcommand("doctor", "Look at everything, and say what is not well and how to mend it");
  command->add_flag("--list", *list, "Only list what is looked at");
  command->add_flag(
      "--contact", *contact,
      "Have edgeseal-enroll connect to the authorities, too: it asks who they are, and tells them nothing");
  command->footer(
      "Exit status: 0 all is well, or could not be seen, 1 warnings, 2 failures.\n"
      "As root it sees more: what it can't see it says.\n\nExample:\n  edgesealctl doctor");
  command->callback([list, contact, &session] {
    *list ? list_checks(session.output) : diagnose(session, *contact ? Contacts::Wanted : Contacts::Avoided);
  });
}

}  // namespace edgeseal::ctl
