#include "agent/certificates/server_configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "agent/certificates/certificate.h"
#include "agent/certificates/opc_ua_names.h"
#include "agent/device/device_names.h"
#include "agent/host_name.h"
#include "agent/keys/pss_key.h"
#include "agent/keys/public_key.h"
#include "agent/trust/chain.h"
#include "agent/trust/path.h"

namespace edgeseal::agent {

namespace {

// As the caller names it, where nothing of that name is known.
Slot named_slot(const dbus::CertificateTarget& target) {
  const std::string group = group_name(target.group_id), type = certificate_type_name(target.type_id);
  return {target.application, group.empty() ? target.group_id : group, type.empty() ? target.type_id : type};
}

// The key of a slot with these options is made of the nonce, too; all of a long one goes into it.
Bytes entropy_of(const dbus::SigningRequestOptions& options) {
  if (options.nonce.size() < min_nonce_size) {
    if (!options.regenerate_private_key) return {};
    throw Error(Code::invalid_argument, fmt::format("the nonce has {} bytes; a new private key takes {} and more",
                                                    options.nonce.size(), min_nonce_size));
  }
  if (options.nonce.size() <= tpm::KeyDevice::kMaxEntropy) return options.nonce;
  return sha256_bytes(options.nonce);
}

// OPC 10000-12 §7.10.6: the CommonName of what TLS clients look at is the name or address of the host.
std::string subject_of(const dbus::SelfSignedOptions& options, const std::string& group) {
  if (!options.subject.empty() || group == application_group) return options.subject;
  if (!options.dns_names.empty()) return "CN=" + options.dns_names.front();
  return "CN=" + (options.ip_addresses.empty() ? host_name() : options.ip_addresses.front());
}

void require_no_private_key(const dbus::PushedCertificate& pushed) {
  if (pushed.has_private_key || !pushed.private_key_format.empty())
    throw Error(Code::not_supported,
                "private keys are not taken from outside, they are made here: ask for a signing request");
}

std::vector<Bytes> chain_of(const dbus::PushedCertificate& pushed) {
  std::vector<Bytes> chain = split_chain(pushed.certificate);
  chain.insert(chain.end(), pushed.issuer_certificates.begin(), pushed.issuer_certificates.end());
  return chain;
}

void require_fit(const Slot& slot, const Bytes& der) {
  const CertificatePtr certificate = parse_certificate(der);
  EVP_PKEY& key = *X509_get0_pubkey(certificate.get());
  const auto algorithm = algorithm_of(key);
  const RsaUse use = pss_restriction(der_of(&key, i2d_PUBKEY)) ? RsaUse::pss : RsaUse::any;
  if (!algorithm || !takes(slot, *algorithm, use))
    throw Error(Code::certificate_invalid,
                fmt::format("the key of the certificate is none for certificate type {}", slot.certificate_type));
}

// No client of a server changes the identity of the device.
std::vector<std::string> configurable_groups(const ApplicationRecord& application) {
  std::vector<std::string> groups = group_names(application);
  std::erase(groups, identity_group);
  return groups;
}

}  // namespace

ServerConfiguration::ServerConfiguration(State& state, Applications& applications, CertificateGroups& groups,
                                         Transactions& transactions, TrustLists& lists, PeerValidation& validation,
                                         const Audit& audit, const Settings& settings,
                                         std::function<bool()> setup_is_open)
    : state_(state),
      applications_(applications),
      groups_(groups),
      transactions_(transactions),
      lists_(lists),
      validation_(validation),
      audit_(audit),
      change_audit_(audit),
      settings_(settings),
      setup_is_open_(std::move(setup_is_open)) {}

dbus::ServerConfigurationInfo ServerConfiguration::info(const std::string& application) {
  const ApplicationRecord record = applications_.get(application);
  dbus::ServerConfigurationInfo info;
  info.application_uri = record.application_uri;
  info.server_capabilities = record.server_capabilities;
  info.certificate_groups = configurable_groups(record);
  info.max_trust_list_size =
      static_cast<std::uint32_t>(std::min<std::size_t>(lists_.max_size(), std::numeric_limits<std::uint32_t>::max()));
  info.has_secure_element = has_secure_element(record);
  info.in_application_setup = setup_is_open_();
  return info;
}

// What a slot will have counts where it has no key yet.
bool ServerConfiguration::has_secure_element(const ApplicationRecord& application) {
  return std::ranges::all_of(application.slots, [&](const SlotDeclaration& declaration) {
    const auto key =
        state_.key(Slot{application.name, declaration.group, declaration.certificate_type}, KeyStatus::active);
    return (key ? key->protection : declaration.key.protection) == KeyProtection::tpm;
  });
}

std::string ServerConfiguration::group_of(const std::string& application, const std::string& group_id) {
  std::string group = group_name(group_id);
  const auto known = configurable_groups(applications_.get(application));
  if (std::ranges::find(known, group) != known.end()) return group;
  throw Error(Code::invalid_argument,
              fmt::format("application {} has no certificate group \"{:.64}\"", application, group_id));
}

Slot ServerConfiguration::slot_of(const dbus::CertificateTarget& target) {
  const std::string group = group_of(target.application, target.group_id);
  const std::string type = certificate_type_name(target.type_id);
  if (type.empty())
    throw Error(Code::invalid_argument, fmt::format("\"{:.64}\" is no certificate type", target.type_id));
  return groups_.slot_of({target.application, group}, type);
}

Slot ServerConfiguration::offered_slot_of(const dbus::CertificateTarget& target) {
  const Slot slot = slot_of(target);
  const auto offered = groups_.info({slot.application, slot.group}).certificate_types;
  if (std::ranges::find(offered, slot.certificate_type) != offered.end()) return slot;
  throw Error(Code::invalid_argument,
              fmt::format("certificate type {} is not offered: this TPM makes no such keys", slot.certificate_type));
}

void ServerConfiguration::create_signing_request(const dbus::Caller& caller, const dbus::CertificateTarget& target,
                                                 const dbus::SigningRequestOptions& options, Answer<Bytes> answer) {
  const Slot slot = offered_slot_of(target);
  dbus::SigningRequestOptions request = options;
  request.nonce = entropy_of(options);
  groups_.create_signing_request(owner_of(caller), {slot.application, slot.group}, slot.certificate_type, request,
                                 std::move(answer));
}

// The order in which it is judged is that of OPC 10000-12 §7.10.5 and its reference implementation.
void ServerConfiguration::update_certificate(const dbus::Caller& caller, const dbus::CertificateTarget& target,
                                             const dbus::PushedCertificate& pushed, Answer<bool> answer) {
  const TransactionOwner owner = owner_of(caller);
  change_audit_.certificate_requested(owner, named_slot(target));
  if (pushed.certificate.empty()) throw Error(Code::invalid_argument, "there is no certificate");
  require_no_private_key(pushed);
  const Slot slot = offered_slot_of(target);
  transactions_.require_free(owner, slot.application);
  const std::vector<Bytes> chain = chain_of(pushed);
  require_fit(slot, chain.front());
  judge(slot, chain, transactions_.staged(slot.application));
  groups_.stage_certificate(owner, {slot.application, slot.group},
                            {slot.certificate_type, chain.front(), issuers_of(slot, chain)},
                            [this, slot, chain](const StagedChanges& changes) { judge(slot, chain, &changes); });
  answer(true);
}

TrustStorePtr ServerConfiguration::store_of(const Slot& slot, const StagedChanges* staged) {
  const CheckedTrustList* list = staged != nullptr ? staged->trust_list(slot.group) : nullptr;
  return list != nullptr ? list->store : lists_.store({slot.application, slot.group});
}

// What an OPC UA application says of itself has to be true; TLS clients look for the host alone.
void ServerConfiguration::judge(const Slot& slot, const std::vector<Bytes>& chain, const StagedChanges* staged) {
  const bool shows_uri = slot.group == application_group;
  const std::string uri = shows_uri ? applications_.get(slot.application).application_uri : std::string();
  validation_.judge_own(*store_of(slot, staged), {slot.application, slot.group}, chain, uri, settings_.strict);
}

// What is shown along with the certificate: its issuers up to the root, which whoever trusts it has.
std::vector<Bytes> ServerConfiguration::issuers_of(const Slot& slot, const std::vector<Bytes>& chain) {
  const auto path = build_path(*store_of(slot, transactions_.staged(slot.application)), chain);
  std::vector<Bytes> issuers;
  for (std::size_t i = 1; i + 1 < path.size(); ++i) issuers.push_back(der_of(path[i].get(), i2d_X509));
  return issuers;
}

void ServerConfiguration::create_self_signed(const dbus::Caller& caller, const dbus::CertificateTarget& target,
                                             const dbus::SelfSignedOptions& options, Answer<Bytes> answer) {
  const Slot slot = slot_of(target);
  dbus::SelfSignedOptions wanted = options;
  wanted.subject = subject_of(options, slot.group);
  groups_.create_self_signed(owner_of(caller), {slot.application, slot.group}, slot.certificate_type, wanted,
                             std::move(answer));
}

void ServerConfiguration::delete_certificate(const dbus::Caller& caller, const dbus::CertificateTarget& target) {
  groups_.stage_deletion(owner_of(caller), slot_of(target));
}

std::vector<dbus::TypedCertificate> ServerConfiguration::certificates(const std::string& application,
                                                                      const std::string& group_id) {
  std::vector<dbus::TypedCertificate> typed;
  for (dbus::SlotCertificate& occupied : groups_.certificates({application, group_of(application, group_id)}))
    typed.push_back({std::move(occupied.certificate_type), std::move(occupied.certificate)});
  return typed;
}

std::vector<Bytes> ServerConfiguration::rejected(const std::string& application) {
  std::vector<RejectedRecord> records;
  for (const std::string& group : group_names(applications_.get(application)))
    std::ranges::move(validation_.rejected({application, group}), std::back_inserter(records));
  std::ranges::stable_sort(records, std::greater<>(), &RejectedRecord::rejected_at);
  std::vector<Bytes> certificates;
  for (RejectedRecord& record : records) certificates.push_back(std::move(record.certificate));
  return certificates;
}

void ServerConfiguration::reset(const dbus::Caller& caller, const std::string& application,
                                Answer<std::monostate> answer) {
  groups_.reset(owner_of(caller), application, [answer = std::move(answer)] { answer(std::monostate{}); });
  Audit::Fields fields = fields_of(owner_of(caller));
  fields["application"] = application;
  if (!caller.user.empty()) fields["user"] = caller.user;
  audit_.record(Level::warning, "server-reset",
                fmt::format("application {} is as it was when it was new: its keys, certificates and trust lists are "
                            "gone",
                            application),
                fields);
}

}  // namespace edgeseal::agent
