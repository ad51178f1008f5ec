#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/fake_transactions.h"
#include "tests/fakes/port_fault.h"

namespace edgeseal::dbus::fake {

class FakeCertificateGroups final : public CertificateGroupPort {
 public:
  explicit FakeCertificateGroups(FakeTransactions& transactions) : transactions_(transactions) {}

  mutable Fault fault;
  bool hold = false;  // answers wait for release()
  std::vector<std::function<void()>> held;
  std::vector<SlotCertificate> active;
  std::optional<SigningRequestOptions> last_request;
  std::vector<std::string> vanished;
  std::optional<SelfSignedOptions> last_self_signed;
  Bytes self_signed = bytes("self-signed");
  Bytes public_key = bytes("SubjectPublicKeyInfo");
  struct GivenKey {
    std::string format, private_key, passphrase, protection;
  };
  std::optional<GivenKey> last_key;
  bool keeps_keys = true;  // false: leaves no copy of what it is given
  struct Asked {
    std::string certificate_type;
    WhichKey which = WhichKey::active;
    std::string passphrase;
    Bytes nonce;
  };
  std::optional<Asked> last_asked;  // for an export or for evidence

  GroupInfo group_info(const GroupName& group) const override {
    fault.strike();
    return {{group.group},
            "/pki/" + group.application + "/" + group.group,
            transactions_.active.contains(group.application)};
  }

  void create_signing_request(const Caller&, const GroupName&, const std::string& type,
                              const SigningRequestOptions& options, Completion<Bytes> done) override {
    fault.strike();
    last_request = options;
    if (type == "no-such-type") return done(CallError("InvalidArgument", "the group has no certificate type " + type));
    answer([done = std::move(done), type] { done(bytes("request for " + type)); });
  }

  void create_self_signed_certificate(const Caller& caller, const GroupName& group, const std::string& type,
                                      const SelfSignedOptions& options, Completion<Bytes> done) override {
    fault.strike();
    stage(caller, group, {type, self_signed, {}});
    last_self_signed = options;
    answer([this, done = std::move(done)] { done(self_signed); });
  }

  void update_certificate(const Caller& caller, const GroupName& group, const SlotCertificate& certificate,
                          std::optional<OutsideKey> key, Completion<bool> done) override {
    fault.strike();
    stage(caller, group, certificate);
    if (key) keep(*key);
    done(true);
  }

  void import_private_key(const Caller&, const GroupName&, const std::string&, OutsideKey key,
                          Completion<Bytes> done) override {
    fault.strike();
    keep(key);
    done(public_key);
  }

  void export_tss_private_key(const Caller&, const GroupName&, const std::string& type, WhichKey which,
                              Secret passphrase, Completion<Bytes> done) override {
    fault.strike();
    last_asked = {type, which, keeps_keys ? text(passphrase) : "", {}};
    done(bytes("TSSPRIVKEY"));
  }

  std::uint32_t destroy_retired_keys(const Caller&, const GroupName&, const std::string& type) override {
    fault.strike();
    last_asked = {type, {}, "", {}};
    return 2;
  }

  void certify_key(const Caller&, const GroupName&, const std::string& type, WhichKey which, const Bytes& nonce,
                   Completion<KeyEvidence> done) override {
    fault.strike();
    last_asked = {type, which, "", nonce};
    done(KeyEvidence{bytes("public"), bytes("info"), bytes("signature"), bytes("attestation"), {bytes("endorsement")}});
  }

  std::vector<SlotCertificate> certificates(const GroupName&) const override { return active; }

  void owner_vanished(const std::string& bus_name) override {
    vanished.push_back(bus_name);
    transactions_.drop(bus_name);
  }

  void release() {
    for (const auto& answer : std::exchange(held, {})) answer();
  }

 private:
  void stage(const Caller& caller, const GroupName& group, const SlotCertificate& certificate) {
    transactions_.stage_certificate(caller, group, [this, certificate] {
      std::erase_if(active, [&](const auto& slot) { return slot.certificate_type == certificate.certificate_type; });
      active.push_back(certificate);
    });
  }

  void keep(const OutsideKey& key) {
    if (!keeps_keys) return;
    last_key = {key.format, text(key.private_key), text(key.passphrase), key.protection};
  }

  void answer(std::function<void()> now) {
    if (hold) {
      held.push_back(std::move(now));
    } else {
      now();
    }
  }

  FakeTransactions& transactions_;
};

}  // namespace edgeseal::dbus::fake
