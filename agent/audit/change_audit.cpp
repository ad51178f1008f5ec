#include "agent/audit/change_audit.h"

#include <fmt/format.h>

#include "agent/certificates/certificate.h"
#include "agent/group_name.h"

namespace edgeseal::agent {

namespace {

Audit::Fields fields_of(const TransactionOwner& owner, const dbus::GroupName& group) {
  Audit::Fields fields = fields_of(owner);
  fields["application"] = group.application;
  fields["group"] = group.group;
  return fields;
}

Audit::Fields fields_of(const TransactionOwner& owner, const Slot& slot) {
  Audit::Fields fields = fields_of(owner, dbus::GroupName{slot.application, slot.group});
  fields["certificate-type"] = slot.certificate_type;
  return fields;
}

template <class Certificate, class Deletion, class List>
void visit(const StagedChanges& changes, const Certificate& certificate, const Deletion& deletion, const List& list) {
  for (const CertificateRecord& record : changes.certificates) certificate(record);
  for (const Slot& slot : changes.deletions) deletion(slot);
  for (const CheckedTrustList& checked : changes.trust_lists)
    list(dbus::GroupName{checked.record.application, checked.record.group});
}

}  // namespace

void ChangeAudit::certificate_requested(const TransactionOwner& owner, const Slot& slot) const {
  audit_.record(Level::info, "certificate-update-requested",
                fmt::format("{}: a change of the certificate is asked for", slot.key_name()), fields_of(owner, slot));
}

void ChangeAudit::trust_list_requested(const TransactionOwner& owner, const dbus::GroupName& group) const {
  audit_.record(Level::info, "trust-list-update-requested",
                fmt::format("{}: a change of the trust list is asked for", name_of(group)), fields_of(owner, group));
}

void ChangeAudit::applied(const TransactionOwner& owner, const StagedChanges& changes) const {
  visit(
      changes,
      [&](const CertificateRecord& record) {
        const CertificateSummary summary = summarize(record.certificate);
        Audit::Fields fields = fields_of(owner, record.slot);
        fields["serial"] = summary.serial_number;
        fields["sha256"] = summary.sha256_fingerprint;
        audit_.record(Level::notice, "certificate-updated",
                      fmt::format("{}: the new certificate is in use", record.slot.key_name()), fields);
      },
      [&](const Slot& slot) {
        audit_.record(Level::notice, "certificate-updated",
                      fmt::format("{}: the certificate and its key are deleted", slot.key_name()),
                      fields_of(owner, slot));
      },
      [&](const dbus::GroupName& group) {
        audit_.record(Level::notice, "trust-list-updated",
                      fmt::format("{}: a new trust list is in use", name_of(group)), fields_of(owner, group));
      });
}

void ChangeAudit::failed(const TransactionOwner& owner, const StagedChanges& changes, const Error& error) const {
  const auto record = [&](AuditKind kind, const std::string& what, Audit::Fields fields) {
    fields["result"] = bus_name(error.code());
    audit_.record(Level::warning, kind, fmt::format("{} is not changed: {}", what, error.what()), fields);
  };
  visit(
      changes,
      [&](const CertificateRecord& certificate) {
        record("certificate-update-failed", certificate.slot.key_name(), fields_of(owner, certificate.slot));
      },
      [&](const Slot& slot) { record("certificate-update-failed", slot.key_name(), fields_of(owner, slot)); },
      [&](const dbus::GroupName& group) {
        record("trust-list-update-failed", "the trust list of " + name_of(group), fields_of(owner, group));
      });
}

void ChangeAudit::rolled_back(const std::string& application) const {
  audit_.record(
      Level::warning, "changes-rolled-back",
      fmt::format("the last changes of application {} were not confirmed in time and are undone", application),
      {{"application", application}});
}

}  // namespace edgeseal::agent
