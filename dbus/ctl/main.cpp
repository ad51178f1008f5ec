#include <algorithm>
#include <exception>
#include <utility>

#include "dbus/ctl/commands.h"
#include "dbus/ctl/completion_values.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/inhibited_command.h"

namespace edgeseal::ctl {
namespace {

constexpr const char* kFooter =
    R"(Exit status: 0 done, 1 refused by the agent, 2 wrong usage or a file that can't be read or written,
3 agent not reachable.

Example:
  edgesealctl application create web --access user=www-data
  edgesealctl csr web --dns gw1.example.com --out web.csr
  edgesealctl certificate install web web.crt --chain ca.crt)";

void configure(CLI::App& app, Session& session) {
  app.fallthrough();
  app.require_subcommand(1);
  app.set_version_flag("--version", "edgesealctl " EDGESEAL_VERSION);
  app.add_flag("--json", session.output.json_flag(), "JSON for programs instead of text for people");
  app.footer(kFooter);
  add_status(app, session);
  add_doctor(app, session);
  add_timeline(app, session);
  add_metrics(app, session);
  add_application(app, session);
  add_csr(app, session);
  add_certificate(app, session);
  add_key(app, session);
  add_trust(app, session);
  add_changes(app, session);
  add_stage(app, session);
  add_bundle(app, session);
  add_enroll(app, session);
  add_renew(app, session);
  add_profile(app, session);
  add_job(app, session);
  add_attach(app, session);
  add_detach(app, session);
  add_attachments(app, session);
  add_openssl_conf(app, session);
  add_config(app, session);
  add_setup(app, session);
  add_inhibit(app, session);
  add_inhibitors(app, session);
  add_audit(app, session);
  add_pcr(app, session);
  add_tpm(app, session);
  add_device(app, session);
  add_onboarding(app, session);
  add_describe(app, session);
}

// What is wrong where a command is missing: the parser complains of that before it looks at words that are left over.
std::string missing_command(const CLI::App& command, const std::string& words, const std::vector<std::string>& left) {
  const bool misses_one = command.get_require_subcommand_min() > 0 && command.get_subcommands().empty();
  if (!misses_one || left.empty()) return "";
  if (left.front().starts_with('-')) return "there is no option \"" + left.front() + "\"";
  return "there is no command \"" + words + left.front() + "\"";
}

ExitCode usage(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error), ExitCode::Ok;  // --help, --version
  const CLI::App* reached = &app;
  std::string words;  // that led there
  while (!reached->get_subcommands().empty()) {
    reached = reached->get_subcommands().front();
    words += reached->get_name() + " ";
  }
  const auto problem = missing_command(*reached, words, app.remaining(true));
  complain(problem.empty() ? error.what() : problem, "see: edgesealctl " + words + "--help");
  return ExitCode::Usage;
}

// For the scripts of packaging/completions: what follows is a command line that isn't finished.
constexpr const char* kComplete = "__complete";

int run(int argc, char** argv) {
  Session session;
  CLI::App app("Manage keys, certificates and trust of this device's applications", "edgesealctl");
  try {
    configure(app, session);
    std::vector<std::string> arguments(argv + 1, argv + argc);
    if (!arguments.empty() && arguments.front() == kComplete) {
      print_completion(app, {arguments.begin() + 1, arguments.end()}, session.agent);
      return static_cast<int>(ExitCode::Ok);
    }
    session.inhibited_command = take_inhibited_command(arguments);
    std::ranges::reverse(arguments);  // as the parser wants them
    app.parse(std::move(arguments));
    return session.status;
  } catch (const CLI::ParseError& error) {
    return static_cast<int>(usage(app, error));
  } catch (const Failure& failure) {
    complain(failure.what(), failure.remedy);
    return static_cast<int>(failure.code);
  } catch (const std::exception& error) {
    complain(error.what());
    return static_cast<int>(ExitCode::Refused);
  }
}

}  // namespace
}  // namespace edgeseal::ctl

int main(int argc, char** argv) {
  return edgeseal::ctl::run(argc, argv);
}
