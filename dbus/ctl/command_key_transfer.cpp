// Keys that come from a file, and keys that go into one.

#include "dbus/ctl/commands.h"
#include "dbus/ctl/key_file.h"
#include "dbus/ctl/output_file.h"
#include "dbus/ctl/passphrase.h"
#include "dbus/ctl/pem.h"
#include "dbus/ctl/slot.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

struct Import {
  std::string slot;
  KeyFile file;
};

struct Export {
  std::string slot;
  bool pending = false;
  std::string passphrase_file;
  OutputFile out;
};

VariantMap options_of(const KeyFile& file, const OpenedKey& opened) {
  VariantMap options;
  put(options, "format", file.format);
  put(options, "protection", file.protection);
  if (opened.passphrase) options.emplace("passphrase", sdbus::Variant(opened.passphrase->descriptor()));
  return options;
}

void import_key(const Import& wanted, Session& session) {
  const auto opened = open_key(wanted.file);
  const auto slot = find_slot(session.agent, wanted.slot);
  Der public_key;
  session.agent.with_group(slot.application, slot.group, [&](dbus::RemoteGroup& group) {
    public_key =
        group.ImportPrivateKey(slot.certificate_type, opened.key.descriptor(), options_of(wanted.file, opened));
  });
  if (session.output.json()) {
    return session.output.print_json(
        nlohmann::json{{"slot", slot.text()}, {"public-key", to_pem("PUBLIC KEY", public_key)}});
  }
  session.output.print("Imported the key as the pending key of " + slot.text() +
                       ", marked as exposed. Install its certificate: edgesealctl certificate install " +
                       slot.application + " FILE --group " + slot.group + " --type " + slot.certificate_type + "\n");
}

void export_key(const Export& wanted, Session& session) {
  wanted.out.check();
  VariantMap options{{"key", sdbus::Variant(std::string(wanted.pending ? "pending" : "active"))}};
  std::optional<SecretFile> passphrase;
  if (!wanted.passphrase_file.empty()) {
    passphrase.emplace(read_passphrase(wanted.passphrase_file));
    options.emplace("passphrase", sdbus::Variant(passphrase->descriptor()));
  }
  const auto slot = find_slot(session.agent, wanted.slot);
  Der key;
  session.agent.with_group(slot.application, slot.group, [&](dbus::RemoteGroup& group) {
    key = group.ExportTssPrivateKey(slot.certificate_type, options);
  });
  const std::string pem = to_pem("TSS2 PRIVATE KEY", key);
  if (!wanted.out.given()) {
    if (!session.output.json()) return session.output.print(pem);
    return session.output.print_json({{"slot", slot.text()}, {"key", pem}});
  }
  wanted.out.write(pem, Readers::Owner);
  if (session.output.json()) return session.output.print_json({{"slot", slot.text()}, {"file", wanted.out.path}});
  session.output.print("Wrote the key of " + slot.text() + " to " + printable(wanted.out.path) +
                       "; only this TPM can use it" +
                       (passphrase ? "" : ", and whoever can read the file can have it do so") + ".\n");
}

}  // namespace

void add_key_import(CLI::App& key, Session& session) {
  auto wanted = std::make_shared<Import>();
  auto* command = key.add_subcommand("import", "Hand a private key over to the agent");
  command->add_option("SLOT", wanted->slot, "APPLICATION[/GROUP[/TYPE]]")->required();
  command
      ->add_option("FILE", wanted->file.path,
                   "PKCS#8, PKCS#1, SEC1, PKCS#12 or TSS2 PRIVATE KEY, PEM or DER; - is the standard input")
      ->required();
  add_key_options(*command, wanted->file, "--format");
  command->footer("Example:\n  edgesealctl key import web delivered.key --protection sealed");
  command->callback([wanted, &session] { import_key(*wanted, session); });
}

void add_key_export(CLI::App& key, Session& session) {
  auto wanted = std::make_shared<Export>();
  auto* command = key.add_subcommand("export-tss", "Write a key of the TPM to a file that tpm2-openssl reads");
  command->add_option("SLOT", wanted->slot, "APPLICATION[/GROUP[/TYPE]]")->required();
  command->add_flag("--pending", wanted->pending, "The pending key instead of the active one");
  command
      ->add_option("--passphrase-file", wanted->passphrase_file,
                   "File with the passphrase that the written key will need, - is the standard input; default: none")
      ->type_name("FILE");
  add_output_file(*command, wanted->out, "File to write, PEM, readable by its owner alone")->required();
  command->footer("Example:\n  edgesealctl key export-tss web --passphrase-file pass --out web.tss.pem");
  command->callback([wanted, &session] { export_key(*wanted, session); });
}

}  // namespace edgeseal::ctl
