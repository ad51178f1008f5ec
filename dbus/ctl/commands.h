#pragma once

#include <CLI/CLI.hpp>

#include "dbus/ctl/agent_connection.h"
#include "dbus/ctl/output.h"

namespace edgeseal::ctl {

// What every command works with; outlives the parser.
struct Session {
  AgentConnection agent;
  Output output;
};

// Each adds its command to the parser; it runs while the command line is parsed and throws Failure.
void add_status(CLI::App& app, Session& session);
void add_describe(CLI::App& app, Session& session);
void add_application(CLI::App& app, Session& session);
void add_csr(CLI::App& app, Session& session);
void add_certificate(CLI::App& app, Session& session);

}  // namespace edgeseal::ctl
