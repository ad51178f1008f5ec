#pragma once

#include <CLI/CLI.hpp>

#include "dbus/ctl/agent_connection.h"
#include "dbus/ctl/output.h"

namespace edgeseal::ctl {

// What every command works with; outlives the parser.
struct Session {
  AgentConnection agent;
  Output output;
  std::vector<std::string> inhibited_command;  // see take_inhibited_command()
  int status = 0;                              // of that, when it ended
};

// Each adds its command to the parser; it runs while the command line is parsed and throws Failure.
void add_status(CLI::App& app, Session& session);
void add_describe(CLI::App& app, Session& session);
void add_metrics(CLI::App& app, Session& session);
void add_timeline(CLI::App& app, Session& session);
void add_doctor(CLI::App& app, Session& session);
void add_application(CLI::App& app, Session& session);
void add_csr(CLI::App& app, Session& session);
void add_certificate(CLI::App& app, Session& session);
void add_key(CLI::App& app, Session& session);
void add_trust(CLI::App& app, Session& session);
void add_changes(CLI::App& app, Session& session);
void add_bundle(CLI::App& app, Session& session);
void add_stage(CLI::App& app, Session& session);
void add_enroll(CLI::App& app, Session& session);
void add_renew(CLI::App& app, Session& session);
void add_profile(CLI::App& app, Session& session);
void add_job(CLI::App& app, Session& session);
void add_audit(CLI::App& app, Session& session);
void add_pcr(CLI::App& app, Session& session);
void add_tpm(CLI::App& app, Session& session);
void add_device(CLI::App& app, Session& session);
void add_onboarding(CLI::App& app, Session& session);
void add_attach(CLI::App& app, Session& session);
void add_detach(CLI::App& app, Session& session);
void add_attachments(CLI::App& app, Session& session);
void add_openssl_conf(CLI::App& app, Session& session);
void add_setup(CLI::App& app, Session& session);
void add_config(CLI::App& app, Session& session);
void add_inhibit(CLI::App& app, Session& session);
void add_inhibitors(CLI::App& app, Session& session);

// The same for commands of a family that have a file of their own.
void add_bundle_create(CLI::App& bundle, Session& session);
void add_bundle_open(CLI::App& bundle, Session& session);
void add_application_access(CLI::App& application, Session& session);
void add_self_signed(CLI::App& certificate, Session& session);
void add_key_import(CLI::App& key, Session& session);
void add_key_export(CLI::App& key, Session& session);
void add_key_certify(CLI::App& key, Session& session);
void add_trust_changes(CLI::App& trust, Session& session);
void add_trust_files(CLI::App& trust, Session& session);
void add_trust_options(CLI::App& trust, Session& session);
void add_trust_peers(CLI::App& trust, Session& session);
void add_trust_directories(CLI::App& trust, Session& session);

}  // namespace edgeseal::ctl
