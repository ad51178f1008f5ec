#include "agent/certificates/certificate_groups.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/certificates/certificate.h"
#include "agent/keys/public_key.h"
#include "agent/trust/strength.h"

namespace edgeseal::agent {

namespace {

constexpr std::size_t max_issuers = 8;
constexpr std::size_t max_chain_size = 48 * 1024;  // in all: an answer of the key socket holds a whole chain

void require_strong(X509& certificate, const MinimumStrength& minimum) {
  if (const std::string weakness = weakness_of(strength_of(certificate), minimum); !weakness.empty())
    throw Error(Code::certificate_policy_check_failed, fmt::format("{}: {}", subject_of(certificate), weakness));
}

}  // namespace

CertificateGroups::CertificateGroups(EventLoop& loop, const Changeover::Services& services, KeyMaker& maker,
                                     const Settings& settings, Observer observer)
    : services_(services),
      maker_(maker),
      settings_(settings),
      audit_(services.audit),
      observer_(std::move(observer)),
      housekeeping_(loop, services.state, services.keys, services.applications, services.retired),
      changeover_(loop, services, housekeeping_, observer_) {}

CertificateGroups::~CertificateGroups() = default;

dbus::GroupInfo CertificateGroups::info(const dbus::GroupName& group) {
  dbus::GroupInfo info;
  for (const SlotDeclaration& declaration : services_.applications.get(group.application).slots) {
    const Slot slot{group.application, declaration.group, declaration.certificate_type};
    if (slot.group == group.group && (maker_.offers(declaration.key) || services_.state.key(slot, KeyStatus::active)))
      info.certificate_types.push_back(slot.certificate_type);
  }
  info.directory = services_.applications.directory(group.application, group.group);
  info.transaction_pending = services_.transactions.pending(group.application);
  return info;
}

std::vector<dbus::SlotCertificate> CertificateGroups::certificates(const dbus::GroupName& group) {
  std::vector<dbus::SlotCertificate> occupied;
  for (const SlotDeclaration& declaration : services_.applications.get(group.application).slots) {
    if (declaration.group != group.group) continue;
    const Slot slot{group.application, group.group, declaration.certificate_type};
    if (auto record = services_.state.certificate(slot))
      occupied.push_back({slot.certificate_type, std::move(record->certificate), std::move(record->issuers)});
  }
  return occupied;
}

Slot CertificateGroups::slot_of(const dbus::GroupName& group, const std::string& certificate_type) {
  const Slot slot{group.application, group.group, certificate_type};
  (void)declaration_of(slot);
  return slot;
}

KeyDeclaration CertificateGroups::declaration_of(const Slot& slot) {
  for (const SlotDeclaration& declaration : services_.applications.get(slot.application).slots)
    if (declaration.group == slot.group && declaration.certificate_type == slot.certificate_type)
      return declaration.key;
  throw Error(Code::invalid_argument,
              fmt::format("application {} has no certificate type \"{:.64}\" in group {}; see edgesealctl "
                          "application show {}",
                          slot.application, slot.certificate_type, slot.group, slot.application));
}

// The pending key first: a renewal may come while the old certificate still stands (OPC 10000-12 §7.10.5).
KeyPtr CertificateGroups::matching_key(const Slot& slot, EVP_PKEY& certified) {
  for (const KeyStatus status : {KeyStatus::pending, KeyStatus::active}) {
    const auto record = services_.state.key(slot, status);
    if (record && EVP_PKEY_eq(parse_public_key(record->public_key).get(), &certified) == 1)
      return services_.keys.find(record->id);
  }
  throw Error(
      Code::security_checks_failed,
      fmt::format(
          "the certificate is for another key than that of {}; remedy: have the request of edgesealctl csr {} signed",
          slot.key_name(), slot.application));
}

bool CertificateGroups::is_occupied(const Slot& slot) const {
  const StagedChanges* staged = services_.transactions.staged(slot.application);
  return services_.state.key(slot, KeyStatus::active) && !(staged != nullptr && staged->deletes(slot));
}

void CertificateGroups::update(const TransactionOwner& owner, const dbus::GroupName& group,
                               const dbus::SlotCertificate& certificate) {
  audit_.certificate_requested(owner, slot_of(group, certificate.certificate_type));
  stage_certificate(owner, group, certificate, {});
}

void CertificateGroups::stage_certificate(const TransactionOwner& owner, const dbus::GroupName& group,
                                          const dbus::SlotCertificate& certificate,
                                          StagedChanges::Condition condition) {
  const Slot slot = slot_of(group, certificate.certificate_type);
  services_.transactions.require_free(owner, slot.application);
  require_no_creation(slot.application);
  stage(owner, slot, certificate, std::move(condition));
}

void CertificateGroups::update(const TransactionOwner& owner, const dbus::GroupName& group,
                               const dbus::SlotCertificate& certificate, OutsideKey key,
                               Answer<std::monostate> answer) {
  const Slot slot = slot_of(group, certificate.certificate_type);
  audit_.certificate_requested(owner, slot);
  key.public_key = parse_chain(certificate).public_key;  // before an earlier pending key gives way
  const CreationPtr creation = begin_creation(owner, slot);
  maker_.import_key(slot, declaration_of(slot), std::move(key),
                    [this, creation, certificate, answer](std::variant<KeyPtr, Error> imported) {
                      proceed(answer, imported, [&](const KeyPtr& made) {
                        stage_with_key(*creation, made, certificate);
                        answer(std::monostate{});
                      });
                    });
}

// The key stands and falls with the certificate that it came with.
void CertificateGroups::stage_with_key(const Creation& creation, const KeyPtr& key,
                                       const dbus::SlotCertificate& certificate) {
  try {
    if (creation.abandoned) throw Error(Code::invalid_state, "the caller has left the bus; nothing is staged");
    stage(creation.owner, key->slot, certificate, {});
    services_.transactions.join(creation.owner, key->slot.application).brought_keys.insert(key->id);
    creations_.erase(key->slot.application);  // who has the answer may apply
  } catch (const Error&) {
    services_.state.remove_pending_key(key->id);
    services_.keys.evict(key->id);
    throw;
  }
}

CertificateGroups::Chain CertificateGroups::parse_chain(const dbus::SlotCertificate& certificate) const {
  CertificatePtr parsed = parse_certificate(certificate.certificate);
  if (certificate.issuer_certificates.size() > max_issuers)
    throw Error(Code::invalid_argument, fmt::format("at most {} issuer certificates are taken", max_issuers));
  std::size_t chain_size = certificate.certificate.size();
  for (const Bytes& issuer : certificate.issuer_certificates) chain_size += issuer.size();
  if (chain_size > max_chain_size)
    throw Error(Code::invalid_argument,
                fmt::format("the chain has {} bytes, at most {} are taken", chain_size, max_chain_size));
  require_chain(*parsed, certificate.issuer_certificates);
  require_strong(*parsed, settings_.strength);
  for (const Bytes& issuer : certificate.issuer_certificates)
    require_strong(*parse_certificate(issuer), settings_.strength);
  auto public_key = encoded_public_key(X509_get0_pubkey(parsed.get()));
  if (!public_key) throw Error(Code::certificate_invalid, "the public key of the certificate is of no use");
  return {std::move(parsed), std::move(*public_key)};
}

void CertificateGroups::stage(const TransactionOwner& owner, const Slot& slot, const dbus::SlotCertificate& certificate,
                              StagedChanges::Condition condition) {
  const Chain chain = parse_chain(certificate);
  const KeyPtr key = matching_key(slot, *X509_get0_pubkey(chain.certificate.get()));
  services_.transactions.join(owner, slot.application)
      .put({slot, key->id, certificate.certificate, certificate.issuer_certificates}, std::move(condition));
  observer_.group_changed({slot.application, slot.group});
}

void CertificateGroups::stage_deletion(const TransactionOwner& owner, const Slot& slot) {
  audit_.certificate_requested(owner, slot);
  services_.transactions.require_free(owner, slot.application);
  require_no_creation(slot.application);
  const StagedChanges* staged = services_.transactions.staged(slot.application);
  const bool is_staged = staged != nullptr && staged->certificate(slot) != nullptr;
  if (!is_occupied(slot) && !is_staged)
    throw Error(Code::invalid_state, fmt::format("{} has no certificate to delete", slot.key_name()));
  StagedChanges& changes = services_.transactions.join(owner, slot.application);
  if (is_occupied(slot))
    changes.remove(slot);
  else
    changes.withdraw(slot);
  observer_.group_changed({slot.application, slot.group});
}

void CertificateGroups::stage_trust_list(const TransactionOwner& owner, CheckedTrustList list) {
  const dbus::GroupName group{list.record.application, list.record.group};
  audit_.trust_list_requested(owner, group);
  services_.transactions.join(owner, group.application).put(std::move(list));
  observer_.group_changed(group);
}

void CertificateGroups::apply(const TransactionOwner& owner, const std::string& application,
                              const dbus::ApplyOptions& options, Answer<std::monostate> answer) {
  if (services_.transactions.pending(application)) require_no_creation(application);
  changeover_.apply(owner, application, options, std::move(answer));
}

void CertificateGroups::cancel(const TransactionOwner& owner, const std::string& application) {
  services_.transactions.cancel(owner, application);
}

void CertificateGroups::withdraw(const TransactionOwner& owner, const std::string& application) {
  try {
    cancel(owner, application);
  } catch (const Error&) {  // there is none, or it is somebody else's
  }
}

void CertificateGroups::reset(const TransactionOwner& owner, const std::string& application,
                              std::function<void()> done) {
  services_.transactions.require_free(owner, application);
  require_idle(application);
  changeover_.reset(application, std::move(done));
}

void CertificateGroups::reset_all(std::function<void()> done) {
  for (const ApplicationRecord& application : services_.applications.list()) require_idle(application.name);
  changeover_.reset_all(std::move(done));
}

void CertificateGroups::owner_vanished(const std::string& bus_name) {
  for (const auto& [application, weak] : creations_)
    if (const CreationPtr creation = weak.lock(); creation && creation->owner.bus_name == bus_name)
      creation->abandoned = true;
  services_.transactions.owner_vanished(bus_name);
}

void CertificateGroups::dropped(const std::string& application, const StagedChanges& changes) {
  changeover_.discard(application, changes);
  for (const std::string& group : changes.groups()) observer_.group_changed({application, group});
}

void CertificateGroups::require_idle(const std::string& application) const {
  if (creation_of(application) || services_.transactions.applying(application))
    throw Error(
        Code::transaction_pending,
        fmt::format("a key of application {} is being made or its changes are being applied; try again", application));
}

void CertificateGroups::remove(const std::string& application) {
  require_idle(application);
  changeover_.remove(application);
}

std::size_t CertificateGroups::destroy_retired_keys(const dbus::GroupName& group, const std::string& certificate_type) {
  return housekeeping_.destroy_retired_keys(slot_of(group, certificate_type));
}

}  // namespace edgeseal::agent
