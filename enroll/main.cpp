#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <memory>

#include "enroll/bus_agent.h"
#include "enroll/discovery/avahi.h"
#include "enroll/discovery/command.h"
#include "enroll/job_loop.h"
#include "enroll/journal.h"
#include "enroll/providers.h"
#include "enroll/wiped_memory.h"

namespace {

using namespace edgeseal::enroll;

enum ExitStatus { refused = 1, usage = 2 };

// Secrets pass through memory of this process: no core file, no debugger of other accounts.
void protect_process() {
  ::prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::umask(0077);
  std::signal(SIGPIPE, SIG_IGN);
}

// Waited for by the main thread alone: blocked before others begin.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// SIGHUP: the jobs that wait are asked for anew, as after a start of the agent. What comes while it ends is for the
// next one: once systemd knows that this one stops, it starts another, and the agent asks for it when the name is free.
void serve(const sigset_t& signals, const timespec& pause) {
  Surroundings surroundings;
  surroundings.browse = discovery::browse;
  std::unique_ptr<JobLoop> jobs, contacts, downloads;  // outlive the thread of the bus, which calls them
  BusAgent agent;
  agent.own_name();
  jobs = std::make_unique<JobLoop>(agent, surroundings);
  contacts = std::make_unique<JobLoop>([&](const std::string& profile, const std::stop_token& stop) {
    run_contact(agent, profile, surroundings, stop);
  });
  downloads = std::make_unique<JobLoop>(
      [&](const std::string& url, const std::stop_token& stop) { run_download(agent, url, surroundings, stop); });
  const auto ask = [] { ::kill(::getpid(), SIGHUP); };
  agent.listen({[&jobs](const std::string& job) { jobs->start(job); },
                [&jobs](const std::string& job) { jobs->cancel(job); }, ask,
                [&contacts](const std::string& profile) { contacts->start(profile); },
                [&downloads](const std::string& url) { downloads->start(url); }});
  ask();
  ::sd_notify(0, "READY=1");
  for (;;) {
    const int signal = ::sigtimedwait(&signals, nullptr, &pause);
    if (signal == SIGTERM || signal == SIGINT ||
        (signal < 0 && contacts->is_idle() && downloads->is_idle() && jobs->retire()))
      break;
    if (signal != SIGHUP) continue;
    for (const std::string& job : agent.waiting_jobs()) jobs->start(job);
    for (const std::string& profile : agent.waiting_contacts()) contacts->start(profile);
    for (const std::string& url : agent.waiting_downloads()) downloads->start(url);
  }
  ::sd_notify(0, "STOPPING=1");
  jobs->stop();
  contacts->stop();
  downloads->stop();
  agent.release_name();
}

}  // namespace

int main(int argc, char** argv) {
  protect_process();
  CLI::App app("Edgeseal enrolment: obtains and renews certificates for the agent, by EST and CMP.", "edgeseal-enroll");
  ProviderSettings providers;
  timespec idle_time{300, 0};
  app.add_option("--provider-directory", providers.directory,
                 "Where edgeseal.so is, if not where OpenSSL looks for it");
  app.add_option("--key-socket", providers.key_socket, "Socket of the agent for keys, if not the usual one");
  app.add_option("--idle-seconds", idle_time.tv_sec,
                 "End after so long without anything to do; the agent has it started again")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  discovery::Command discover;
  discover.add_to(app);
  app.set_version_flag("--version", EDGESEAL_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : usage;
  }
  try {
    if (discover.is_wanted()) return discover.run();
    const sigset_t signals = block_signals();
    wipe_freed_memory();
    load_providers(providers);
    serve(signals, idle_time);
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    log(Level::warning, Event::not_running, error.what());
    return refused;
  }
}
