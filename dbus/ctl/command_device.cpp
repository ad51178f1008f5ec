#include "dbus/ctl/chain_file.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/output_file.h"
#include "dbus/ctl/pem.h"
#include "dbus/ctl/trust_material.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

struct Identity {
  std::string kind, key, obstacle;
  bool usable = false;
  Der certificate;
  std::vector<Der> issuers;
};

struct Device {
  std::string product_instance_uri, serial_number, manufacturer, model;
  std::vector<Identity> identities;
  std::vector<std::string> deficiencies;
};

struct Wanted {
  std::string kind = "idevid";
  std::string product_instance_uri, serial_number, subject, key_algorithm;
  bool self_signed = false, with_idevid_key = false;
  std::uint16_t days = 0;
  OutputFile csr;
};

struct Installation {
  std::string certificate, chain, kind = "idevid";
};

Identity identity_of(const VariantMap& fields) {
  return {field<std::string>(fields, "kind"),     field<std::string>(fields, "key"),
          field<std::string>(fields, "obstacle"), field<bool>(fields, "usable"),
          field<Der>(fields, "certificate"),      field<std::vector<Der>>(fields, "issuer-certificates")};
}

Device read_device(Session& session) {
  Device found;
  session.agent.with_device([&](dbus::RemoteDevice& device) {
    found = {device.ProductInstanceUri(), device.SerialNumber(), device.Manufacturer(), device.Model(), {}, {}};
    const auto [identities, deficiencies] = device.GetIdentities();
    for (const auto& fields : identities) found.identities.push_back(identity_of(fields));
    found.deficiencies = deficiencies;
  });
  return found;
}

// What the manufacturer left in the TPM may be anything.
nlohmann::json to_json(const Identity& identity) {
  nlohmann::json json{{"kind", identity.kind}, {"usable", identity.usable}};
  if (!identity.key.empty()) json["key"] = identity.key;
  if (!identity.obstacle.empty()) json["obstacle"] = identity.obstacle;
  if (identity.certificate.empty()) return json;
  json["certificate"] = to_pem("CERTIFICATE", identity.certificate);
  json["sha1"] = thumbprint_of(identity.certificate);
  try {
    const auto facts = facts_of(identity.certificate);
    json.update({{"subject", facts.subject},
                 {"issuer", facts.issuer},
                 {"serial", facts.serial},
                 {"not-before", facts.not_before},
                 {"not-after", facts.not_after},
                 {"names", facts.names},
                 {"sha256", facts.fingerprint}});
  } catch (const Failure& unreadable) {
    json["damage"] = unreadable.what();
  }
  auto chain = nlohmann::json::array();
  for (const auto& issuer : identity.issuers) chain.push_back(to_pem("CERTIFICATE", issuer));
  if (!chain.empty()) json["chain"] = chain;
  return json;
}

nlohmann::json to_json(const Device& device) {
  return {{"product-instance-uri", device.product_instance_uri},
          {"serial-number", device.serial_number},
          {"manufacturer", device.manufacturer},
          {"model", device.model},
          {"deficiencies", device.deficiencies},
          {"identities", json_list(device.identities, to_json)}};
}

void print_device(const Device& device, const Output& output) {
  Table plate;
  plate.add({"ProductInstanceUri", or_dash(device.product_instance_uri)});
  plate.add({"Serial number", or_dash(device.serial_number)});
  plate.add({"Manufacturer", or_dash(device.manufacturer)});
  plate.add({"Model", or_dash(device.model)});
  output.print(plate);
  for (const auto& identity : device.identities) {
    const auto json = to_json(identity);
    output.print("\n");
    Table table;
    table.add({identity.kind, identity.usable ? identity.key : "not usable: " + identity.obstacle});
    for (const char* name : {"subject", "issuer", "serial", "not-after", "sha256", "sha1"})
      if (json.contains(name)) table.add({std::string("  ") + name, json[name].get<std::string>()});
    output.print(table);
  }
}

void show(Session& session) {
  const auto device = read_device(session);
  if (session.output.json()) return session.output.print_json(to_json(device));
  print_device(device, session.output);
  for (const auto& deficiency : device.deficiencies) session.output.print("\nMissing: " + printable(deficiency) + "\n");
}

// For the list of the installer (OPC 10000-21 §6): what can be compared with the device at hand.
void write_list(const OutputFile& out, Session& session) {
  out.check();
  const std::string text = indented_json_text(to_json(read_device(session)));
  if (!out.given()) return session.output.print(text);
  out.write(text);
}

VariantMap options_of(const Wanted& wanted) {
  VariantMap options;
  put(options, "product-instance-uri", wanted.product_instance_uri);
  put(options, "serial-number", wanted.serial_number);
  put(options, "subject", wanted.subject);
  put(options, "key-algorithm", wanted.key_algorithm);
  put(options, "with-idevid-key", wanted.with_idevid_key);
  put(options, "lifetime-days", wanted.days);
  return options;
}

void create_self_signed(const Wanted& wanted, Session& session) {
  Der certificate;
  session.agent.with_device([&](dbus::RemoteDevice& device) {
    certificate = device.CreateSelfSignedCertificate(wanted.kind, options_of(wanted));
  });
  const auto facts = facts_of(certificate);
  if (session.output.json())
    return session.output.print_json(nlohmann::json{{"kind", wanted.kind},
                                                    {"serial", facts.serial},
                                                    {"not-after", facts.not_after},
                                                    {"sha256", facts.fingerprint},
                                                    {"sha1", thumbprint_of(certificate)},
                                                    {"certificate", to_pem("CERTIFICATE", certificate)}});
  session.output.print("Installed a self-signed " + wanted.kind + ", valid until " + facts.not_after + ", SHA-256 " +
                       facts.fingerprint + ".\n");
}

void create_request(const Wanted& wanted, Session& session) {
  wanted.csr.check();
  Der request;
  session.agent.with_device(
      [&](dbus::RemoteDevice& device) { request = device.CreateSigningRequest(wanted.kind, options_of(wanted)); });
  const std::string pem = to_pem("CERTIFICATE REQUEST", request);
  if (wanted.csr.given()) wanted.csr.write(pem);
  if (session.output.json()) return session.output.print_json(nlohmann::json{{"kind", wanted.kind}, {"request", pem}});
  session.output.print(wanted.csr.given() ? "Wrote " + printable(wanted.csr.path) +
                                                ". Have it signed, then: edgesealctl device identity install --kind " +
                                                wanted.kind + " CERTIFICATE\n"
                                          : pem);
}

void create(const Wanted& wanted, Session& session) {
  if (wanted.self_signed) return create_self_signed(wanted, session);
  create_request(wanted, session);
}

void install(const Installation& wanted, Session& session) {
  auto chain = read_chain(wanted.certificate, wanted.chain);
  const Der certificate = chain.front();
  chain.erase(chain.begin());
  session.agent.with_device(
      [&](dbus::RemoteDevice& device) { device.InstallCertificate(wanted.kind, certificate, chain); });
  const auto facts = facts_of(certificate);
  if (session.output.json())
    return session.output.print_json(nlohmann::json{{"kind", wanted.kind},
                                                    {"serial", facts.serial},
                                                    {"not-after", facts.not_after},
                                                    {"sha256", facts.fingerprint}});
  session.output.print("Installed the " + wanted.kind + " of " + printable(facts.issuer) + ", valid until " +
                       facts.not_after + ".\n");
}

void add_kind(CLI::App& command, std::string& kind) {
  command.add_option("--kind", kind, "idevid (default) or ldevid")->check(CLI::IsMember({"idevid", "ldevid"}));
}

void add_create(CLI::App& parent, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command =
      parent.add_subcommand("create", "Make the key of an identity in the TPM, and a request or certificate");
  add_kind(*command, wanted->kind);
  command->add_option("--product-instance-uri", wanted->product_instance_uri,
                      "Which device this is; default: as configured, or as said before");
  command->add_option("--serial", wanted->serial_number, "Serial number; default: as configured, or as said before");
  command->add_option("--subject", wanted->subject, "Subject name; default: of model, serial number and manufacturer");
  command->add_option("--key", wanted->key_algorithm, "Default: ec-p256")
      ->type_name("{ec-p256,ec-p384,rsa-2048,rsa-3072,rsa-4096}");
  command->add_flag("--with-idevid-key", wanted->with_idevid_key, "An LDevID for the key pair of the IDevID");
  auto* self_signed = command->add_flag("--self-signed", wanted->self_signed, "Install a self-signed certificate");
  command->add_option("--days", wanted->days, "How long that is valid; default: without end")
      ->check(CLI::Range(1, 65535))
      ->needs(self_signed);
  command->add_option("--csr", wanted->csr.path, "File for the certificate signing request; default: standard output")
      ->type_name("FILE")
      ->excludes(self_signed);
  add_force(*command, wanted->csr);
  command->footer(
      "Example:\n  edgesealctl device identity create --product-instance-uri urn:example.com:gw:4711 --serial 4711 "
      "--csr idevid.csr");
  command->callback([wanted, &session] { create(*wanted, session); });
}

void add_install(CLI::App& parent, Session& session) {
  auto wanted = std::make_shared<Installation>();
  auto* command = parent.add_subcommand("install", "Put the certificate of an identity into use");
  command->add_option("CERTIFICATE", wanted->certificate, "PEM or DER; its chain may follow; - is the standard input")
      ->required();
  command->add_option("--chain", wanted->chain, "File with its issuers, nearest first")->type_name("FILE");
  add_kind(*command, wanted->kind);
  command->footer("Example:\n  edgesealctl device identity install idevid.crt --chain manufacturer-ca.crt");
  command->callback([wanted, &session] { install(*wanted, session); });
}

void add_show(CLI::App& parent, Session& session) {
  auto* command = parent.add_subcommand("show", "Show the identities of the device");
  command->footer("Example:\n  edgesealctl device identity show");
  command->callback([&session] { show(session); });
}

void add_export(CLI::App& parent, Session& session) {
  auto out = std::make_shared<OutputFile>();
  auto* command =
      parent.add_subcommand("export", "Write certificates, serial number and fingerprints for the installer");
  add_output_file(*command, *out, "File for the JSON; default: standard output");
  command->footer("Example:\n  edgesealctl device identity export --out 4711.json");
  command->callback([out, &session] { write_list(*out, session); });
}

}  // namespace

void add_device(CLI::App& app, Session& session) {
  auto* device = app.add_subcommand("device", "Say which device this is");
  device->require_subcommand(1);
  auto* identity = device->add_subcommand("identity", "Manage the IDevID and LDevIDs of the device");
  identity->require_subcommand(1);
  add_show(*identity, session);
  add_create(*identity, session);
  add_install(*identity, session);
  add_export(*identity, session);
}

}  // namespace edgeseal::ctl
