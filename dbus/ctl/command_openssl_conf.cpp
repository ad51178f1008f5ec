#include "dbus/ctl/commands.h"
#include "dbus/ctl/openssl_configuration.h"

namespace edgeseal::ctl {
namespace {

// The program may run in any directory.
std::string absolute(const std::string& path) {
  return path.starts_with('/') ? "" : path + " is no absolute path";
}

}  // namespace

void add_openssl_conf(CLI::App& app, Session& session) {
  auto settings = std::make_shared<ProviderSettings>();
  auto* command = app.add_subcommand("openssl-conf", "Print a configuration of OpenSSL with the keys of the agent");
  command
      ->add_option("--module", settings->module,
                   "Path of the provider; default: edgeseal.so where OpenSSL has its modules")
      ->check(CLI::ExistingFile);
  command->add_option("--socket", settings->socket, "Path of the key socket; default: /run/edgeseal/keys.sock")
      ->type_name("FILE")
      ->check(absolute);
  command
      ->add_option("--timeout-ms", settings->timeout_ms,
                   "Longest time that one call of the program may take; default: 10000")
      ->check(CLI::Range(1, 600'000));
  command->footer(
      "Example:\n  edgesealctl openssl-conf > /etc/ssl/edgeseal.cnf\n"
      "  OPENSSL_CONF=/etc/ssl/edgeseal.cnf openssl dgst -sha256 -sign edgeseal:web FILE");
  command->callback([settings, &session] {
    const auto text = openssl_configuration(SystemOpenssl::find(), *settings);
    if (session.output.json()) return session.output.print_json({{"configuration", text}});
    session.output.print(text);
  });
}

}  // namespace edgeseal::ctl
