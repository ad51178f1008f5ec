#include "agent/setup/bundle_installation.h"

#include <fmt/format.h>

#include "agent/certificates/certificate.h"
#include "agent/certificates/opc_ua_names.h"
#include "agent/device/device_names.h"
#include "agent/keys/public_key.h"

namespace edgeseal::agent {

namespace {

// No caller of the bus: nobody who leaves it takes the transaction along.
const TransactionOwner owner{"bundle"};
const dbus::GroupName trust_group{device_application_name, provisioning_group};

std::string digest_of(const TrustList& list) {
  return hexadecimal(sha256(encode_trust_list(list)));
}

}  // namespace

std::string BundleInstallation::trust() const {
  return digest_of(services_.lists.record(trust_group).list);
}

Slot BundleInstallation::slot_for(const jose::Bundle& bundle) {
  const CertificatePtr certificate = parse_certificate(bundle.certificate.front());
  const auto algorithm = algorithm_of(*X509_get0_pubkey(certificate.get()));
  for (const SlotDeclaration& declaration : services_.device.ensure().slots) {
    const Slot slot{device_application_name, declaration.group, declaration.certificate_type};
    if (slot.group == application_group && algorithm && takes(slot, *algorithm, RsaUse::any)) return slot;
  }
  throw Error(Code::not_supported, "the key of the bundle is of a kind that the device has no certificate type for");
}

void BundleInstallation::install(std::shared_ptr<jose::Bundle> bundle, State::Clock::time_point now, Prepared prepared,
                                 Answer<std::monostate> answer) {
  (void)services_.device.ensure();
  if (bundle->certificate.empty()) return apply(*bundle, now, prepared, std::move(answer));
  const Slot slot = slot_for(*bundle);
  OutsideKey key{"DER", tpm::SecretBytes(std::span(bundle->private_key)), {}, {}, {}};
  bundle->private_key = {};
  const dbus::SlotCertificate certificate{
      slot.certificate_type, bundle->certificate.front(), {bundle->certificate.begin() + 1, bundle->certificate.end()}};
  services_.groups.update(owner, {slot.application, slot.group}, certificate, std::move(key),
                          [=, this](std::variant<std::monostate, Error> updated) {
                            proceed(answer, updated, [&](std::monostate) { apply(*bundle, now, prepared, answer); });
                          });
}

// Whatever refuses before the commit leaves no transaction behind.
void BundleInstallation::apply(const jose::Bundle& bundle, State::Clock::time_point now, const Prepared& prepared,
                               Answer<std::monostate> answer) {
  try {
    TrustList list;
    list.trusted_certificates = bundle.anchors;
    CheckedTrustList checked = services_.lists.check(trust_group, std::move(list), now);
    const std::string digest = digest_of(checked.record.list);
    services_.groups.stage_trust_list(owner, std::move(checked));
    prepared(digest);
    services_.groups.apply(owner, device_application_name, {confirm_within_, false}, std::move(answer));
  } catch (const Error&) {
    services_.groups.withdraw(owner, device_application_name);
    throw;
  }
}

void BundleInstallation::confirm() {
  services_.groups.confirm(device_application_name);
}

void BundleInstallation::undo() {
  services_.groups.undo(device_application_name);
}

}  // namespace edgeseal::agent
