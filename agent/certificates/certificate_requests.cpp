#include <fmt/format.h>

#include "agent/certificates/certificate_groups.h"
#include "agent/certificates/certificate_signature.h"
#include "agent/certificates/self_signed_certificate.h"
#include "agent/certificates/signing_request.h"

// The part of CertificateGroups that makes keys, and what is asked for with them.
namespace edgeseal::agent {

namespace {

constexpr std::size_t max_nonce_size = tpm::KeyDevice::kMaxEntropy;
constexpr std::uint16_t default_lifetime_days = 365;

KeyDeclaration with_size(const Slot& slot, KeyDeclaration declaration, std::size_t bits) {
  if (bits == 0) return declaration;
  const auto algorithm = algorithm_of_size(slot, declaration.algorithm, bits);
  if (!algorithm)
    throw Error(Code::invalid_argument,
                fmt::format("certificate type {} takes no {} keys of {} bits; leave the size out for {}",
                            slot.certificate_type, modulus_bits(declaration.algorithm) ? "RSA" : "elliptic curve", bits,
                            algorithm_name(declaration.algorithm)));
  declaration.algorithm = *algorithm;
  return declaration;
}

// Nothing where there is none. A damaged one keeps no new one away, where the request says for whom that is.
Bytes present_certificate(State& state, const Slot& slot, const dbus::SigningRequestOptions& options) {
  try {
    const auto present = state.certificate(slot);
    return present ? present->certificate : Bytes{};
  } catch (const Error& error) {
    if (error.code() != Code::security_checks_failed) throw;
    if (options.subject.empty())
      throw Error(error.code(), std::string(error.what()) + " by a request in which a subject is given");
    return {};
  }
}

// Who calls has a turn of his own at the TPM, and none of those of what the agent does by itself.
TpmWorker::Ticket ticket_of(const TransactionOwner& owner) {
  TpmWorker::Ticket ticket;
  if (owner.uid != static_cast<uid_t>(-1)) ticket.client = owner.uid;
  return ticket;
}

void require_nonce(const dbus::SigningRequestOptions& options) {
  if (options.nonce.empty() || (options.nonce.size() >= min_nonce_size && options.nonce.size() <= max_nonce_size))
    return;
  throw Error(Code::invalid_argument, fmt::format("the nonce has {} bytes; {} to {} are taken", options.nonce.size(),
                                                  min_nonce_size, max_nonce_size));
}

}  // namespace

void CertificateGroups::create_signing_request(const TransactionOwner& owner, const dbus::GroupName& group,
                                               const std::string& certificate_type,
                                               const dbus::SigningRequestOptions& options, Answer<Bytes> answer) {
  const Slot slot = slot_of(group, certificate_type);
  require_nonce(options);
  services_.transactions.require_free(owner, slot.application);
  const CertificateSubject wanted{.distinguished_name = options.subject,
                                  .certificate = present_certificate(services_.state, slot, options),
                                  .dns_names = options.dns_names,
                                  .ip_addresses = options.ip_addresses};
  create_signing_request(owner,
                         Wish{slot, subject_for(services_.applications.get(slot.application), wanted),
                              declaration_of(slot), options.nonce, options.regenerate_private_key},
                         std::move(answer));
}

void CertificateGroups::create_signing_request(const TransactionOwner& owner, const Wish& wish, Answer<Bytes> answer) {
  const Slot& slot = wish.slot;
  services_.transactions.require_free(owner, slot.application);
  const auto request = std::make_shared<SigningRequest>(wish.subject);
  const auto sign_with = [this, ticket = ticket_of(owner), request, answer](const KeyPtr& key) {
    const Bytes to_be_signed = request->to_be_signed(key->public_key);
    services_.keys.sign(key, certificate_signature(key->public_key, to_be_signed), ticket,
                        [request, answer](std::variant<Bytes, Error> signature) {
                          proceed(answer, signature, [&](const Bytes& bytes) { answer(request->finish(bytes)); });
                        });
  };
  auto existing = services_.state.key(slot, KeyStatus::active);
  if (!existing) existing = services_.state.key(slot, KeyStatus::pending);
  if (existing && !wish.regenerate_private_key) return sign_with(services_.keys.find(existing->id));
  const CreationPtr creation = begin_creation(owner, slot);
  maker_.create(slot, wish.key, wish.nonce,
                [creation, sign_with, answer](std::variant<KeyPtr, Error> key) { proceed(answer, key, sign_with); });
}

void CertificateGroups::create_self_signed(const TransactionOwner& owner, const dbus::GroupName& group,
                                           const std::string& certificate_type, const dbus::SelfSignedOptions& options,
                                           Answer<Bytes> answer) {
  const Slot slot = slot_of(group, certificate_type);
  const CertificateSubject wanted{
      .distinguished_name = options.subject, .dns_names = options.dns_names, .ip_addresses = options.ip_addresses};
  const std::uint16_t lifetime = options.lifetime_days != 0 ? options.lifetime_days : default_lifetime_days;
  create_self_signed(owner,
                     Wish{slot, subject_for(services_.applications.get(slot.application), wanted),
                          with_size(slot, declaration_of(slot), options.key_bits)},
                     std::chrono::days(lifetime), std::move(answer));
}

void CertificateGroups::create_self_signed(const TransactionOwner& owner, const Wish& wish, std::chrono::days lifetime,
                                           Answer<Bytes> answer) {
  const Slot& slot = wish.slot;
  audit_.certificate_requested(owner, slot);
  services_.transactions.require_free(owner, slot.application);
  if (is_occupied(slot))
    throw Error(Code::invalid_state,
                fmt::format("{} has a certificate already; ask for a new one by a signing request", slot.key_name()));
  const auto certificate = std::make_shared<SelfSignedCertificate>(wish.subject, State::Clock::now(), lifetime);
  const CreationPtr creation = begin_creation(owner, slot);
  const auto sign = [this, creation, certificate, answer](const KeyPtr& key) {
    const Bytes to_be_signed = certificate->to_be_signed(key->public_key);
    services_.keys.sign(key, certificate_signature(key->public_key, to_be_signed), {},
                        [this, creation, certificate, key, answer](std::variant<Bytes, Error> signature) {
                          proceed(answer, signature, [&](const Bytes& bytes) {
                            const Bytes der = certificate->finish(bytes);
                            stage_with_key(*creation, key, {key->slot.certificate_type, der, {}});
                            answer(der);
                          });
                        });
  };
  maker_.create(slot, wish.key, {}, [sign, answer](std::variant<KeyPtr, Error> made) { proceed(answer, made, sign); });
}

void CertificateGroups::import_key(const TransactionOwner& owner, const dbus::GroupName& group,
                                   const std::string& certificate_type, OutsideKey key, Answer<Bytes> answer) {
  const Slot slot = slot_of(group, certificate_type);
  const CreationPtr creation = begin_creation(owner, slot);
  maker_.import_key(slot, declaration_of(slot), std::move(key),
                    [creation, answer](std::variant<KeyPtr, Error> imported) {
                      proceed(answer, imported, [&](const KeyPtr& made) { answer(made->public_key); });
                    });
}

// A chip makes RSA keys for minutes: one at a time for an application, so that nobody keeps the others from theirs.
CertificateGroups::CreationPtr CertificateGroups::begin_creation(const TransactionOwner& owner, const Slot& slot) {
  services_.transactions.require_free(owner, slot.application);
  require_no_creation(slot.application);
  const StagedChanges* staged = services_.transactions.staged(slot.application);
  if (staged != nullptr && staged->certificate(slot) != nullptr)
    throw Error(
        Code::invalid_state,
        fmt::format("a certificate for {} is staged: apply or cancel it before a new key is made", slot.key_name()));
  auto creation = std::make_shared<Creation>(Creation{owner});
  creations_[slot.application] = creation;
  return creation;
}

CertificateGroups::CreationPtr CertificateGroups::creation_of(const std::string& application) const {
  const auto found = creations_.find(application);
  return found == creations_.end() ? nullptr : found->second.lock();
}

void CertificateGroups::require_no_creation(const std::string& application) const {
  if (creation_of(application))
    throw Error(Code::busy,
                fmt::format("a key of application {} is being made; try again when it is done", application));
}

}  // namespace edgeseal::agent
