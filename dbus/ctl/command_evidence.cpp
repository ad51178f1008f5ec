#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/hexadecimal.h"
#include "dbus/ctl/pem.h"
#include "dbus/ctl/slot.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

struct Wanted {
  std::string slot;
  bool pending = false;
  std::string nonce;
  std::string directory;
};

struct Evidence {
  std::map<std::string, Der> structures;  // by name: what the TPM marshalled
  std::vector<Der> endorsement_certificates;
};

Evidence evidence_of(const VariantMap& fields) {
  Evidence evidence;
  for (const auto& [name, field] : fields) {
    if (field.containsValueOfType<Der>()) evidence.structures.emplace(name, field.get<Der>());
    if (name == "endorsement-certificates" && field.containsValueOfType<std::vector<Der>>()) {
      evidence.endorsement_certificates = field.get<std::vector<Der>>();
    }
  }
  return evidence;
}

void make_directory(const std::string& directory) {
  if (mkdir(directory.c_str(), 0755) == 0 || errno == EEXIST) return;
  throw Failure(ExitCode::Usage, "cannot make " + directory + ": " + std::strerror(errno));
}

void write_files(const Evidence& evidence, const std::filesystem::path& directory) {
  make_directory(directory);
  for (const auto& [name, structure] : evidence.structures) {
    write_file(directory / (name + ".bin"), {structure.begin(), structure.end()}, Existing::Keep);
  }
  int number = 0;
  for (const auto& certificate : evidence.endorsement_certificates) {
    write_file(directory / ("endorsement-" + std::to_string(++number) + ".der"),
               {certificate.begin(), certificate.end()}, Existing::Keep);
  }
}

nlohmann::json to_json(const Evidence& evidence, const SlotName& slot) {
  nlohmann::json value{{"slot", slot.text()}, {"endorsement-certificates", nlohmann::json::array()}};
  for (const auto& [name, structure] : evidence.structures) value[name] = to_hex(structure);
  for (const auto& certificate : evidence.endorsement_certificates) {
    value["endorsement-certificates"].push_back(to_pem("CERTIFICATE", certificate));
  }
  return value;
}

void certify(const Wanted& wanted, Session& session) {
  if (wanted.directory.empty() && !session.output.json()) {
    throw Failure(ExitCode::Usage, "evidence is nothing to be read", "give --out-dir DIR or --json");
  }
  const auto nonce = from_hex(wanted.nonce, "--nonce");
  const auto slot = find_slot(session.agent, wanted.slot);
  Evidence evidence;
  session.agent.with_group(slot.application, slot.group, [&](dbus::RemoteGroup& group) {
    const std::string key = wanted.pending ? "pending" : "active";
    evidence = evidence_of(group.CertifyKey(slot.certificate_type, nonce, {{"key", sdbus::Variant(key)}}));
  });
  if (!wanted.directory.empty()) write_files(evidence, wanted.directory);
  if (session.output.json()) return session.output.print_json(to_json(evidence, slot));
  session.output.print("Wrote the evidence for the key of " + slot.text() + " to " + printable(wanted.directory) +
                       "\n");
}

}  // namespace

void add_key_certify(CLI::App& key, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = key.add_subcommand("certify", "Get evidence that a key lives in this TPM (TPM2_Certify)");
  command->add_option("SLOT", wanted->slot, "APPLICATION[/GROUP[/TYPE]]")->required();
  command->add_flag("--pending", wanted->pending, "The pending key instead of the active one");
  command->add_option("--nonce", wanted->nonce, "1 to 32 bytes of whoever will verify, hexadecimal")->required();
  command->add_option("--out-dir", wanted->directory, "Directory for the parts, one file each; made where needed")
      ->type_name("DIRECTORY");
  command->footer(
      "With --json: the structures of the TPM in hexadecimal, certificates as PEM.\n\n"
      "Example:\n  edgesealctl key certify web --nonce 5b1f22c90d7e48aa --out-dir evidence");
  command->callback([wanted, &session] { certify(*wanted, session); });
}

}  // namespace edgeseal::ctl
