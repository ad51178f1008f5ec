// edgesealctl trust read and write: whole lists.

#include <numeric>
#include <span>

#include "dbus/ctl/changes.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/output_file.h"
#include "dbus/ctl/slot.h"
#include "dbus/ctl/trust_material.h"
#include "dbus/ctl/trust_transfer.h"
#include "jose/base64.h"

namespace edgeseal::ctl {
namespace {

struct ToRead {
  std::string list;
  OutputFile out;
  bool trusted = false, issuers = false, blob = false;
};

struct ToWrite {
  std::string list;
  std::vector<std::string> trusted, issuers;
  std::string blob;
  bool force = false;
  Confirmation confirmation;
};

std::uint32_t masks_of(const ToRead& wanted) {
  if (wanted.trusted == wanted.issuers) return TrustList::kAll;
  return wanted.trusted ? 3 : 12;
}

std::string pem_of(const TrustList& list) {
  std::string text;
  for (size_t index = 0; index < list.lists.size(); ++index) {
    const char* label = TrustList::holds_crls(index) ? "X509 CRL" : "CERTIFICATE";
    for (const auto& der : list.lists.at(index)) text += to_pem(label, der);
  }
  return text;
}

std::string base64(const Der& bytes) {
  return std::string(jose::encode_base64(std::as_bytes(std::span(bytes))));
}

void read(const ToRead& wanted, Session& session) {
  wanted.out.check();
  const auto chosen = find_group(session.agent, wanted.list);
  TrustList list;
  session.agent.with_trust_list(chosen.application.name, chosen.group.name, [&](dbus::RemoteTrustList& remote) {
    list = read_trust_list(remote, masks_of(wanted));
  });
  const Der blob = wanted.blob ? encode(list) : Der();
  const std::string content = wanted.blob ? std::string(blob.begin(), blob.end()) : pem_of(list);
  if (!wanted.out.given()) {
    if (!session.output.json()) return session.output.print(content);
    const auto [form, text] = wanted.blob ? std::pair("blob", base64(blob)) : std::pair("pem", content);
    return session.output.print_json({{"list", chosen.text()}, {form, text}});
  }
  wanted.out.write(content);
  if (session.output.json()) return session.output.print_json({{"file", wanted.out.path}, {"bytes", content.size()}});
  session.output.print("Wrote " + printable(wanted.out.path) + ".\n");
}

void put(TrustList& list, size_t certificates, const std::vector<std::string>& files) {
  auto material = read_trust_material(files);
  list.specified |= 3U << certificates;
  list.lists.at(certificates) = std::move(material.certificates);
  list.lists.at(certificates + 1) = std::move(material.crls);
}

TrustList list_of(const ToWrite& wanted) {
  if (wanted.blob.empty() && wanted.trusted.empty() && wanted.issuers.empty()) {
    throw Failure(ExitCode::Usage, "nothing to write is given", "give --trusted, --issuers or --blob");
  }
  if (!wanted.blob.empty()) {
    const auto content = read_file(wanted.blob, kMostTrustBytes);
    return decode_trust_list({content.begin(), content.end()}, wanted.blob);
  }
  TrustList list{.specified = 0};
  if (!wanted.trusted.empty()) put(list, TrustList::TrustedCertificates, wanted.trusted);
  if (!wanted.issuers.empty()) put(list, TrustList::IssuerCertificates, wanted.issuers);
  return list;
}

// An empty directory, or a blob of nothing, is more often a mistake than what somebody wants.
void require_meant(const TrustList& list, const ToWrite& wanted) {
  const bool trusts_nobody = (list.specified & 1) != 0 && list.lists[TrustList::TrustedCertificates].empty();
  if (!trusts_nobody || wanted.force) return;
  throw Failure(ExitCode::Usage, "the list would trust nobody any more", "give --force if that is what you want");
}

void write(const ToWrite& wanted, Session& session) {
  const TrustList list = list_of(wanted);
  require_meant(list, wanted);
  const auto chosen = find_group(session.agent, wanted.list);
  session.agent.with_trust_list(chosen.application.name, chosen.group.name, [&](dbus::RemoteTrustList& remote) {
    const auto handle = remote.Open(kWriteAndErase, {});
    write_trust_list(remote, handle, list);
    remote.CloseAndUpdate(handle, {});
  });
  apply_changes(session, chosen.application.name, wanted.confirmation);
  const size_t entries = std::accumulate(list.lists.begin(), list.lists.end(), size_t{0},
                                         [](size_t sum, const auto& part) { return sum + part.size(); });
  if (session.output.json()) {
    return session.output.print_json({{"list", chosen.text()},
                                      {"specified-lists", list.specified},
                                      {"entries", entries},
                                      {"confirm-within", wanted.confirmation.json()}});
  }
  session.output.print("Wrote " + std::to_string(entries) + " certificates and CRLs to " + chosen.text() + ".\n" +
                       wanted.confirmation.reminder(chosen.application.name));
}

void add_read(CLI::App& trust, Session& session) {
  auto wanted = std::make_shared<ToRead>();
  auto* command = trust.add_subcommand("read", "Write a trust list to a file or the standard output");
  command->add_option("LIST", wanted->list, "APPLICATION or APPLICATION/GROUP")->required();
  command->add_flag("--trusted", wanted->trusted, "Trusted certificates and CRLs only");
  command->add_flag("--issuers", wanted->issuers, "Issuer certificates and CRLs only");
  command->add_flag("--blob", wanted->blob, "As OPC UA Binary (TrustListDataType) instead of PEM");
  add_output_file(*command, wanted->out, "File to write to");
  command->footer("Example:\n  edgesealctl trust read opcua-server/application --trusted --out trusted.pem");
  command->callback([wanted, &session] { read(*wanted, session); });
}

void add_write(CLI::App& trust, Session& session) {
  auto wanted = std::make_shared<ToWrite>();
  auto* command = trust.add_subcommand("write", "Replace a trust list; what isn't given stays");
  command->add_option("LIST", wanted->list, "APPLICATION or APPLICATION/GROUP")->required();
  auto* trusted = command
                      ->add_option("--trusted", wanted->trusted,
                                   "PEM or DER file, or directory, with all trusted certificates and CRLs; repeatable")
                      ->type_name("FILE")
                      ->allow_extra_args(false);
  auto* issuers = command->add_option("--issuers", wanted->issuers, "The same for the issuers; repeatable")
                      ->type_name("FILE")
                      ->allow_extra_args(false);
  command
      ->add_option("--blob", wanted->blob, "File in OPC UA Binary (TrustListDataType), as \"trust read --blob\" makes")
      ->type_name("FILE")
      ->excludes(trusted)
      ->excludes(issuers);
  command->add_flag("--force", wanted->force, "Also where the list then trusts nobody");
  add_confirmation(*command, wanted->confirmation);
  command->footer(
      "Example:\n  edgesealctl trust write opcua-server/application --trusted trusted/ --issuers issuers/ "
      "--confirm-within 60");
  command->callback([wanted, &session] { write(*wanted, session); });
}

}  // namespace

void add_trust_files(CLI::App& trust, Session& session) {
  add_read(trust, session);
  add_write(trust, session);
}

}  // namespace edgeseal::ctl
