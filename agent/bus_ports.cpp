#include "agent/bus_ports.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/access.h"
#include "agent/application_info.h"
#include "agent/call_error.h"
#include "agent/description.h"
#include "agent/journal.h"

namespace edgeseal::agent {

namespace {

OutsideKey to_outside_key(const dbus::OutsideKey& key) {
  OutsideKey outside{key.format, tpm::SecretBytes(key.private_key.view()), tpm::SecretBytes(key.passphrase.view()), {}};
  if (!key.protection.empty()) outside.protection = parse_protection(key.protection);
  return outside;
}

struct EndorsementKeyName {
  tpm::EndorsementKey key;
  std::string_view name;
};
constexpr std::array endorsement_key_names = {EndorsementKeyName{tpm::EndorsementKey::rsa_2048, "rsa-2048"},
                                              EndorsementKeyName{tpm::EndorsementKey::ecc_p256, "ec-p256"}};

tpm::EndorsementKey to_endorsement_key(const std::string& name) {
  const auto found = std::ranges::find(endorsement_key_names, name, &EndorsementKeyName::name);
  if (found != endorsement_key_names.end()) return found->key;
  throw Error(Code::invalid_argument,
              fmt::format("unknown endorsement key \"{:.32}\": choose rsa-2048 or ec-p256", name));
}

std::string_view kind_name(tpm::ManufacturerKey::Kind kind) {
  switch (kind) {
    case tpm::ManufacturerKey::Kind::endorsement: return "endorsement";
    case tpm::ManufacturerKey::Kind::idevid: return "idevid";
    case tpm::ManufacturerKey::Kind::iak: return "iak";
  }
  return "unknown";
}

dbus::ManufacturerKeyInfo to_info(const tpm::ManufacturerKey& key) {
  return {std::string(kind_name(key.kind)), key.algorithm, key.handle, key.nv_index, key.public_area, key.certificate};
}

}  // namespace

std::string BusPorts::version() const {
  return EDGESEAL_VERSION;
}

dbus::TpmStatus BusPorts::tpm_status() const {
  const TpmState& state = services_.tpm.state();
  return {std::string(health_name(state.health)), state.detail, tpm_facts(state.facts)};
}

std::string BusPorts::describe() const {
  return translated([&] {
    return describe_agent({services_.state, services_.applications, services_.tpm.state(), services_.anchor,
                           services_.groups.retired_keys(), services_.state.unpublished(), services_.lists,
                           services_.alarms, services_.guard, services_.setup, services_.places, services_.accounts});
  });
}

std::vector<dbus::ApplicationInfo> BusPorts::applications() const {
  return translated([&] {
    std::vector<dbus::ApplicationInfo> infos;
    for (const ApplicationRecord& record : services_.applications.list()) infos.push_back(application_info(record));
    return infos;
  });
}

void BusPorts::create_application(const dbus::Caller&, const dbus::NewApplication& application) {
  translated([&] {
    require_unlocked(services_.anchor);
    ApplicationRecord record{
        application.name,  application.application_uri, application.account, application.access, {}, "bus",
        application.legacy};
    record.trust_groups = application.trust_groups;
    record.server_capabilities = application.server_capabilities;
    record.exports = application.exports;
    for (const std::string& slot : application.slots) record.slots.push_back(SlotDeclaration::parse(slot));
    observer_.application_added(application_info(services_.applications.create(std::move(record))));
  });
}

void BusPorts::delete_application(const dbus::Caller&, const std::string& name) {
  translated([&] {
    services_.groups.remove(name);
    services_.applications.publish_missing();
    observer_.application_removed(name);
  });
}

bool BusPorts::add_access_rule(const dbus::Caller&, const std::string& application, const std::string& rule) {
  return translated([&] {
    require_unlocked(services_.anchor);
    const bool added = services_.applications.add_access_rule(application, rule);
    if (added) observer_.access_changed(application, services_.applications.get(application).access);
    return added;
  });
}

bool BusPorts::remove_access_rule(const dbus::Caller&, const std::string& application, const std::string& rule) {
  return translated([&] {
    const bool removed = services_.applications.remove_access_rule(application, rule);
    if (removed) observer_.access_changed(application, services_.applications.get(application).access);
    return removed;
  });
}

void BusPorts::manufacturer_keys(dbus::Completion<std::vector<dbus::ManufacturerKeyInfo>> done) {
  using Keys = std::vector<tpm::ManufacturerKey>;
  translated([&] {
    services_.attestation.manufacturer_keys(
        to_answer<Keys, std::vector<dbus::ManufacturerKeyInfo>>(std::move(done), [](const Keys& keys) {
          std::vector<dbus::ManufacturerKeyInfo> infos;
          for (const tpm::ManufacturerKey& key : keys) infos.push_back(to_info(key));
          return infos;
        }));
  });
}

void BusPorts::activate_credential(const dbus::Caller&, const std::string& endorsement_key,
                                   const dbus::Bytes& credential, const dbus::Bytes& encrypted_secret,
                                   dbus::Completion<dbus::Secret> done) {
  translated([&] {
    services_.attestation.activate(
        to_endorsement_key(endorsement_key), credential, encrypted_secret,
        to_answer<tpm::SecretBytes, dbus::Secret>(
            std::move(done), [](const tpm::SecretBytes& secret) { return dbus::Secret(secret.view()); }));
  });
}

void BusPorts::read_pcrs(const dbus::Caller& caller, const std::vector<std::uint32_t>& pcrs,
                         dbus::Completion<dbus::PcrValues> done) {
  translated([&] { PcrPolicies::read(pcrs, services_.tpm, caller.uid, to_answer(std::move(done))); });
}

dbus::PcrApprovalRequest BusPorts::prepare_pcr_approval(const dbus::PcrValues& values) const {
  return translated([&] {
    PcrPolicies::ApprovalRequest request = PcrPolicies::prepare(values);
    return dbus::PcrApprovalRequest{std::move(request.pcr_digest), std::move(request.policy)};
  });
}

void BusPorts::add_pcr_approval(const dbus::Caller&, const dbus::PcrValues& values, const dbus::Bytes& signature) {
  translated([&] { services_.policies.approve(values, signature, services_.tpm); });
}

void BusPorts::reseal(const dbus::Caller&, const dbus::PcrValues& values, dbus::Completion<std::uint32_t> done) {
  translated([&] {
    services_.policies.reseal(values, services_.keys, services_.sealed, services_.tpm, to_answer(std::move(done)));
  });
}

dbus::GroupInfo BusPorts::group_info(const dbus::GroupName& group) const {
  return translated([&] { return services_.groups.info(group); });
}

void BusPorts::create_signing_request(const dbus::Caller& caller, const dbus::GroupName& group,
                                      const std::string& certificate_type, const dbus::SigningRequestOptions& options,
                                      dbus::Completion<dbus::Bytes> done) {
  translated([&] {
    require_unlocked(services_.anchor);
    services_.groups.create_signing_request(owner_of(caller), group, certificate_type, options,
                                            to_answer(std::move(done)));
  });
}

void BusPorts::create_self_signed_certificate(const dbus::Caller& caller, const dbus::GroupName& group,
                                              const std::string& certificate_type,
                                              const dbus::SelfSignedOptions& options,
                                              dbus::Completion<dbus::Bytes> done) {
  translated([&] {
    require_unlocked(services_.anchor);
    services_.groups.create_self_signed(owner_of(caller), group, certificate_type, options, to_answer(std::move(done)));
  });
}

void BusPorts::update_certificate(const dbus::Caller& caller, const dbus::GroupName& group,
                                  const dbus::SlotCertificate& certificate, std::optional<dbus::OutsideKey> key,
                                  dbus::Completion<bool> done) {
  const auto staged = to_answer<std::monostate, bool>(std::move(done), [](std::monostate) { return true; });
  translated([&] {
    require_unlocked(services_.anchor);
    if (key) return services_.groups.update(owner_of(caller), group, certificate, to_outside_key(*key), staged);
    services_.groups.update(owner_of(caller), group, certificate);
    staged(std::monostate{});
  });
}

void BusPorts::import_private_key(const dbus::Caller& caller, const dbus::GroupName& group,
                                  const std::string& certificate_type, dbus::OutsideKey key,
                                  dbus::Completion<dbus::Bytes> done) {
  translated([&] {
    require_unlocked(services_.anchor);
    services_.groups.import_key(owner_of(caller), group, certificate_type, to_outside_key(key),
                                to_answer(std::move(done)));
  });
}

KeyPtr BusPorts::key_of(const dbus::GroupName& group, const std::string& certificate_type, dbus::WhichKey which) const {
  const Slot slot{group.application, group.group, certificate_type};
  const KeyStatus status = which == dbus::WhichKey::active ? KeyStatus::active : KeyStatus::pending;
  const auto record = services_.state.key(slot, status);
  if (!record)
    throw Error(Code::not_found, fmt::format("{} has no {} key; see edgesealctl key list {}", slot.key_name(),
                                             status == KeyStatus::active ? "active" : "pending", slot.application));
  return services_.keys.find(record->id);
}

void BusPorts::export_tss_private_key(const dbus::Caller&, const dbus::GroupName& group,
                                      const std::string& certificate_type, dbus::WhichKey which,
                                      dbus::Secret passphrase, dbus::Completion<dbus::Bytes> done) {
  translated([&] {
    services_.keys.export_tss_private_key(key_of(group, certificate_type, which), tpm::SecretBytes(passphrase.view()),
                                          to_answer(std::move(done)));
  });
}

std::uint32_t BusPorts::destroy_retired_keys(const dbus::Caller&, const dbus::GroupName& group,
                                             const std::string& certificate_type) {
  return translated(
      [&] { return static_cast<std::uint32_t>(services_.groups.destroy_retired_keys(group, certificate_type)); });
}

void BusPorts::certify_key(const dbus::Caller& caller, const dbus::GroupName& group,
                           const std::string& certificate_type, dbus::WhichKey which, const dbus::Bytes& nonce,
                           dbus::Completion<dbus::KeyEvidence> done) {
  using Made = std::shared_ptr<KeyEvidence>;
  translated([&] {
    services_.attestation.certify(key_of(group, certificate_type, which), nonce, caller.uid,
                                  to_answer<Made, dbus::KeyEvidence>(std::move(done), [](const Made& made) {
                                    tpm::Evidence& evidence = made->evidence;
                                    return dbus::KeyEvidence{
                                        std::move(evidence.public_area), std::move(evidence.certify_info),
                                        std::move(evidence.signature), std::move(evidence.attestation_public_area),
                                        std::move(made->endorsement_certificates)};
                                  }));
  });
}

std::vector<dbus::SlotCertificate> BusPorts::certificates(const dbus::GroupName& group) const {
  return translated([&] { return services_.groups.certificates(group); });
}

void BusPorts::owner_vanished(const std::string& bus_name) {
  services_.files.owner_vanished(bus_name);
  services_.groups.owner_vanished(bus_name);
}

void BusPorts::internal_error(const std::string& where, const std::string& what) {
  log(Level::error, Event::internal_error, fmt::format("{}: {}", where, what), {{"MEMBER", where}});
}

std::optional<uid_t> BusPorts::account_of(const std::string& application) const {
  return translated([&]() -> std::optional<uid_t> {
    const auto record = services_.state.application(application);
    return record ? find_account(record->account) : std::nullopt;
  });
}

bool BusPorts::is_account(uid_t uid) const {
  return translated([&] {
    return std::ranges::any_of(services_.state.applications(),
                               [&](const ApplicationRecord& record) { return find_account(record.account) == uid; });
  });
}

}  // namespace edgeseal::agent
