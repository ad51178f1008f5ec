// edgesealctl inhibit and inhibitors: times in which nothing may be changed.

#include <poll.h>

#include <array>
#include <filesystem>

#include "dbus/ctl/accounts.h"
#include "dbus/ctl/child_command.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/held_inhibitor.h"
#include "dbus/ctl/timestamp.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

constexpr int kTakeAgainMs = 1000;

// While the agent is away; says so once.
void take_again(HeldInhibitor& inhibitor) {
  const bool was_held = inhibitor.held();
  try {
    inhibitor.take_again();
  } catch (const Failure& failure) {
    if (was_held)
      warn(std::string("changes are not inhibited any more until the agent is there again: ") + failure.what());
  }
}

int run_inhibited(const std::string& who, const std::string& why, const std::vector<std::string>& words,
                  Session& session) {
  HeldInhibitor inhibitor(session.agent, who, why);
  ChildCommand command(words);
  while (!command.ended()) {
    std::array<pollfd, 2> watched{pollfd{command.signals(), POLLIN, 0}, pollfd{inhibitor.descriptor(), 0, 0}};
    poll(watched.data(), watched.size(), inhibitor.held() ? -1 : kTakeAgainMs);
    command.handle_signals();
    if (!command.ended() && (!inhibitor.held() || watched[1].revents != 0)) take_again(inhibitor);
  }
  return command.exit_status();
}

struct Busy {
  std::vector<VariantMap> inhibitors;
  bool contact_pending = false;
};

std::string account_of(const VariantMap& inhibitor) {
  return account_name(field<std::uint32_t>(inhibitor, "uid"));
}

nlohmann::json to_json(const Busy& busy) {
  auto inhibitors = nlohmann::json::array();
  for (const auto& inhibitor : busy.inhibitors) {
    inhibitors.push_back({{"who", field<std::string>(inhibitor, "who")},
                          {"why", field<std::string>(inhibitor, "why")},
                          {"uid", field<std::uint32_t>(inhibitor, "uid")},
                          {"account", account_of(inhibitor)},
                          {"pid", field<std::uint32_t>(inhibitor, "pid")},
                          {"unit", field<std::string>(inhibitor, "unit")},
                          {"since", time_json(field<std::uint64_t>(inhibitor, "since"))}});
  }
  return {{"inhibitors", inhibitors}, {"contact-pending", busy.contact_pending}};
}

Table table_of(const std::vector<VariantMap>& inhibitors) {
  Table table({"WHO", "WHY", "ACCOUNT", "PID", "UNIT", "SINCE"});
  for (const auto& inhibitor : inhibitors) {
    const auto unit = field<std::string>(inhibitor, "unit");
    table.add({field<std::string>(inhibitor, "who"), field<std::string>(inhibitor, "why"), account_of(inhibitor),
               std::to_string(field<std::uint32_t>(inhibitor, "pid")), or_dash(unit),
               timestamp_text(field<std::uint64_t>(inhibitor, "since"))});
  }
  return table;
}

void show_inhibitors(Session& session) {
  Busy busy;
  session.agent.with_busy([&](dbus::RemoteBusy& remote) { busy = {remote.Inhibitors(), remote.ContactPending()}; });
  if (session.output.json()) return session.output.print_json(to_json(busy));
  if (busy.inhibitors.empty()) {
    session.output.print("Nobody inhibits changes.\n");
  } else {
    session.output.print(table_of(busy.inhibitors));
  }
  if (busy.contact_pending) session.output.print("The provisioning service waits to be contacted.\n");
}

}  // namespace

void add_inhibit(CLI::App& app, Session& session) {
  struct Wanted {
    std::string who, why;
  };
  auto wanted = std::make_shared<Wanted>();
  auto* command = app.add_subcommand("inhibit", "Run a command, and let nothing be changed meanwhile");
  command->add_option("--who", wanted->who, "Who inhibits changes, for people; default: the name of the command");
  command->add_option("--why", wanted->why, "Why, for people")->required();
  // run() takes it off the line before; here it is for the help and for completion.
  command->add_option("COMMAND", session.inhibited_command, "The command to run, with its arguments");
  command->footer(
      "The command and its arguments follow the options, after -- where it begins with a dash.\n"
      "Ends as the command does; 127: it isn't found, 126: it can't be run.\nExample:\n"
      "  edgesealctl inhibit --who plc --why \"batch 4711\" /opt/plant/run-batch 4711");
  command->callback([wanted, &session] {
    const auto& words = session.inhibited_command;
    if (words.empty()) throw Failure(ExitCode::Usage, "there is no command to run", "see: edgesealctl inhibit --help");
    session.status =
        run_inhibited(wanted->who.empty() ? std::filesystem::path(words.front()).filename().native() : wanted->who,
                      wanted->why, words, session);
  });
}

void add_inhibitors(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("inhibitors", "Show who lets nothing be changed now");
  command->footer("Example:\n  edgesealctl inhibitors");
  command->callback([&session] { show_inhibitors(session); });
}

}  // namespace edgeseal::ctl
