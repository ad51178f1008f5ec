#pragma once

#include <string>

#include "agent/device/device_identity.h"
#include "agent/onboarding/onboarding.h"
#include "agent/trust/peer_validation.h"
#include "tests/unit/agent/core.h"
#include "tests/unit/agent/test_ca.h"
#include "tests/unit/trust/authority.h"

namespace edgeseal::test {

// A device as it leaves the factory, on a Core: a manufacturer who signs its identity, and Registrars who want it.
struct ManufacturedDevice : Core {
  ManufacturedDevice() {
    run_until([&] { return worker.state().health == agent::TpmHealth::ready; });
    (void)value<std::monostate>([&](agent::Answer<std::monostate> answer) { seal.prepare(std::move(answer)); });
  }

  static constexpr const char* uri = "urn:example.com:gateway:4711";

  [[nodiscard]] static agent::DeviceIdentity::Wish wish(agent::IdentityKind kind = agent::IdentityKind::idevid) {
    agent::DeviceIdentity::Wish wanted;
    wanted.kind = kind;
    wanted.product_instance_uri = uri;
    return wanted;
  }
  agent::Bytes request(const agent::DeviceIdentity::Wish& wanted = wish()) {
    return value<agent::Bytes>([&](agent::Answer<agent::Bytes> answer) {
      identity.create_signing_request(manufacture, wanted, std::move(answer));
    });
  }
  agent::Bytes self_sign(const agent::DeviceIdentity::Wish& wanted = wish()) {
    return value<agent::Bytes>([&](agent::Answer<agent::Bytes> answer) {
      identity.create_self_signed(manufacture, wanted, std::nullopt, std::move(answer));
    });
  }
  void install(const agent::Bytes& certificate, agent::IdentityKind kind = agent::IdentityKind::idevid) {
    (void)value<std::monostate>([&](agent::Answer<std::monostate> answer) {
      identity.install(manufacture, kind, certificate, {}, std::move(answer));
    });
  }
  // The IDevID that the manufacturer signs.
  agent::Bytes make_idevid() {
    const agent::Bytes certificate = maker.sign(request());
    install(certificate);
    return certificate;
  }
  std::vector<agent::IdentityCertificate> identities() {
    return value<std::vector<agent::IdentityCertificate>>(
        [&](agent::Answer<std::vector<agent::IdentityCertificate>> answer) { identity.all(std::move(answer)); });
  }

  void stage_trust(const agent::TransactionOwner& owner, const Authority& authority) {
    groups.stage_trust_list(
        owner, lists.check({"device", "application"},
                           {.trusted_certificates = {authority.certificate()}, .trusted_crls = {authority.crl()}},
                           agent::State::Clock::now()));
  }
  void stage_certificate(const agent::TransactionOwner& owner) {
    const agent::Bytes csr = value<agent::Bytes>([&](agent::Answer<agent::Bytes> answer) {
      groups.create_signing_request(owner, {"device", "application"}, "ecc-nist-p256", {}, std::move(answer));
    });
    groups.update(owner, {"device", "application"}, {"ecc-nist-p256", plant_ca.sign(csr), {}});
  }
  void apply(const agent::TransactionOwner& owner) {
    (void)value<std::monostate>(
        [&](agent::Answer<std::monostate> answer) { groups.apply(owner, "device", {}, std::move(answer)); });
  }
  // What a Registrar gives: a certificate and whom to trust.
  void configure() {
    stage_certificate(registrar);
    stage_trust(registrar, plant);
    apply(registrar);
    onboarding.look();
  }

  const agent::TransactionOwner manufacture{":1.1"}, registrar{":1.7", "first"}, rival{":1.7", "second"};
  TestCa maker, plant_ca;
  const Authority plant{"plant CA"};
  int changes = 0;

  agent::DeviceApplication device{applications, {}};
  agent::Attestation attestation{state, worker};
  agent::DeviceIdentity identity{{state, device, groups, keys, transactions, attestation},
                                 {"Example", "Gateway 7", "", ""}};
  agent::Onboarding onboarding{state, identity, lists, audit, {}, [this] { ++changes; }};
  agent::PeerValidation validation{
      state, lists, audit, {}, {[] { return agent::State::Clock::now(); }, [] { return false; }}};
};

}  // namespace edgeseal::test
