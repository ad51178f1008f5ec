#include "agent/certificate_groups.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>

#include "agent/certificate.h"
#include "agent/host_name.h"
#include "agent/journal.h"
#include "agent/public_key.h"
#include "agent/signing_request.h"

namespace edgeseal::agent {

namespace {

constexpr std::size_t min_nonce_size = 32;  // OPC 10000-12 §7.10.10
constexpr std::size_t max_nonce_size = tpm::KeyDevice::kMaxEntropy;
constexpr std::size_t max_issuers = 8;
constexpr std::size_t max_chain_size = 48 * 1024;  // in all: an answer of the key socket holds a whole chain
constexpr std::chrono::minutes retry_pause{1};

SigningRequestSubject subject_for(const ApplicationRecord& application, const dbus::SigningRequestOptions& options,
                                  const std::optional<CertificateRecord>& current) {
  SigningRequestSubject subject;
  subject.distinguished_name = options.subject;
  if (current)
    subject.certificate = current->certificate;
  else if (options.subject.empty())
    subject.distinguished_name = "CN=" + application.name;
  subject.application_uri = application.application_uri;
  subject.dns_names = options.dns_names;
  subject.ip_addresses = options.ip_addresses;
  if (subject.dns_names.empty() && subject.ip_addresses.empty() && current) {
    HostNames names = host_names_of(current->certificate);
    subject.dns_names = std::move(names.dns_names);
    subject.ip_addresses = std::move(names.ip_addresses);
  }
  if (subject.dns_names.empty() && subject.ip_addresses.empty()) subject.dns_names = {host_name()};
  return subject;
}

SignatureRequest sha256_signature(const Key& key, Bytes digest) {
  return {modulus_bits(key.algorithm) ? wire::SignatureScheme::rsa_pkcs1 : wire::SignatureScheme::ecdsa,
          tpm::HashAlgorithm::sha256, 0, std::move(digest)};
}

void log_installed(const CertificateRecord& record) {
  const CertificateSummary summary = summarize(record.certificate);
  log(Level::notice, Event::certificate_installed,
      fmt::format("{}: certificate {} of {} is in use until {}", record.slot.key_name(), summary.serial_number,
                  summary.issuer, summary.not_after),
      {{"KEY", record.slot.key_name()}, {"SERIAL", summary.serial_number}});
}

void require_nonce(const dbus::SigningRequestOptions& options) {
  if (options.nonce.empty() || (options.nonce.size() >= min_nonce_size && options.nonce.size() <= max_nonce_size))
    return;
  throw Error(Code::invalid_argument, fmt::format("the nonce has {} bytes; {} to {} are taken", options.nonce.size(),
                                                  min_nonce_size, max_nonce_size));
}

}  // namespace

CertificateGroups::CertificateGroups(EventLoop& loop, State& state, KeyService& keys, Applications& applications,
                                     Observer observer, const Settings& settings)
    : state_(state),
      keys_(keys),
      applications_(applications),
      observer_(std::move(observer)),
      settings_(settings),
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
  (void)algorithm_of(slot);
  return slot;
}

tpm::KeyAlgorithm CertificateGroups::algorithm_of(const Slot& slot) {
  for (const SlotDeclaration& declaration : applications_.get(slot.application).slots)
    if (declaration.group == slot.group && declaration.certificate_type == slot.certificate_type)
      return declaration.algorithm;
  throw Error(Code::invalid_argument,
              fmt::format("application {} has no certificate type \"{:.64}\" in group {}; see edgesealctl "
                          "application show {}",
                          slot.application, slot.certificate_type, slot.group, slot.application));
}

void CertificateGroups::create_signing_request(const std::string& owner, const dbus::GroupName& group,
                                               const std::string& certificate_type,
                                               const dbus::SigningRequestOptions& options, Answer<Bytes> answer) {
  const Slot slot = slot_of(group, certificate_type);
  require_nonce(options);
  require_no_other_owner(owner, slot.application);
  const auto request = std::make_shared<SigningRequest>(
      subject_for(applications_.get(slot.application), options, state_.certificate(slot)));
  const auto sign_with = [this, request, answer](const KeyPtr& key) {
    keys_.sign(key, sha256_signature(*key, request->digest_for(key->public_key)), {},
               [request, answer](std::variant<Bytes, Error> signature) {
                 proceed(answer, signature, [&](const Bytes& bytes) { answer(request->finish(bytes)); });
               });
  };
  auto existing = state_.key(slot, KeyStatus::active);
  if (!existing) existing = state_.key(slot, KeyStatus::pending);
  if (existing && !options.regenerate_private_key) return sign_with(keys_.find(existing->id));
  require_free_for_creation(slot);
  creating_.insert(slot.application);
  try {
    keys_.create(slot, algorithm_of(slot), options.nonce,
                 [this, slot, sign_with, answer](std::variant<KeyPtr, Error> key) {
                   creating_.erase(slot.application);
                   proceed(answer, key, sign_with);
                 });
  } catch (const Error&) {
    creating_.erase(slot.application);
    throw;
  }
}

// A chip makes RSA keys for minutes: one at a time for an application, so that nobody keeps the others from theirs.
void CertificateGroups::require_free_for_creation(const Slot& slot) const {
  if (creating_.contains(slot.application))
    throw Error(Code::busy,
                fmt::format("a key of application {} is being made; try again when it is done", slot.application));
  const auto found = transactions_.find(slot.application);
  if (found != transactions_.end() &&
      std::ranges::find(found->second.staged, slot, &CertificateRecord::slot) != found->second.staged.end())
    throw Error(
        Code::invalid_state,
        fmt::format("a certificate for {} is staged: apply or cancel it before a new key is made", slot.key_name()));
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
  const CertificatePtr parsed = parse_certificate(certificate.certificate);
  if (certificate.issuer_certificates.size() > max_issuers)
    throw Error(Code::invalid_argument, fmt::format("at most {} issuer certificates are taken", max_issuers));
  std::size_t chain_size = certificate.certificate.size();
  for (const Bytes& issuer : certificate.issuer_certificates) chain_size += issuer.size();
  if (chain_size > max_chain_size)
    throw Error(Code::invalid_argument,
                fmt::format("the chain has {} bytes, at most {} are taken", chain_size, max_chain_size));
  require_chain(*parsed, certificate.issuer_certificates);
  const KeyPtr key = matching_key(slot, *X509_get0_pubkey(parsed.get()));

  Transaction& transaction = transactions_[slot.application];
  transaction.owner = owner;
  std::erase_if(transaction.staged, [&](const CertificateRecord& staged) { return staged.slot == slot; });
  transaction.staged.push_back({slot, key->stored.id, certificate.certificate, certificate.issuer_certificates});
  observer_.group_changed(group);
}

void CertificateGroups::apply(const std::string& owner, const dbus::GroupName& group, Answer<std::monostate> answer) {
  Transaction& transaction = owned(owner, group.application);
  transaction.applying = true;
  const std::string application = group.application;
  const Answer<std::monostate> finish = [this, application, answer](std::variant<std::monostate, Error> proven) {
    const std::vector<CertificateRecord> staged = std::move(transactions_.extract(application).mapped().staged);
    proceed(answer, proven, [&](std::monostate) {
      commit(application, staged);
      answer(std::monostate{});
    });
    for (const CertificateRecord& record : staged) observer_.group_changed({application, record.slot.group});
  };
  std::variant<std::monostate, Error> begin;
  proceed(finish, begin, [&](std::monostate) { prove_next(application, 0, finish); });
}

// Each staged certificate must verify what its key signs now: a key that the TPM does not load any more never goes
// live.
void CertificateGroups::prove_next(const std::string& application, std::size_t index,
                                   const Answer<std::monostate>& answer) {
  const Transaction& transaction = transactions_.at(application);
  if (index == transaction.staged.size()) return answer(std::monostate{});
  const CertificateRecord& record = transaction.staged[index];
  Bytes challenge(32);
  require_openssl(RAND_bytes(reinterpret_cast<unsigned char*>(challenge.data()), 32) == 1, "RAND_bytes");
  const auto check = [this, application, index, challenge, answer, record](std::variant<Bytes, Error> signature) {
    proceed(answer, signature, [&](const Bytes& bytes) {
      const CertificatePtr certificate = parse_certificate(record.certificate);
      if (!verifies(*X509_get0_pubkey(certificate.get()), challenge, bytes))
        throw Error(Code::security_checks_failed, "a signature of the key does not verify with the certificate");
      prove_next(application, index + 1, answer);
    });
  };
  const KeyPtr key = keys_.find(record.key_id);
  keys_.sign(key, sha256_signature(*key, challenge), {}, check);
}

// Everything that can fail for want of space happens before the state changes. After that the call has succeeded; an
// exchange that fails has its mark in the state and is made good by maintain().
void CertificateGroups::commit(const std::string& application, const std::vector<CertificateRecord>& staged) {
  std::map<std::string, Publication::Generation> generations;
  for (const CertificateRecord& record : staged)
    if (!generations.contains(record.slot.group))
      generations.emplace(record.slot.group, applications_.prepare(application, record.slot.group, staged));
  const bool setup_was_open = state_.setup_open();
  state_.activate(staged, State::Clock::now());
  keys_.forget_cached();
  for (auto& [group, generation] : generations) applications_.publish(application, group, generation);
  for (const CertificateRecord& record : staged) log_installed(record);
  if (setup_was_open) observer_.setup_changed();
  maintain();
}

void CertificateGroups::cancel(const std::string& owner, const dbus::GroupName& group) {
  (void)owned(owner, group.application);
  transactions_.erase(group.application);
  observer_.group_changed(group);
}

void CertificateGroups::owner_vanished(const std::string& owner) {
  std::vector<dbus::GroupName> changed;
  for (const auto& [application, transaction] : transactions_)
    if (transaction.owner == owner && !transaction.applying)
      for (const CertificateRecord& record : transaction.staged) changed.push_back({application, record.slot.group});
  std::erase_if(transactions_,
                [&](const auto& entry) { return entry.second.owner == owner && !entry.second.applying; });
  for (const dbus::GroupName& group : changed) observer_.group_changed(group);
}

void CertificateGroups::require_idle(const std::string& application) const {
  const auto found = transactions_.find(application);
  if (creating_.contains(application) || (found != transactions_.end() && found->second.applying))
    throw Error(
        Code::transaction_pending,
        fmt::format("a key of application {} is being made or its changes are being applied; try again", application));
}

void CertificateGroups::maintain() {
  auto next = std::optional<State::Clock::duration>(retry_pause);
  try {
    applications_.publish_missing();
    if (state_.unpublished().empty()) next = drop_retired_keys();
  } catch (const Error& error) {
    log(Level::error, Event::internal_error, fmt::format("maintenance failed and is tried again: {}", error.what()));
  }
  if (!next) return maintenance_timer_.disable();
  maintenance_timer_.set_time(loop_.now() + std::chrono::ceil<std::chrono::seconds>(*next) + std::chrono::seconds(1));
}

// How long until the next one is due. A clock that jumps back does not keep a key for longer than its grace.
std::optional<State::Clock::duration> CertificateGroups::drop_retired_keys() {
  const State::Clock::duration grace = settings_.retired_key_grace;
  const auto now = State::Clock::now();
  for (const KeyId& id : state_.drop_retired(now - grace)) keys_.evict(id);
  const auto oldest = state_.oldest_retirement();
  if (!oldest) return std::nullopt;
  return std::clamp(*oldest + grace - now, State::Clock::duration::zero(), grace);
}

}  // namespace edgeseal::agent
