#include "agent/certificate_groups.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>

#include "agent/certificate.h"
#include "agent/certificate_signature.h"
#include "agent/journal.h"
#include "agent/public_key.h"

namespace edgeseal::agent {

namespace {

constexpr std::size_t max_issuers = 8;
constexpr std::size_t max_chain_size = 48 * 1024;  // in all: an answer of the key socket holds a whole chain
constexpr std::chrono::minutes retry_pause{1};

void log_installed(const CertificateRecord& record) {
  const CertificateSummary summary = summarize(record.certificate);
  log(Level::notice, Event::certificate_installed,
      fmt::format("{}: certificate {} of {} is in use until {}", record.slot.key_name(), summary.serial_number,
                  summary.issuer, summary.not_after),
      {{"KEY", record.slot.key_name()}, {"SERIAL", summary.serial_number}});
}

}  // namespace

CertificateGroups::CertificateGroups(EventLoop& loop, State& state, KeyService& keys, KeyMaker& maker,
                                     StateAnchor& anchor, Applications& applications, RetiredKeys& retired,
                                     Observer observer)
    : state_(state),
      keys_(keys),
      maker_(maker),
      anchor_(anchor),
      applications_(applications),
      retired_(retired),
      observer_(std::move(observer)),
      loop_(loop) {
  maintenance_timer_ = loop_.add_timer([this] { maintain(); });
  maintenance_timer_.set_time(loop_.now());
}

CertificateGroups::~CertificateGroups() = default;

dbus::GroupInfo CertificateGroups::info(const dbus::GroupName& group) {
  dbus::GroupInfo info;
  for (const SlotDeclaration& slot : applications_.get(group.application).slots)
    if (slot.group == group.group) info.certificate_types.push_back(slot.certificate_type);
  info.directory = applications_.directory(group.application, group.group);
  info.transaction_pending = transactions_.contains(group.application);
  return info;
}

std::vector<dbus::SlotCertificate> CertificateGroups::certificates(const dbus::GroupName& group) {
  std::vector<dbus::SlotCertificate> occupied;
  for (const std::string& type : info(group).certificate_types)
    if (auto record = state_.certificate(Slot{group.application, group.group, type}))
      occupied.push_back({type, std::move(record->certificate), std::move(record->issuers)});
  return occupied;
}

Slot CertificateGroups::slot_of(const dbus::GroupName& group, const std::string& certificate_type) {
  const Slot slot{group.application, group.group, certificate_type};
  (void)declaration_of(slot);
  return slot;
}

KeyDeclaration CertificateGroups::declaration_of(const Slot& slot) {
  for (const SlotDeclaration& declaration : applications_.get(slot.application).slots)
    if (declaration.group == slot.group && declaration.certificate_type == slot.certificate_type)
      return declaration.key;
  throw Error(Code::invalid_argument,
              fmt::format("application {} has no certificate type \"{:.64}\" in group {}; see edgesealctl "
                          "application show {}",
                          slot.application, slot.certificate_type, slot.group, slot.application));
}

// For what stages: one transaction at a time (OPC 10000-12 §7.10.2).
void CertificateGroups::require_no_other_owner(const std::string& owner, const std::string& application) const {
  const auto found = transactions_.find(application);
  if (found == transactions_.end() || (found->second.owner == owner && !found->second.applying)) return;
  throw Error(Code::transaction_pending,
              fmt::format("changes of application {} are {} by {}; try again when they are done", application,
                          found->second.applying ? "being applied" : "staged", found->second.owner));
}

// For what ends a transaction (OPC 10000-12 §7.10.9, §7.10.11).
CertificateGroups::Transaction& CertificateGroups::owned(const std::string& owner, const std::string& application) {
  const auto found = transactions_.find(application);
  if (found == transactions_.end())
    throw Error(Code::nothing_to_do, fmt::format("application {} has no staged changes", application));
  if (found->second.owner != owner)
    throw Error(Code::user_access_denied,
                fmt::format("the changes of application {} were staged by {}, which alone may apply or cancel them",
                            application, found->second.owner));
  require_no_other_owner(owner, application);
  return found->second;
}

// The pending key first: a renewal may come while the old certificate still stands (OPC 10000-12 §7.10.5).
KeyPtr CertificateGroups::matching_key(const Slot& slot, EVP_PKEY& certified) {
  for (const KeyStatus status : {KeyStatus::pending, KeyStatus::active}) {
    const auto record = state_.key(slot, status);
    if (record && EVP_PKEY_eq(parse_public_key(record->public_key).get(), &certified) == 1)
      return keys_.find(record->id);
  }
  throw Error(
      Code::security_checks_failed,
      fmt::format(
          "the certificate is for another key than that of {}; remedy: have the request of edgesealctl csr {} signed",
          slot.key_name(), slot.application));
}

void CertificateGroups::update(const std::string& owner, const dbus::GroupName& group,
                               const dbus::SlotCertificate& certificate) {
  const Slot slot = slot_of(group, certificate.certificate_type);
  require_no_other_owner(owner, slot.application);
  require_no_creation(slot.application);
  stage(owner, slot, certificate);
}

void CertificateGroups::update(const std::string& owner, const dbus::GroupName& group,
                               const dbus::SlotCertificate& certificate, OutsideKey key,
                               Answer<std::monostate> answer) {
  const Slot slot = slot_of(group, certificate.certificate_type);
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
    stage(creation.owner, key->slot, certificate);
    transactions_.at(key->slot.application).brought_keys.insert(key->id);
  } catch (const Error&) {
    state_.remove_pending_key(key->id);
    keys_.evict(key->id);
    throw;
  }
}

CertificateGroups::Chain CertificateGroups::parse_chain(const dbus::SlotCertificate& certificate) {
  CertificatePtr parsed = parse_certificate(certificate.certificate);
  if (certificate.issuer_certificates.size() > max_issuers)
    throw Error(Code::invalid_argument, fmt::format("at most {} issuer certificates are taken", max_issuers));
  std::size_t chain_size = certificate.certificate.size();
  for (const Bytes& issuer : certificate.issuer_certificates) chain_size += issuer.size();
  if (chain_size > max_chain_size)
    throw Error(Code::invalid_argument,
                fmt::format("the chain has {} bytes, at most {} are taken", chain_size, max_chain_size));
  require_chain(*parsed, certificate.issuer_certificates);
  Bytes public_key = der_of(X509_get0_pubkey(parsed.get()), i2d_PUBKEY);
  return {std::move(parsed), std::move(public_key)};
}

void CertificateGroups::stage(const std::string& owner, const Slot& slot, const dbus::SlotCertificate& certificate) {
  const Chain chain = parse_chain(certificate);
  const KeyPtr key = matching_key(slot, *X509_get0_pubkey(chain.certificate.get()));

  Transaction& transaction = transactions_[slot.application];
  transaction.owner = owner;
  std::erase_if(transaction.staged, [&](const CertificateRecord& staged) { return staged.slot == slot; });
  transaction.staged.push_back({slot, key->id, certificate.certificate, certificate.issuer_certificates});
  observer_.group_changed({slot.application, slot.group});
}

void CertificateGroups::apply(const std::string& owner, const dbus::GroupName& group, Answer<std::monostate> answer) {
  Transaction& transaction = owned(owner, group.application);
  require_no_creation(group.application);
  transaction.applying = true;
  const std::string application = group.application;
  const Answer<std::monostate> finish = [this, application, answer](std::variant<std::monostate, Error> proven) {
    this->finish(application, std::move(proven), answer);
  };
  std::variant<std::monostate, Error> begin;
  proceed(finish, begin, [&](std::monostate) { prove_next(application, 0, finish); });
}

// The caller hears of success when the TPM remembers it too.
void CertificateGroups::finish(const std::string& application, std::variant<std::monostate, Error> proven,
                               const Answer<std::monostate>& answer) {
  const Transaction transaction = std::move(transactions_.extract(application).mapped());
  const Answer<std::monostate> failed = [&](const std::variant<std::monostate, Error>& outcome) {
    forget_keys(transaction);
    answer(outcome);
  };
  proceed(failed, proven,
          [&](std::monostate) { commit(application, transaction.staged, [answer] { answer(std::monostate{}); }); });
  for (const CertificateRecord& record : transaction.staged) observer_.group_changed({application, record.slot.group});
}

// Each staged certificate must verify what its key signs now: a key that the TPM does not load any more never goes
// live.
void CertificateGroups::prove_next(const std::string& application, std::size_t index,
                                   const Answer<std::monostate>& answer) {
  const Transaction& transaction = transactions_.at(application);
  if (index == transaction.staged.size()) return answer(std::monostate{});
  const CertificateRecord& record = transaction.staged[index];
  const KeyPtr key = keys_.find(record.key_id);
  Bytes challenge(32);
  require_openssl(RAND_bytes(reinterpret_cast<unsigned char*>(challenge.data()), 32) == 1, "RAND_bytes");
  const auto check = [this, application, index, challenge, answer, record, key](std::variant<Bytes, Error> signature) {
    proceed(answer, signature, [&](const Bytes& bytes) {
      const CertificatePtr certificate = parse_certificate(record.certificate);
      if (!verifies(*X509_get0_pubkey(certificate.get()), certificate_hash(key->public_key), challenge, bytes))
        throw Error(Code::security_checks_failed, "a signature of the key does not verify with the certificate");
      prove_next(application, index + 1, answer);
    });
  };
  keys_.sign(key, certificate_signature(key->public_key, challenge), {}, check);
}

// Everything that can fail for want of space happens before the state changes. After that the call has succeeded; an
// exchange that fails has its mark in the state and is made good by maintain().
void CertificateGroups::commit(const std::string& application, const std::vector<CertificateRecord>& staged,
                               const std::function<void()>& done) {
  std::map<std::string, Publication::Generation> generations;
  for (const CertificateRecord& record : staged)
    if (!generations.contains(record.slot.group))
      generations.emplace(record.slot.group, applications_.prepare(application, record.slot.group, staged));
  const bool setup_was_open = state_.setup_open();
  state_.activate(staged, retired_.now());
  keys_.forget_cached();
  for (auto& [group, generation] : generations) applications_.publish(application, group, generation);
  for (const CertificateRecord& record : staged) log_installed(record);
  if (setup_was_open) observer_.setup_changed();
  maintain();
  anchor_.advance(done);
}

void CertificateGroups::cancel(const std::string& owner, const dbus::GroupName& group) {
  (void)owned(owner, group.application);
  drop(group.application);
}

void CertificateGroups::owner_vanished(const std::string& owner) {
  for (const auto& [application, weak] : creations_)
    if (const CreationPtr creation = weak.lock(); creation && creation->owner == owner) creation->abandoned = true;
  std::vector<std::string> abandoned;
  for (const auto& [application, transaction] : transactions_)
    if (transaction.owner == owner && !transaction.applying) abandoned.push_back(application);
  for (const std::string& application : abandoned) drop(application);
}

void CertificateGroups::drop(const std::string& application) {
  const Transaction transaction = std::move(transactions_.extract(application).mapped());
  forget_keys(transaction);
  for (const CertificateRecord& record : transaction.staged) observer_.group_changed({application, record.slot.group});
}

void CertificateGroups::forget_keys(const Transaction& transaction) {
  for (const KeyId& id : transaction.brought_keys) {
    state_.remove_pending_key(id);
    keys_.evict(id);
  }
}

void CertificateGroups::require_idle(const std::string& application) const {
  const auto found = transactions_.find(application);
  if (creation_of(application) || (found != transactions_.end() && found->second.applying))
    throw Error(
        Code::transaction_pending,
        fmt::format("a key of application {} is being made or its changes are being applied; try again", application));
}

void CertificateGroups::maintain() {
  auto next = std::optional<std::chrono::seconds>(retry_pause);
  try {
    applications_.publish_missing();
    if (state_.unpublished().empty()) {
      unload(retired_.destroy_due());
      next = retired_.next_visit();
    }
  } catch (const Error& error) {
    log(Level::error, Event::internal_error, fmt::format("maintenance failed and is tried again: {}", error.what()));
  }
  if (!next) return maintenance_timer_.disable();
  maintenance_timer_.set_time(loop_.now() + *next + std::chrono::seconds(1));
}

void CertificateGroups::unload(const std::vector<KeyId>& destroyed) {
  for (const KeyId& id : destroyed) keys_.evict(id);
}

std::size_t CertificateGroups::destroy_retired_keys(const dbus::GroupName& group, const std::string& certificate_type) {
  const Slot slot = slot_of(group, certificate_type);
  applications_.publish_missing();
  const std::vector<KeyId> destroyed = retired_.destroy(slot);
  unload(destroyed);
  if (std::ranges::any_of(retired_.all(), [&](const auto& life) { return life.key.slot == slot; }))
    throw Error(Code::state_unavailable,
                fmt::format("{} is not published yet with its present key, so the one before must stay; remedy: see "
                            "the journal for what keeps the agent from publishing",
                            slot.key_name()));
  return destroyed.size();
}

}  // namespace edgeseal::agent
