// edgesealctl trust read and write: whole lists.

#include <numeric>

#include "dbus/ctl/changes.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/slot.h"
#include "dbus/ctl/trust_material.h"
#include "dbus/ctl/trust_transfer.h"

namespace edgeseal::ctl {
namespace {

constexpr std::uint8_t kWriteAndErase = 6;  // OpenFileMode (OPC 10000-20 §4.2.2)

struct ToRead {
  std::string list;
  std::string out;
  bool trusted = false, issuers = false, blob = false, force = false;
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

void read(const ToRead& wanted, Session& session) {
  const auto existing = wanted.force ? Existing::Replace : Existing::Keep;
  if (!wanted.out.empty()) check_target(wanted.out, existing);
  const auto [application, group] = find_group(session.agent, wanted.list);
  TrustList list;
  session.agent.with_trust_list(application.name, group.name, [&](dbus::RemoteTrustList& remote) {
    list = read_trust_list(remote, masks_of(wanted));
  });
  std::string content = pem_of(list);
  if (wanted.blob) {
    const Der blob = encode(list);
    content.assign(blob.begin(), blob.end());
  }
  if (wanted.out.empty()) return session.output.print(content);
  write_file(wanted.out, content, existing);
  if (session.output.json()) return session.output.print_json({{"file", wanted.out}, {"bytes", content.size()}});
  session.output.print("Wrote " + printable(wanted.out) + ".\n");
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
  const auto [application, group] = find_group(session.agent, wanted.list);
  session.agent.with_trust_list(application.name, group.name, [&](dbus::RemoteTrustList& remote) {
    const auto handle = remote.Open(kWriteAndErase, {});
    write_trust_list(remote, handle, list);
    remote.CloseAndUpdate(handle, {});
  });
  apply_changes(session, application.name, wanted.confirmation);
  const std::string name = application.name + "/" + group.name;
  const size_t entries = std::accumulate(list.lists.begin(), list.lists.end(), size_t{0},
                                         [](size_t sum, const auto& part) { return sum + part.size(); });
  if (session.output.json()) {
    return session.output.print_json({{"list", name},
                                      {"specified-lists", list.specified},
                                      {"entries", entries},
                                      {"confirm-within", wanted.confirmation.json()}});
  }
  session.output.print("Wrote " + std::to_string(entries) + " certificates and CRLs to " + name + ".\n" +
                       wanted.confirmation.reminder(application.name));
}

void add_read(CLI::App& trust, Session& session) {
  auto wanted = std::make_shared<ToRead>();
  auto* command = trust.add_subcommand("read", "Write a trust list to a file or the standard output");
  command->add_option("LIST", wanted->list, "APPLICATION or APPLICATION/GROUP")->required();
  command->add_flag("--trusted", wanted->trusted, "Trusted certificates and CRLs only");
  command->add_flag("--issuers", wanted->issuers, "Issuer certificates and CRLs only");
  command->add_flag("--blob", wanted->blob, "As OPC UA Binary (TrustListDataType) instead of PEM");
  command->add_option("--out", wanted->out, "File to write to");
  command->add_flag("--force", wanted->force, "Replace the file where it exists");
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
                      ->allow_extra_args(false);
  auto* issuers = command->add_option("--issuers", wanted->issuers, "The same for the issuers; repeatable")
                      ->allow_extra_args(false);
  command
      ->add_option("--blob", wanted->blob, "File in OPC UA Binary (TrustListDataType), as \"trust read --blob\" makes")
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
