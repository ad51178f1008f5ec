// edgesealctl bundle: first trust that comes encrypted under a PIN.

#include "dbus/ctl/bundle_code.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/passphrase.h"
#include "dbus/ctl/pin_prompt.h"
#include "dbus/ctl/timestamp.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

constexpr size_t kMostBundleBytes = 64 * 1024;

struct Bundle {
  std::string session, source, server_url;
  std::uint32_t remaining_tries = 0;
  std::uint64_t deadline = 0;  // microseconds since 1970 UTC
  std::uint16_t server_port = 0;
  bool verifying = false;
};

Bundle read_bundle(AgentConnection& connection) {
  Bundle bundle;
  connection.with_bundles([&](dbus::RemoteBundle& agent) {
    bundle = {agent.Session(),  agent.Source(),     agent.ServerUrl(), agent.RemainingTries(),
              agent.Deadline(), agent.ServerPort(), agent.Verifying()};
  });
  return bundle;
}

nlohmann::json to_json(const Bundle& bundle) {
  return {{"session", bundle.session},
          {"source", bundle.source},
          {"remaining-tries", bundle.remaining_tries},
          {"deadline", time_json(bundle.deadline)},
          {"server-url", bundle.server_url},
          {"server-port", bundle.server_port},
          {"verifying", bundle.verifying}};
}

void show(const Bundle& bundle, const Output& output) {
  Table table;
  if (bundle.session.empty()) {
    table.add({"PIN", "none is wanted"});
  } else {
    table.add({"PIN", std::to_string(bundle.remaining_tries) + " tries left, until " + timestamp_text(bundle.deadline)},
              Colour::Warning);
    table.add({"Session", bundle.session});
    if (!bundle.source.empty()) table.add({"Source", bundle.source});
  }
  if (!bundle.server_url.empty())
    table.add({"Server", bundle.server_url + ", port " + std::to_string(bundle.server_port)});
  if (bundle.verifying) table.add({"Verifying", "waits for the first contact with the server"}, Colour::Warning);
  output.print(table);
}

void tell(Session& session) {
  const Bundle bundle = read_bundle(session.agent);
  session.output.json() ? session.output.print_json(to_json(bundle)) : show(bundle, session.output);
}

void add_bundle_status(CLI::App& parent, Session& session) {
  auto* command = parent.add_subcommand("status", "Show whether a PIN is wanted, and what the last bundle brought");
  command->footer("Example:\n  edgesealctl bundle status");
  command->callback([&session] { tell(session); });
}

struct Delivery {
  std::string file, source, mode = "pin";
  std::uint32_t max_tries = 3;
  bool as_administrator = false;
};

void stage(const Delivery& delivery, Session& session) {
  const SecretFile content = SecretFile::read_line(delivery.file, kMostBundleBytes);
  const VariantMap options{{"mode", sdbus::Variant(delivery.mode)},
                           {"source", sdbus::Variant(delivery.source)},
                           {"max-tries", sdbus::Variant(delivery.max_tries)}};
  session.agent.with_bundles([&](dbus::RemoteBundle& agent) {
    static_cast<void>(delivery.as_administrator ? agent.StageBundleAsAdministrator(content.descriptor(), options)
                                                : agent.StageBundle(content.descriptor(), options));
  });
  tell(session);
}

void add_bundle_stage(CLI::App& parent, Session& session) {
  auto delivery = std::make_shared<Delivery>();
  auto* command = parent.add_subcommand("stage", "Bring a bundle to the agent, which then asks for its PIN");
  command->add_option("FILE", delivery->file, "The bundle; - is the standard input")->required();
  command->add_option("--max-tries", delivery->max_tries, "How often the PIN may be tried, 1 to 10")
      ->capture_default_str();
  command->add_option("--source", delivery->source, "Who brings it, for people");
  command->add_option("--mode", delivery->mode, "pin, or nopin where the integrator allows it")
      ->check(CLI::IsMember({"pin", "nopin"}))
      ->capture_default_str();
  command->add_flag("--as-administrator", delivery->as_administrator,
                    "Also where setup is not open, and with all tries again");
  command->footer("Example:\n  edgesealctl bundle stage device-4711.jwe");
  command->callback([delivery, &session] { stage(*delivery, session); });
}

struct Pin {
  std::string file, session;
  bool ask = false;
};

SecretFile pin_of(const Pin& pin) {
  if (pin.ask && pin.file.empty()) return ask_password_agents();
  return read_or_ask_passphrase(pin.file, {.prompt = "PIN of the bundle", .option = "--pin-file"});
}

void submit(const std::string& wanted_by, const SecretFile& pin, Session& session) {
  require_well_typed(pin.content());
  std::vector<std::string> warnings;
  session.agent.with_bundles(
      [&](dbus::RemoteBundle& agent) { warnings = agent.SubmitPin(wanted_by, pin.descriptor(), {}); });
  for (const std::string& warning : warnings) warn(warning);
}

// Until it is right, or nobody wants it any more.
void ask_until_done(Session& session) {
  for (std::string wanted_by = read_bundle(session.agent).session; !wanted_by.empty();
       wanted_by = read_bundle(session.agent).session) {
    try {
      return submit(wanted_by, ask_password_agents(), session);
    } catch (const Failure& failure) {
      complain(failure.what());
      if (failure.code == ExitCode::NotReachable || failure.code == ExitCode::CommandNotRun) throw;
    }
  }
}

void add_submit_pin(CLI::App& parent, Session& session) {
  auto pin = std::make_shared<Pin>();
  auto* command = parent.add_subcommand("submit-pin", "Give the PIN of the bundle that waits");
  command->add_option("--pin-file", pin->file, "File with the PIN; - is the standard input. Default: it is asked for")
      ->type_name("FILE");
  command->add_option("--session", pin->session, "Of bundle status. Default: the one that there is");
  command->add_flag("--ask", pin->ask, "Ask through systemd's password agents (console, Plymouth), until it is right");
  command->footer("Example:\n  edgesealctl bundle submit-pin");
  command->callback([pin, &session] {
    if (pin->ask && pin->file.empty() && pin->session.empty()) return ask_until_done(session);
    const std::string wanted_by = pin->session.empty() ? read_bundle(session.agent).session : pin->session;
    if (wanted_by.empty()) throw Failure(ExitCode::Refused, "no PIN is wanted", "bring a bundle first");
    submit(wanted_by, pin_of(*pin), session);
    tell(session);
  });
}

void add_discard(CLI::App& parent, Session& session) {
  auto* command = parent.add_subcommand("discard", "Destroy the bundle that waits for its PIN");
  command->footer("Example:\n  edgesealctl bundle discard");
  command->callback([&session] {
    const std::string wanted_by = read_bundle(session.agent).session;
    if (wanted_by.empty()) throw Failure(ExitCode::Refused, "no bundle waits for a PIN");
    session.agent.with_bundles([&](dbus::RemoteBundle& agent) { agent.DiscardBundle(wanted_by); });
    tell(session);
  });
}

void add_report(CLI::App& parent, Session& session) {
  auto failure = std::make_shared<std::string>();
  auto* command = parent.add_subcommand("report", "Report the first contact with the server: for who makes it");
  command->add_option("--failure", *failure, "Why it failed: what the bundle brought is undone");
  command->footer("Example:\n  edgesealctl bundle report");
  command->callback([failure, &session] {
    session.agent.with_bundles([&](dbus::RemoteBundle& agent) { agent.ReportContact(failure->empty(), *failure); });
    tell(session);
  });
}

}  // namespace

void add_bundle(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("bundle", "Make, bring and open bundles of first trust under a PIN");
  command->require_subcommand(1);
  add_bundle_status(*command, session);
  add_bundle_create(*command, session);
  add_bundle_open(*command, session);
  add_bundle_stage(*command, session);
  add_submit_pin(*command, session);
  add_discard(*command, session);
  add_report(*command, session);
}

}  // namespace edgeseal::ctl
