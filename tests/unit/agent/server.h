#pragma once

#include <openssl/x509v3.h>

#include <set>
#include <string>

#include "agent/certificates/server_configuration.h"
#include "agent/trust/peer_validation.h"
#include "agent/trust/trust_list_files.h"
#include "tests/unit/agent/core.h"
#include "tests/unit/trust/authority.h"

namespace edgeseal::test {

inline const agent::Slot ecc_slot{"opc", "application", "ecc-nist-p256"};

// What a server delegates to, on a Core: an OPC UA application whose group trusts one authority.
struct Server : Core {
  Server() {
    applications.create({"opc",
                         "urn:gateway:application",
                         "",
                         {},
                         {agent::SlotDeclaration::parse("application/ecc-nist-p256"),
                          agent::SlotDeclaration::parse("application/rsa-sha256"),
                          agent::SlotDeclaration::parse("application/ecc-nist-p384"),  // the chip makes none
                          agent::SlotDeclaration::parse("https/https")},
                         "bus",
                         {},
                         {"user-token"}});
    run_until([&] { return worker.state().health == agent::TpmHealth::ready; });
    (void)value<std::monostate>([&](agent::Answer<std::monostate> answer) { seal.prepare(std::move(answer)); });
    trust({.trusted_certificates = {ca.certificate()}});
    audited.clear();
    applied.clear();
  }

  static constexpr const char* ecc_type = "i=23538";
  static constexpr const char* rsa_type = "i=12560";
  static constexpr const char* p384_type = "i=23539";

  [[nodiscard]] static dbus::CertificateTarget target(const std::string& type = ecc_type,
                                                      const std::string& group = "i=14156") {
    return {"opc", group, type};
  }
  [[nodiscard]] static dbus::SigningRequestOptions new_key() {
    dbus::SigningRequestOptions options;
    options.regenerate_private_key = true;
    options.nonce.resize(32);
    return options;
  }

  Bytes request(const dbus::SigningRequestOptions& options = new_key(), const dbus::CertificateTarget& of = target()) {
    return value<Bytes>([&](agent::Answer<Bytes> answer) {
      configuration.create_signing_request(admin, of, options, std::move(answer));
    });
  }
  // What the authority makes of a request.
  [[nodiscard]] static Bytes sign(const Bytes& request, const Authority& issuer, const CertificateFields& fields = {}) {
    const unsigned char* cursor = agent::octets(request);
    const std::unique_ptr<X509_REQ, agent::OpensslFree<X509_REQ, X509_REQ_free>> parsed(
        d2i_X509_REQ(nullptr, &cursor, static_cast<long>(request.size())));
    return Authority(fields, X509_REQ_get_pubkey(parsed.get()), &issuer).certificate();
  }
  [[nodiscard]] Bytes sign(const Bytes& request, const CertificateFields& fields = {}) const {
    return sign(request, ca, fields);
  }

  bool push(const dbus::PushedCertificate& pushed, const dbus::CertificateTarget& to = target()) {
    return push_to(configuration, pushed, to);
  }
  bool push(const Bytes& certificate) { return push({certificate, {}, "", false}); }
  bool push_to(agent::ServerConfiguration& server, const dbus::PushedCertificate& pushed,
               const dbus::CertificateTarget& to = target()) {
    return value<bool>([&](agent::Answer<bool> answer) { server.update_certificate(admin, to, pushed, answer); });
  }
  void apply(const dbus::ApplyOptions& options = {}) {
    (void)value<std::monostate>([&](agent::Answer<std::monostate> answer) {
      groups.apply(agent::owner_of(admin), "opc", options, std::move(answer));
    });
  }
  Bytes install() {
    const Bytes certificate = sign(request());
    push(certificate);
    apply();
    return certificate;
  }
  Bytes create_self_signed(const dbus::SelfSignedOptions& options = {}, const dbus::CertificateTarget& of = target()) {
    return value<Bytes>(
        [&](agent::Answer<Bytes> answer) { configuration.create_self_signed(admin, of, options, std::move(answer)); });
  }
  void stage_list(agent::TrustList list, const std::string& group = "application") {
    groups.stage_trust_list(agent::owner_of(admin),
                            lists.check({"opc", group}, std::move(list), agent::State::Clock::now()));
  }
  void trust(agent::TrustList list, const std::string& group = "application") {
    stage_list(std::move(list), group);
    apply();
  }

  [[nodiscard]] std::vector<dbus::TypedCertificate> certificates(const std::string& group_id = "") {
    return configuration.certificates("opc", group_id);
  }
  [[nodiscard]] std::size_t count(const std::string& kind) const {
    return static_cast<std::size_t>(
        std::ranges::count(audited, kind, [](const AuditEntry& entry) { return entry.kind; }));
  }

  const dbus::Caller admin{":1.7", 0, 1, "session-1", "joe"};
  const dbus::Caller stranger{":1.7", 0, 1, "session-2", "jim"};
  const Authority ca{"plant CA"};

  std::function<bool()> setup_is_open = [this] { return state.setup_open(); };
  agent::PeerValidation validation{
      state, lists, audit, {}, {[] { return agent::State::Clock::now(); }, [this] { return setup_is_open(); }}};
  agent::ServerConfiguration configuration{
      state, applications, groups, transactions, lists, validation, audit, {}, [this] { return setup_is_open(); }};
  agent::ServerConfiguration strict{
      state, applications, groups, transactions, lists, validation, audit, {true}, [this] { return setup_is_open(); }};
  agent::TrustListFiles files{
      loop,
      lists,
      transactions,
      {},
      [this](const agent::TransactionOwner& owner, const dbus::GroupName& group, agent::TrustList list) {
        groups.stage_trust_list(owner, lists.check(group, std::move(list), agent::State::Clock::now()));
      }};
};

}  // namespace edgeseal::test
