#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/pem.h"
#include "dbus/ctl/slot.h"

namespace edgeseal::ctl {
namespace {

struct Wanted {
  std::string name;
  std::string file;
  std::string group;
  std::string type;
  std::string chain;
  bool no_apply = false;
};

struct Installed {
  std::string group;
  std::string type;
  Der certificate;
  std::vector<Der> issuers;
};

void install(const Wanted& wanted, Session& session) {
  auto chain = certificates_of(read_file(wanted.file), wanted.file);
  const Der certificate = chain.front();
  chain.erase(chain.begin());
  if (!wanted.chain.empty()) {
    for (auto& issuer : certificates_of(read_file(wanted.chain), wanted.chain)) chain.push_back(std::move(issuer));
  }
  const auto slot = choose_slot(session.agent.application(wanted.name), wanted.group, wanted.type);
  session.agent.with_group(slot.application, slot.group, [&](dbus::RemoteGroup& group) {
    group.UpdateCertificate(slot.certificate_type, certificate, chain, {});
    if (wanted.no_apply) return group.CancelChanges();
    group.ApplyChanges({});
  });
  const auto facts = facts_of(certificate);
  if (session.output.json()) {
    return session.output.print_json(
        nlohmann::json{{"slot", slot.text()}, {"serial", facts.serial}, {"applied", !wanted.no_apply}});
  }
  session.output.print(wanted.no_apply ? "The agent accepts the certificate; nothing was changed.\n"
                                       : "Installed the certificate of " + slot.text() + ", valid until " +
                                             facts.not_after + ".\n");
}

std::vector<Installed> read_certificates(Session& session, const std::string& name, const std::string& only_group) {
  std::vector<Installed> all;
  const auto application = session.agent.application(name);
  if (!only_group.empty()) (void)choose_group(application, only_group);
  for (const auto& group : application.groups) {
    if (!only_group.empty() && group.name != only_group) continue;
    session.agent.with_group(name, group.name, [&](dbus::RemoteGroup& remote) {
      const auto [types, certificates, issuers] = remote.GetCertificates();
      if (certificates.size() != types.size() || issuers.size() != types.size()) {
        throw Failure(ExitCode::Refused, "the agent sent lists of different lengths");
      }
      for (size_t i = 0; i < types.size(); ++i) all.push_back({group.name, types[i], certificates[i], issuers[i]});
    });
  }
  return all;
}

nlohmann::json to_json(const Installed& installed) {
  const auto facts = facts_of(installed.certificate);
  std::string chain;
  for (const auto& issuer : installed.issuers) chain += to_pem("CERTIFICATE", issuer);
  return {{"group", installed.group},     {"type", installed.type},
          {"subject", facts.subject},     {"issuer", facts.issuer},
          {"serial", facts.serial},       {"not-before", facts.not_before},
          {"not-after", facts.not_after}, {"names", facts.names},
          {"sha256", facts.fingerprint},  {"certificate", to_pem("CERTIFICATE", installed.certificate)},
          {"issuer-certificates", chain}};
}

void show(const Installed& installed, const Output& output) {
  const auto facts = facts_of(installed.certificate);
  Table table;
  table.add({"Slot", installed.group + "/" + installed.type});
  table.add({"Subject", facts.subject});
  table.add({"Issuer", facts.issuer});
  table.add({"Names", facts.names.empty() ? "-" : joined(facts.names)});
  table.add({"Serial", facts.serial});
  table.add({"Valid", facts.not_before + " to " + facts.not_after});
  table.add({"SHA-256", facts.fingerprint});
  table.add({"Chain", std::to_string(installed.issuers.size()) + " issuer certificates"});
  output.print(table);
}

void show_all(const std::vector<Installed>& all, const std::string& name, const Output& output) {
  if (output.json()) {
    auto values = nlohmann::json::array();
    for (const auto& installed : all) values.push_back(to_json(installed));
    return output.print_json(values);
  }
  if (all.empty()) return output.print("No certificates. Make a request: edgesealctl csr " + printable(name) + "\n");
  for (const auto& installed : all) {
    if (&installed != &all.front()) output.print("\n");
    show(installed, output);
  }
}

void add_install(CLI::App& parent, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = parent.add_subcommand("install", "Put a certificate in use");
  command->add_option("NAME", wanted->name, "Name of the application")->required();
  command->add_option("FILE", wanted->file, "PEM (further certificates are the chain) or DER; - is the standard input")
      ->required();
  command->add_option("--group", wanted->group, "Certificate group; needed where there are several");
  command->add_option("--type", wanted->type, "Certificate type; needed where there are several");
  command->add_option("--chain", wanted->chain, "PEM file with the issuer certificates, nearest first");
  command->add_flag("--no-apply", wanted->no_apply, "Only ask whether the agent accepts it; change nothing");
  command->footer("Example:\n  edgesealctl certificate install web web.crt --chain ca.crt");
  command->callback([wanted, &session] { install(*wanted, session); });
}

void add_show(CLI::App& parent, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = parent.add_subcommand("show", "Show the certificates in use");
  command->add_option("NAME", wanted->name, "Name of the application")->required();
  command->add_option("--group", wanted->group, "Only this certificate group");
  command->footer("Example:\n  edgesealctl certificate show web");
  command->callback([wanted, &session] {
    show_all(read_certificates(session, wanted->name, wanted->group), wanted->name, session.output);
  });
}

}  // namespace

void add_certificate(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("certificate", "Install and show certificates");
  command->require_subcommand(1);
  add_install(*command, session);
  add_show(*command, session);
}

}  // namespace edgeseal::ctl
