#include "dbus/ctl/chain_file.h"
#include "dbus/ctl/changes.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/key_file.h"
#include "dbus/ctl/pem.h"
#include "dbus/ctl/slot.h"
#include "dbus/ctl/value_kinds.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

struct Wanted {
  std::string name;
  std::string file;
  std::string group;
  std::string type;
  std::string chain;
  KeyFile key;
  bool no_apply = false;
  Confirmation confirmation;
};

struct Installed {
  std::string group;
  std::string type;
  Der certificate;
  std::vector<Der> issuers;
};

std::optional<OpenedKey> open_given_key(const Wanted& wanted) {
  const auto& key = wanted.key;
  if (!key.path.empty() && key.path == wanted.file && key.path == "-") {
    throw Failure(ExitCode::Usage, "certificate and key can't both come from the standard input",
                  "give a file for one of them");
  }
  if (!key.path.empty()) return open_key(key);
  if (key.format.empty() && key.passphrase_file.empty() && key.protection.empty()) return std::nullopt;
  throw Failure(ExitCode::Usage, "--key-format, --passphrase-file and --protection are about a key", "give --key FILE");
}

VariantMap options_of(const KeyFile& file, const std::optional<OpenedKey>& opened) {
  VariantMap options;
  if (!opened) return options;
  options.emplace("private-key", sdbus::Variant(opened->key.descriptor()));
  put(options, "private-key-format", file.format);
  put(options, "key-protection", file.protection);
  if (opened->passphrase) options.emplace("passphrase", sdbus::Variant(opened->passphrase->descriptor()));
  return options;
}

void install(const Wanted& wanted, Session& session) {
  const auto key = open_given_key(wanted);
  const auto private_keys = wanted.key.path == wanted.file ? PrivateKeys::Skip : PrivateKeys::BesidesByOption;
  auto chain = read_chain(wanted.file, wanted.chain, private_keys);
  const Der certificate = chain.front();
  chain.erase(chain.begin());
  const auto words = slot_words(wanted.name, wanted.group, wanted.type);
  const auto slot = choose_slot(session.agent.application(words.application), words.group, words.certificate_type);
  session.agent.with_group(slot.application, slot.group, [&](dbus::RemoteGroup& group) {
    group.UpdateCertificate(slot.certificate_type, certificate, chain, options_of(wanted.key, key));
    if (wanted.no_apply) return group.CancelChanges();
    group.ApplyChanges(wanted.confirmation.options());
  });
  const auto facts = facts_of(certificate);
  if (session.output.json()) {
    return session.output.print_json(
        nlohmann::json{{"slot", slot.text()},
                       {"serial", facts.serial},
                       {"applied", !wanted.no_apply},
                       {"confirm-within", wanted.no_apply ? nlohmann::json() : wanted.confirmation.json()}});
  }
  session.output.print(wanted.no_apply ? "The agent accepts the certificate; nothing was changed.\n"
                                       : "Installed the certificate of " + slot.text() + ", valid until " +
                                             facts.not_after + ".\n" + wanted.confirmation.reminder(slot.application));
}

// Those of the slots that are named: of all groups, or all types of one, where the rest is left out.
std::vector<Installed> read_certificates(Session& session, const SlotName& only) {
  std::vector<Installed> all;
  const auto application = session.agent.application(only.application);
  if (!only.group.empty()) (void)choose_group(application, only.group);
  if (!only.certificate_type.empty()) (void)choose_slot(application, only.group, only.certificate_type);
  for (const auto& group : application.groups) {
    if (!only.group.empty() && group.name != only.group) continue;
    session.agent.with_group(application.name, group.name, [&](dbus::RemoteGroup& remote) {
      const auto [types, certificates, issuers] = remote.GetCertificates();
      if (certificates.size() != types.size() || issuers.size() != types.size()) {
        throw Failure(ExitCode::Refused, "the agent sent lists of different lengths");
      }
      for (size_t i = 0; i < types.size(); ++i)
        if (only.certificate_type.empty() || types[i] == only.certificate_type)
          all.push_back({group.name, types[i], certificates[i], issuers[i]});
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
  table.add({"Names", or_dash(facts.names)});
  table.add({"Serial", facts.serial});
  table.add({"Valid", facts.not_before + " to " + facts.not_after});
  table.add({"SHA-256", facts.fingerprint});
  table.add({"Chain", std::to_string(installed.issuers.size()) + " issuer certificates"});
  output.print(table);
}

void show_all(const std::vector<Installed>& all, const std::string& name, const Output& output) {
  if (output.json()) return output.print_json(json_list(all, to_json));
  if (all.empty()) return output.print("No certificates. Make a request: edgesealctl csr " + printable(name) + "\n");
  for (const auto& installed : all) {
    if (&installed != &all.front()) output.print("\n");
    show(installed, output);
  }
}

void add_install(CLI::App& parent, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = parent.add_subcommand("install", "Put a certificate in use");
  command->add_option("NAME", wanted->name, "APPLICATION[/GROUP[/TYPE]]")->type_name("APPLICATION")->required();
  command->add_option("FILE", wanted->file, "PEM (further certificates are the chain) or DER; - is the standard input")
      ->required();
  command->add_option("--group", wanted->group, "Certificate group; needed where there are several")
      ->type_name(kCertificateGroups);
  command->add_option("--type", wanted->type, "Certificate type; needed where there are several")
      ->type_name(kCertificateTypes);
  command->add_option("--chain", wanted->chain, "PEM file with the issuer certificates, nearest first")
      ->type_name("FILE");
  command
      ->add_option("--key", wanted->key.path,
                   "File with its private key, where the agent has none for it; - is the standard input")
      ->type_name("FILE");
  add_key_options(*command, wanted->key, "--key-format");
  auto* confirmation = add_confirmation(*command, wanted->confirmation);
  command->add_flag("--no-apply", wanted->no_apply, "Only ask whether the agent accepts it; change nothing")
      ->excludes(confirmation);
  command->footer("Example:\n  edgesealctl certificate install web web.crt --chain ca.crt");
  command->callback([wanted, &session] { install(*wanted, session); });
}

void add_show(CLI::App& parent, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = parent.add_subcommand("show", "Show the certificates in use");
  command->add_option("NAME", wanted->name, "APPLICATION[/GROUP[/TYPE]]")->type_name("APPLICATION")->required();
  command->add_option("--group", wanted->group, "Only this certificate group")->type_name(kCertificateGroups);
  command->footer("Example:\n  edgesealctl certificate show web");
  command->callback([wanted, &session] {
    const auto words = slot_words(wanted->name, wanted->group, "");
    show_all(read_certificates(session, words), words.application, session.output);
  });
}

}  // namespace

void add_certificate(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("certificate", "Install, make and show certificates");
  command->require_subcommand(1);
  add_install(*command, session);
  add_self_signed(*command, session);
  add_show(*command, session);
}

}  // namespace edgeseal::ctl
