#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>

#include "agent/agent.h"
#include "agent/configuration.h"
#include "agent/immediate_binding.h"
#include "agent/journal.h"
#include "agent/secret_memory.h"

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
  log(Level::error, Event::stopping, "a TPM command does not come back; ending without it");
  std::_Exit(EXIT_SUCCESS);
}

}  // namespace

int main(int argc, char** argv) {
  require_immediate_binding(argv);
  ::setenv("TSS2_LOG", "all+NONE", 0);  // what libtss2 meets reaches the journal as an error of ours, with a remedy
  protect_process();

  CLI::App app("Edgeseal security agent: keeps private keys in the TPM, serves their use and their management.",
               "edgeseald");
  std::string configuration_path = default_configuration_path;
  app.add_option("--config", configuration_path, "Configuration file")->capture_default_str();
  app.set_version_flag("--version", EDGESEAL_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : usage;
  }

  try {
    return run(configuration_path);
  } catch (const std::exception& error) {
    log(Level::error, Event::refused_to_start, fmt::format("cannot start: {}", error.what()));
    sd_notifyf(0, "STATUS=cannot start: %s", error.what());
    return refused;
  }
}
