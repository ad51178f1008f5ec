#include <openssl/evp.h>

#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/hexadecimal.h"
#include "dbus/ctl/pem.h"

namespace edgeseal::ctl {
namespace {

using Fields = std::map<std::string, sdbus::Variant>;

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
  bool self_signed = false, with_idevid_key = false, force = false;
  std::uint16_t days = 0;
  std::string csr = "-";
};

struct Installation {
  std::string certificate, chain, kind = "idevid";
};

struct Export {
  std::string out = "-";
  bool force = false;
};

template <class T>
T value(const Fields& fields, const char* name) {
  const auto found = fields.find(name);
  return found != fields.end() && found->second.containsValueOfType<T>() ? found->second.get<T>() : T{};
}

Identity identity_of(const Fields& fields) {
  return {value<std::string>(fields, "kind"),     value<std::string>(fields, "key"),
          value<std::string>(fields, "obstacle"), value<bool>(fields, "usable"),
          value<Der>(fields, "certificate"),      value<std::vector<Der>>(fields, "issuer-certificates")};
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

// The thumbprint of OPC UA (OPC 10000-6 §6.2.6).
std::string sha1_of(const Der& certificate) {
  Der digest(20);
  if (EVP_Digest(certificate.data(), certificate.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1)
    throw Failure(ExitCode::Refused, "libcrypto computes no SHA-1");
  return to_hex(digest);
}

// What the manufacturer left in the TPM may be anything.
nlohmann::json to_json(const Identity& identity) {
  nlohmann::json json{{"kind", identity.kind}, {"usable", identity.usable}};
  if (!identity.key.empty()) json["key"] = identity.key;
  if (!identity.obstacle.empty()) json["obstacle"] = identity.obstacle;
  if (identity.certificate.empty()) return json;
  json["certificate"] = to_pem("CERTIFICATE", identity.certificate);
  json["sha1"] = sha1_of(identity.certificate);
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
  nlohmann::json json{{"product-instance-uri", device.product_instance_uri},
                      {"serial-number", device.serial_number},
                      {"manufacturer", device.manufacturer},
                      {"model", device.model},
                      {"deficiencies", device.deficiencies},
                      {"identities", nlohmann::json::array()}};
  for (const auto& identity : device.identities) json["identities"].push_back(to_json(identity));
  return json;
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
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
    Table table;
    table.add({"\n" + identity.kind, identity.usable ? identity.key : "not usable: " + identity.obstacle});
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
void write_list(const Export& wanted, Session& session) {
  const std::string text = to_json(read_device(session)).dump(2) + "\n";
  if (wanted.out == "-") return session.output.print(text);
  write_file(wanted.out, text, wanted.force ? Existing::Replace : Existing::Keep);
}

Fields options_of(const Wanted& wanted) {
  Fields options;
  const auto add = [&](const char* name, const std::string& text) {
    if (!text.empty()) options.emplace(name, sdbus::Variant(text));
  };
  add("product-instance-uri", wanted.product_instance_uri);
  add("serial-number", wanted.serial_number);
  add("subject", wanted.subject);
  add("key-algorithm", wanted.key_algorithm);
  if (wanted.with_idevid_key) options.emplace("with-idevid-key", sdbus::Variant(true));
  if (wanted.days != 0) options.emplace("lifetime-days", sdbus::Variant(wanted.days));
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
                                                    {"sha1", sha1_of(certificate)},
                                                    {"certificate", to_pem("CERTIFICATE", certificate)}});
  session.output.print("Installed a self-signed " + wanted.kind + ", valid until " + facts.not_after + ", SHA-256 " +
                       facts.fingerprint + ".\n");
}

void create_request(const Wanted& wanted, Session& session) {
  const auto existing = wanted.force ? Existing::Replace : Existing::Keep;
  if (wanted.csr != "-") check_target(wanted.csr, existing);
  Der request;
  session.agent.with_device(
      [&](dbus::RemoteDevice& device) { request = device.CreateSigningRequest(wanted.kind, options_of(wanted)); });
  const std::string pem = to_pem("CERTIFICATE REQUEST", request);
  if (wanted.csr != "-") write_file(wanted.csr, pem, existing);
  if (session.output.json()) return session.output.print_json(nlohmann::json{{"kind", wanted.kind}, {"request", pem}});
  session.output.print(wanted.csr == "-" ? pem
                                         : "Wrote " + printable(wanted.csr) + ". Have it signed, then: edgesealctl " +
                                               "device identity install --kind " + wanted.kind + " CERTIFICATE\n");
}

void create(const Wanted& wanted, Session& session) {
  if (wanted.self_signed) return create_self_signed(wanted, session);
  create_request(wanted, session);
}

void install(const Installation& wanted, Session& session) {
  auto chain = certificates_of(read_file(wanted.certificate), wanted.certificate);
  if (!wanted.chain.empty())
    for (auto& issuer : certificates_of(read_file(wanted.chain), wanted.chain)) chain.push_back(std::move(issuer));
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
  command->add_option("--key", wanted->key_algorithm, "ec-p256 (default), ec-p384, rsa-2048, rsa-3072 or rsa-4096");
  command->add_flag("--with-idevid-key", wanted->with_idevid_key, "An LDevID for the key pair of the IDevID");
  auto* self_signed = command->add_flag("--self-signed", wanted->self_signed, "Install a self-signed certificate");
  command->add_option("--days", wanted->days, "How long that is valid; default: without end")
      ->check(CLI::Range(1, 65535))
      ->needs(self_signed);
  command->add_option("--csr", wanted->csr, "File for the certificate signing request; default: standard output")
      ->excludes(self_signed);
  command->add_flag("--force", wanted->force, "Replace the file if it exists");
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
  command->add_option("--chain", wanted->chain, "File with its issuers, nearest first");
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
  auto wanted = std::make_shared<Export>();
  auto* command =
      parent.add_subcommand("export", "Write certificates, serial number and fingerprints for the installer");
  command->add_option("--out", wanted->out, "File for the JSON; default: standard output");
  command->add_flag("--force", wanted->force, "Replace the file if it exists");
  command->footer("Example:\n  edgesealctl device identity export --out 4711.json");
  command->callback([wanted, &session] { write_list(*wanted, session); });
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
