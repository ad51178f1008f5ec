// edgesealctl trust add and remove.

#include <algorithm>
#include <iterator>
#include <set>

#include "dbus/ctl/changes.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/slot.h"
#include "dbus/ctl/trust_material.h"
#include "dbus/ctl/trust_transfer.h"

namespace edgeseal::ctl {
namespace {

struct Wanted {
  std::string list;
  std::vector<std::string> what;
  bool issuer = false;
  Confirmation confirmation;
};

// Adds what isn't there yet; how many that were.
size_t merge(std::vector<Der>& list, const std::vector<Der>& more) {
  std::set<Der> present(list.begin(), list.end());
  size_t added = 0;
  for (const auto& der : more) {
    if (!present.insert(der).second) continue;
    list.push_back(der);
    ++added;
  }
  return added;
}

TrustMaterial rejected(dbus::RemoteTrustList& remote, const std::set<std::string>& thumbprints) {
  TrustMaterial found;
  std::ranges::copy_if(remote.GetRejectedList({}), std::back_inserter(found.certificates),
                       [&](const Der& certificate) { return thumbprints.contains(thumbprint_of(certificate)); });
  if (found.certificates.size() == thumbprints.size()) return found;
  throw Failure(ExitCode::Usage, "no rejected certificate has this thumbprint", "see: edgesealctl trust rejected");
}

// A thumbprint is that of a rejected certificate, all else is a file.
TrustMaterial material_of(dbus::RemoteTrustList& remote, const std::vector<std::string>& words) {
  std::set<std::string> thumbprints;
  std::vector<std::string> files;
  for (const auto& word : words) {
    const auto thumbprint = as_thumbprint(word);
    thumbprint.empty() ? files.push_back(word) : void(thumbprints.insert(thumbprint));
  }
  auto material = read_trust_material(files);
  if (!thumbprints.empty()) material.add(rejected(remote, thumbprints));
  return material;
}

struct Added {
  size_t certificates = 0, crls = 0, present = 0;
};

// The list is opened first: from then on nobody else changes it.
Added add_to_list(dbus::RemoteTrustList& remote, const Wanted& wanted) {
  const auto material = material_of(remote, wanted.what);
  const auto handle = remote.Open(kWriteAndErase, {});
  auto list = read_trust_list(remote, TrustList::kAll);
  Added added;
  added.certificates = merge(list.lists[wanted.issuer ? TrustList::IssuerCertificates : TrustList::TrustedCertificates],
                             material.certificates);
  added.crls = merge(list.lists[wanted.issuer ? TrustList::IssuerCrls : TrustList::TrustedCrls], material.crls);
  added.present = material.certificates.size() + material.crls.size() - added.certificates - added.crls;
  if (added.certificates + added.crls == 0) return remote.Close(handle, {}), added;
  write_trust_list(remote, handle, list);
  remote.CloseAndUpdate(handle, {});
  return added;
}

std::string counted(size_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

void add(const Wanted& wanted, Session& session) {
  const auto chosen = find_group(session.agent, wanted.list);
  Added added;
  session.agent.with_trust_list(chosen.application.name, chosen.group.name,
                                [&](dbus::RemoteTrustList& remote) { added = add_to_list(remote, wanted); });
  const bool changed = added.certificates + added.crls > 0;
  if (changed) apply_changes(session, chosen.application.name, wanted.confirmation);
  if (session.output.json()) {
    return session.output.print_json({{"list", chosen.text()},
                                      {"certificates", added.certificates},
                                      {"crls", added.crls},
                                      {"present", added.present},
                                      {"confirm-within", changed ? wanted.confirmation.json() : nlohmann::json()}});
  }
  if (!changed) return session.output.print("All of it is in " + chosen.text() + " already.\n");
  session.output.print("Added " + counted(added.certificates, "certificate") + " and " + counted(added.crls, "CRL") +
                       " to the " + (wanted.issuer ? "issuers" : "trusted") + " of " + chosen.text() + ".\n" +
                       wanted.confirmation.reminder(chosen.application.name));
}

std::vector<std::string> thumbprints_of(const std::vector<std::string>& words) {
  std::vector<std::string> thumbprints;
  for (const auto& word : words) {
    if (const auto thumbprint = as_thumbprint(word); !thumbprint.empty()) {
      thumbprints.push_back(thumbprint);
      continue;
    }
    const auto material = read_trust_material(std::filesystem::path(word));
    if (material.certificates.empty())
      throw Failure(ExitCode::Usage, word + " holds no certificate",
                    "a CRL goes with the certificate of its CA, or by a list without it: edgesealctl trust write");
    std::ranges::transform(material.certificates, std::back_inserter(thumbprints), &thumbprint_of);
  }
  return thumbprints;
}

void remove(const Wanted& wanted, Session& session) {
  const auto thumbprints = thumbprints_of(wanted.what);
  const auto chosen = find_group(session.agent, wanted.list);
  session.agent.with_trust_list(chosen.application.name, chosen.group.name, [&](dbus::RemoteTrustList& remote) {
    for (const auto& thumbprint : thumbprints) remote.RemoveCertificate(thumbprint, !wanted.issuer, {});
  });
  apply_changes(session, chosen.application.name, wanted.confirmation);
  if (session.output.json()) {
    return session.output.print_json(
        {{"list", chosen.text()}, {"removed", thumbprints}, {"confirm-within", wanted.confirmation.json()}});
  }
  session.output.print("Removed " + counted(thumbprints.size(), "certificate") + " from the " +
                       (wanted.issuer ? "issuers" : "trusted") + " of " + chosen.text() +
                       ", and the CRLs of CAs among them.\n" + wanted.confirmation.reminder(chosen.application.name));
}

}  // namespace

void add_trust_changes(CLI::App& trust, Session& session) {
  auto to_add = std::make_shared<Wanted>();
  auto* command = trust.add_subcommand("add", "Trust certificates, and take CRLs");
  command->add_option("LIST", to_add->list, "APPLICATION or APPLICATION/GROUP")->required();
  command
      ->add_option("FILE", to_add->what,
                   "PEM or DER files with certificates and CRLs, directories of such, or thumbprints of rejected peers")
      ->required();
  command->add_flag("--issuer", to_add->issuer, "They complete chains and give no trust");
  add_confirmation(*command, to_add->confirmation);
  command->footer(
      "Examples:\n  edgesealctl trust add opcua-server/application plant-ca.crt plant-ca.crl\n"
      "  edgesealctl trust add opcua-server/application 5A1F...(a thumbprint of \"trust rejected\")");
  command->callback([to_add, &session] { add(*to_add, session); });

  auto to_remove = std::make_shared<Wanted>();
  command = trust.add_subcommand("remove", "Trust certificates no longer");
  command->add_option("LIST", to_remove->list, "APPLICATION or APPLICATION/GROUP")->required();
  command->add_option("CERTIFICATE", to_remove->what, "Thumbprints (\"trust show\" has them), or files")->required();
  command->add_flag("--issuer", to_remove->issuer, "From the issuers");
  add_confirmation(*command, to_remove->confirmation);
  command->footer("Example:\n  edgesealctl trust remove opcua-server/application old-client.der");
  command->callback([to_remove, &session] { remove(*to_remove, session); });
}

}  // namespace edgeseal::ctl
