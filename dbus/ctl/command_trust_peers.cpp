// edgesealctl trust validate and rejected: what becomes of peers.

#include "dbus/ctl/chain_file.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/slot.h"
#include "dbus/ctl/trust_material.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

struct Wanted {
  std::string list;
  std::string file;
  std::string chain;
  std::string purpose;
  std::string host;
  std::string uri;
};

VariantMap options_of(const Wanted& wanted) {
  VariantMap options;
  put(options, "purpose", wanted.purpose);
  put(options, "host-name", wanted.host);
  put(options, "application-uri", wanted.uri);
  return options;
}

// Of the certificates; all else says nothing of them.
bool is_judgement(const Failure& failure) {
  return failure.kind.starts_with("Certificate");
}

void validate(const Wanted& wanted, Session& session) {
  const auto chain = read_chain(wanted.file, wanted.chain, PrivateKeys::Skip);
  const auto chosen = find_group(session.agent, wanted.list);
  auto suppressed = nlohmann::json::array();
  std::string text = "Trusted by " + chosen.text() + ".\n";
  try {
    session.agent.with_trust_list(chosen.application.name, chosen.group.name, [&](dbus::RemoteTrustList& remote) {
      for (const auto& error : remote.Validate(chain, options_of(wanted))) {
        suppressed.push_back({{"error", std::get<0>(error)}, {"message", std::get<1>(error)}});
        text += "Suppressed: " + printable(std::get<1>(error)) + " (" + printable(std::get<0>(error)) + ")\n";
      }
    });
  } catch (const Failure& failure) {
    if (session.output.json() && is_judgement(failure))
      session.output.print_json({{"trusted", false}, {"error", failure.kind}, {"message", failure.what()}});
    throw;
  }
  if (session.output.json()) return session.output.print_json({{"trusted", true}, {"suppressed", suppressed}});
  session.output.print(text);
}

void show_rejected(const std::vector<Der>& certificates, const Output& output) {
  auto values = nlohmann::json::array();
  Table table({"THUMBPRINT", "UNTIL", "SUBJECT", "ISSUER"});
  for (const auto& certificate : certificates) {
    const auto facts = facts_of(certificate);
    table.add({thumbprint_of(certificate), facts.not_after, facts.subject, facts.issuer});
    values.push_back({{"thumbprint", thumbprint_of(certificate)},
                      {"subject", facts.subject},
                      {"issuer", facts.issuer},
                      {"not-before", facts.not_before},
                      {"not-after", facts.not_after},
                      {"names", facts.names},
                      {"certificate", to_pem("CERTIFICATE", certificate)}});
  }
  if (output.json()) return output.print_json(values);
  if (table.empty()) return output.print("Nobody was rejected.\n");
  output.print(table);
}

void add_validate(CLI::App& trust, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = trust.add_subcommand("validate", "Ask whether a peer with this certificate would be let in");
  command->add_option("LIST", wanted->list, "APPLICATION or APPLICATION/GROUP")->required();
  command->add_option("FILE", wanted->file, "PEM (further certificates are the chain) or DER; - is the standard input")
      ->required();
  command->add_option("--chain", wanted->chain, "PEM file with issuers that the peer sends, nearest first")
      ->type_name("FILE");
  command->add_option("--purpose", wanted->purpose, "What for; default: that of the group's peers")
      ->check(CLI::IsMember({"application", "https-server", "https-client", "user"}));
  command->add_option("--host", wanted->host, "DNS name or IP address that it must be for");
  command->add_option("--uri", wanted->uri, "ApplicationUri that it must carry");
  command->footer(
      "Exit status 1: it would be rejected, and is on the rejected list now.\n"
      "Example:\n  edgesealctl trust validate opcua-server/application client.der --uri urn:client");
  command->callback([wanted, &session] { validate(*wanted, session); });
}

void add_rejected(CLI::App& trust, Session& session) {
  auto name = std::make_shared<std::string>();
  auto* command = trust.add_subcommand("rejected", "Show peers that were not let in, newest first");
  command->add_option("LIST", *name, "APPLICATION or APPLICATION/GROUP")->required();
  command->footer("Example:\n  edgesealctl trust rejected opcua-server/application");
  command->callback([name, &session] {
    const auto chosen = find_group(session.agent, *name);
    std::vector<Der> certificates;
    session.agent.with_trust_list(chosen.application.name, chosen.group.name,
                                  [&](dbus::RemoteTrustList& remote) { certificates = remote.GetRejectedList({}); });
    show_rejected(certificates, session.output);
  });
}

}  // namespace

void add_trust_peers(CLI::App& trust, Session& session) {
  add_validate(trust, session);
  add_rejected(trust, session);
}

}  // namespace edgeseal::ctl
