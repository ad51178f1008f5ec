#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <array>

#include "dbus/ctl/agreement.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/passphrase.h"

namespace edgeseal::ctl {
namespace {

constexpr size_t kPasswordBytes = 64;

struct Setup {
  std::string state, reason, mode;
  std::vector<std::string> open_ways;
  std::uint32_t window_remaining = 0;
  bool password_wanted = false;
  std::uint32_t remaining_tries = 0;
  bool limited_function = true;
};

Setup read_setup(AgentConnection& connection) {
  Setup setup;
  connection.with_agent([&](dbus::RemoteAgent& agent) {
    setup = {agent.State(),           agent.Reason(),         agent.Mode(),           agent.OpenWays(),
             agent.WindowRemaining(), agent.PasswordWanted(), agent.RemainingTries(), agent.LimitedFunction()};
  });
  return setup;
}

nlohmann::json to_json(const Setup& setup) {
  return {{"state", setup.state},
          {"reason", setup.reason},
          {"mode", setup.mode},
          {"open-by", setup.open_ways},
          {"window-remaining", setup.window_remaining},
          {"password-wanted", setup.password_wanted},
          {"remaining-tries", setup.remaining_tries},
          {"limited-function", setup.limited_function}};
}

void show(const Setup& setup, const Output& output) {
  Table table;
  table.add({"State", setup.state}, setup.state == "operational" ? Colour::Good : Colour::Warning);
  table.add({"Why", setup.reason});
  table.add({"Mode", setup.mode});
  table.add({"Opens by", setup.open_ways.empty() ? "nothing" : joined(setup.open_ways)});
  if (setup.window_remaining > 0) table.add({"Window", std::to_string(setup.window_remaining) + " s"});
  if (setup.password_wanted) table.add({"Password", std::to_string(setup.remaining_tries) + " tries left"});
  output.print(table);
}

void add_setup_status(CLI::App& parent, Session& session) {
  auto* command = parent.add_subcommand("status", "Show the state of setup, why, and what opens it");
  command->footer("Example:\n  edgesealctl setup status");
  command->callback([&session] {
    const Setup setup = read_setup(session.agent);
    if (session.output.json()) return session.output.print_json(to_json(setup));
    show(setup, session.output);
  });
}

// What changes the state says what has become of it.
void tell(Session& session) {
  const Setup setup = read_setup(session.agent);
  if (session.output.json()) return session.output.print_json(to_json(setup));
  session.output.print(printable(setup.state + ": " + setup.reason) + "\n");
}

void add_otp(CLI::App& parent, Session& session) {
  auto* command = parent.add_subcommand("otp", "Make a one-time password and show it, this once");
  command->footer("Example:\n  edgesealctl setup otp");
  command->callback([&session] {
    std::array<char, kPasswordBytes> password{};
    ssize_t size = 0;
    session.agent.with_agent([&](dbus::RemoteAgent& agent) {
      const sdbus::UnixFd file = agent.MakeOneTimePassword({});
      size = pread(file.get(), password.data(), password.size(), 0);
    });
    if (size <= 0) throw Failure(ExitCode::Refused, "the password of the agent can't be read", "make another one");
    const std::string_view text(password.data(), static_cast<size_t>(size));
    if (session.output.json())
      session.output.print_json(nlohmann::json{{"password", text}});
    else
      session.output.print(std::string(text) + "\n");
    explicit_bzero(password.data(), password.size());
  });
}

void add_open(CLI::App& parent, Session& session) {
  auto path = std::make_shared<std::string>();
  auto* command = parent.add_subcommand("open", "Open setup with the one-time password");
  command
      ->add_option("--password-file", *path,
                   "File with the password; - is the standard input. Default: it is asked for")
      ->type_name("FILE");
  command->footer("Example:\n  edgesealctl setup open");
  command->callback([path, &session] {
    const SecretFile password =
        read_or_ask_passphrase(*path, {.prompt = "One-time password", .option = "--password-file"});
    session.agent.with_agent([&](dbus::RemoteAgent& agent) { agent.SubmitOneTimePassword(password.descriptor(), {}); });
    tell(session);
  });
}

void add_presence(CLI::App& parent, Session& session) {
  auto source = std::make_shared<std::string>("edgesealctl");
  auto* command = parent.add_subcommand("presence", "Report that somebody is at the device, for a local service");
  command->add_option("SOURCE", *source, "What noticed it");
  command->footer("Example:\n  edgesealctl setup presence front-button");
  command->callback([source, &session] {
    session.agent.with_agent([&](dbus::RemoteAgent& agent) { agent.ReportPresence(*source, {}); });
    tell(session);
  });
}

void add_close(CLI::App& parent, Session& session) {
  auto* command = parent.add_subcommand("close", "Close setup; where it is open by itself, for good");
  command->footer("Example:\n  edgesealctl setup close");
  command->callback([&session] {
    session.agent.with_agent([](dbus::RemoteAgent& agent) { agent.CloseWindow({}); });
    tell(session);
  });
}

void add_reset(CLI::App& parent, Session& session) {
  auto agreement = std::make_shared<Agreement>();
  auto* command =
      parent.add_subcommand("reset", "Begin anew: destroy keys, certificates and trust of all applications");
  add_agreement(*command, *agreement);
  command->footer("Example:\n  edgesealctl setup reset --yes");
  command->callback([agreement, &session] {
    agreement->require("Destroy the keys, certificates and trust of all applications, for good?");
    session.agent.with_agent([](dbus::RemoteAgent& agent) { agent.Reset({}); });
    tell(session);
  });
}

}  // namespace

void add_setup(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("setup", "See, open, end and begin anew the setup of the device");
  command->require_subcommand(1);
  add_setup_status(*command, session);
  add_open(*command, session);
  add_otp(*command, session);
  add_presence(*command, session);
  add_close(*command, session);
  add_reset(*command, session);
}

}  // namespace edgeseal::ctl
