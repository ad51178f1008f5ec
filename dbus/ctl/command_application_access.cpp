// edgesealctl application access: who may use the keys of an application.

#include "dbus/ctl/commands.h"

namespace edgeseal::ctl {
namespace {

struct Rule {
  std::string application, text;
};

using Call = bool (*)(dbus::RemoteApplication&, const std::string& rule);

bool add(dbus::RemoteApplication& application, const std::string& rule) {
  return application.AddAccessRule(rule);
}

bool remove(dbus::RemoteApplication& application, const std::string& rule) {
  return application.RemoveAccessRule(rule);
}

// A rule that is so already is no error: the same command may come again.
void change(const Rule& rule, Call call, const char* done, Session& session) {
  bool changed = false;
  session.agent.with_application(rule.application,
                                 [&](dbus::RemoteApplication& application) { changed = call(application, rule.text); });
  const auto access = session.agent.application(rule.application).access;
  if (session.output.json())
    return session.output.print_json({{"application", rule.application}, {"changed", changed}, {"access", access}});
  if (!changed) return session.output.print("Nothing changed.\n");
  session.output.print(printable(rule.text) + " " + done + " use the keys of " + printable(rule.application) + ".\n");
}

void add_command(CLI::App& parent, const char* name, const char* what, Call call, const char* done, Session& session) {
  auto rule = std::make_shared<Rule>();
  auto* command = parent.add_subcommand(name, what);
  command->add_option("NAME", rule->application, "Name of the application")->type_name("APPLICATION")->required();
  command->add_option("RULE", rule->text, "user=NAME, group=NAME, unit=UNIT, or several joined by commas")
      ->type_name("RULE")
      ->required();
  command->footer(std::string("Example:\n  edgesealctl application access ") + name +
                  " web user=www-data,unit=nginx.service");
  command->callback([rule, call, done, &session] { change(*rule, call, done, session); });
}

}  // namespace

void add_application_access(CLI::App& application, Session& session) {
  auto* command = application.add_subcommand("access", "Let others use the keys of an application, or no longer");
  command->require_subcommand(1);
  add_command(*command, "add", "Let an account, a group or a unit use the keys", add, "may", session);
  add_command(*command, "remove", "Take a rule back, from the next use of a key on", remove, "may no longer", session);
}

}  // namespace edgeseal::ctl
