#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "agent/agent.h"
#include "agent/configuration/agent_account.h"
#include "agent/configuration/configuration.h"
#include "agent/configuration/configuration_report.h"
#include "agent/immediate_binding.h"
#include "agent/journal.h"
#include "agent/keys/secret_memory.h"

namespace {

using namespace edgeseal::agent;

enum ExitStatus { refused = 1, usage = 2 };

// Keys of the agent pass through memory of this process: no core file, no debugger of other accounts.
void protect_process() {
  ::prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::umask(0077);
  std::signal(SIGPIPE, SIG_IGN);  // a TPM simulator that ends while libtss2 writes to it
}

// What large messages and trust lists took goes back to the system at once. Otherwise glibc keeps blocks as large as
// the largest that was ever freed.
void keep_memory_small() {
  constexpr int bytes = 256 * 1024;
  ::mallopt(M_MMAP_THRESHOLD, bytes);
}

// The socket that systemd passes, and that nobody but systemd may remove; none where systemd did not start us.
edgeseal::policy::UniqueFd passed_listener() {
  const int passed = sd_listen_fds(1);
  if (passed > 1)
    throw Error(Code::invalid_argument,
                "more than one socket was passed: edgeseald.socket has one ListenSequentialPacket=");
  if (passed < 1) return {};
  if (sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_SEQPACKET, 1, nullptr, 0) <= 0)
    throw Error(Code::invalid_argument,
                "the socket that was passed is not a listening Unix socket of type SOCK_SEQPACKET");
  ::fcntl(SD_LISTEN_FDS_START, F_SETFL, O_NONBLOCK);
  return edgeseal::policy::UniqueFd(SD_LISTEN_FDS_START);
}

// Before anything else of libcrypto. The system's openssl.cnf may activate our own provider, which would call back.
void prepare_libcrypto() {
  secret_memory::install();
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
}

int run(const std::string& configuration_path) {
  prepare_libcrypto();
  const Configuration configuration = load_configuration(configuration_path);
  Agent agent(configuration, passed_listener());
  if (agent.run()) return EXIT_SUCCESS;
  log(Level::error, Event::tpm_hung, "a TPM command does not come back; ending without it");
  std::_Exit(EXIT_SUCCESS);
}

int check_configuration(const std::vector<std::string>& paths, const std::string& root) {
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  if (is_installed(paths, root)) read_as(agent_account);  // root could read what the agent can't
  std::puts(report_configuration(paths, root).c_str());
  return EXIT_SUCCESS;
}

// Of mistakes in the configuration each has a line of its own.
void tell_refusal(const std::string& reason) {
  std::istringstream lines(reason);
  for (std::string line; std::getline(lines, line);)
    log(Level::error, Event::refused_to_start, fmt::format("cannot start: {}", line));
  sd_notifyf(0, "STATUS=cannot start: %s", reason.substr(0, reason.find('\n')).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  require_immediate_binding(argv);
  ::setenv("TSS2_LOG", "all+NONE", 0);  // what libtss2 meets reaches the journal as an error of ours, with a remedy
  protect_process();
  keep_memory_small();

  CLI::App app("Edgeseal security agent: keeps private keys in the TPM, serves their use and their management.",
               "edgeseald");
  std::string configuration_path = default_configuration_path;
  app.add_option("--config", configuration_path, "Configuration file")->capture_default_str();
  std::vector<std::string> paths;
  std::string root;
  bool is_check = false;
  auto* check = app.add_flag("--check-config", is_check, "Check configurations, print what is wrong as JSON, and end");
  app.add_option("PATH", paths, "What is checked: directories or files; default: /etc/edgeseal")->needs(check);
  app.add_option("--root", root, "Of an image whose /etc/edgeseal is checked")->needs(check);
  app.set_version_flag("--version", EDGESEAL_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : usage;
  }

  try {
    if (is_check) return check_configuration(paths, root);
    return run(configuration_path);
  } catch (const std::exception& error) {
    tell_refusal(error.what());
    return refused;
  }
}
