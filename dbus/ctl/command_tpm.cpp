#include <fmt/format.h>

#include "dbus/ctl/commands.h"
#include "dbus/ctl/credential_file.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/hexadecimal.h"
#include "dbus/ctl/output_file.h"
#include "dbus/ctl/pem.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

struct ManufacturerKey {
  std::string kind;
  std::string algorithm;
  std::uint32_t handle = 0;
  std::uint32_t nv_index = 0;
  Der public_area;
  Der certificate;
};

struct Activation {
  std::string file;
  std::string endorsement_key = "rsa-2048";
  OutputFile out;
};

ManufacturerKey key_of(const VariantMap& fields) {
  return {field<std::string>(fields, "kind"),     field<std::string>(fields, "algorithm"),
          field<std::uint32_t>(fields, "handle"), field<std::uint32_t>(fields, "nv-index"),
          field<Der>(fields, "public-area"),      field<Der>(fields, "certificate")};
}

std::string number_text(std::uint32_t number) {
  return number == 0 ? "-" : fmt::format("0x{:08x}", number);
}

// The agent hands on what it found, which may be anything.
std::string issuer_of(const Der& certificate) {
  if (certificate.empty()) return "-";
  try {
    return facts_of(certificate).issuer;
  } catch (const Failure&) {
    return "(can't be read)";
  }
}

nlohmann::json to_json(const ManufacturerKey& key) {
  nlohmann::json json{{"kind", key.kind}, {"algorithm", key.algorithm}};
  if (key.handle != 0) json["handle"] = number_text(key.handle);
  if (key.nv_index != 0) json["nv-index"] = number_text(key.nv_index);
  if (!key.public_area.empty()) json["public-area"] = to_hex(key.public_area);
  if (!key.certificate.empty()) json["certificate"] = to_pem("CERTIFICATE", key.certificate);
  return json;
}

void show_keys(Session& session) {
  std::vector<ManufacturerKey> keys;
  session.agent.with_agent([&](dbus::RemoteAgent& agent) {
    for (const auto& fields : agent.GetManufacturerKeys()) keys.push_back(key_of(fields));
  });
  if (session.output.json()) return session.output.print_json(json_list(keys, to_json));
  Table table({"KEY", "ALGORITHM", "HANDLE", "NV INDEX", "CERTIFICATE OF"});
  for (const auto& key : keys) {
    table.add(
        {key.kind, key.algorithm, number_text(key.handle), number_text(key.nv_index), issuer_of(key.certificate)});
  }
  if (table.empty()) return session.output.print("The manufacturer left no keys or certificates in this TPM.\n");
  session.output.print(table);
}

void activate(const Activation& wanted, Session& session) {
  wanted.out.check();
  const auto file = parse_credential_file(read_file(wanted.file), wanted.file);
  Der secret;
  session.agent.with_agent([&](dbus::RemoteAgent& agent) {
    secret = agent.ActivateCredential(wanted.endorsement_key, file.credential, file.encrypted_secret);
  });
  const bool json = session.output.json();
  if (!wanted.out.given()) {
    if (json) return session.output.print_json(nlohmann::json{{"secret", to_hex(secret)}});
    return session.output.print(to_hex(secret) + "\n");
  }
  wanted.out.write({secret.begin(), secret.end()}, Readers::Owner);
  if (json) return session.output.print_json(nlohmann::json{{"file", wanted.out.path}});
  session.output.print("Wrote the secret to " + printable(wanted.out.path) + "\n");
}

void add_manufacturer_keys(CLI::App& parent, Session& session) {
  auto* command = parent.add_subcommand("manufacturer-keys", "Show the keys and certificates that the TPM came with");
  command->footer("Example:\n  edgesealctl tpm manufacturer-keys");
  command->callback([&session] { show_keys(session); });
}

void add_activate(CLI::App& parent, Session& session) {
  auto wanted = std::make_shared<Activation>();
  auto* command = parent.add_subcommand("activate-credential", "Answer a verifier who wants to know this TPM");
  command->add_option("FILE", wanted->file, "Credential as tpm2_makecredential writes it; - is the standard input")
      ->required();
  command->add_option("--key", wanted->endorsement_key, "Endorsement key; default: rsa-2048")
      ->type_name("{rsa-2048,ec-p256}");
  add_output_file(*command, wanted->out,
                  "File for the secret, readable by its owner alone; default: shown in hexadecimal");
  command->footer("Example:\n  edgesealctl tpm activate-credential challenge.bin --out answer.bin");
  command->callback([wanted, &session] { activate(*wanted, session); });
}

}  // namespace

void add_tpm(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("tpm", "Show others that this TPM is genuine");
  command->require_subcommand(1);
  add_manufacturer_keys(*command, session);
  add_activate(*command, session);
}

}  // namespace edgeseal::ctl
