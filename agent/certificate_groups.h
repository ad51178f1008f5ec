#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/applications.h"
#include "agent/certificate.h"
#include "agent/key_maker.h"
#include "agent/key_service.h"
#include "agent/openssl.h"
#include "agent/retired_keys.h"
#include "agent/state.h"
#include "agent/state_anchor.h"
#include "dbus/ports.h"

namespace edgeseal::agent {

// The certificate methods of OPC 10000-12 §7.10 for every application: requests, staged updates, their transactions.
// One transaction per application, owned by the bus name that staged first. Loop's thread.
class CertificateGroups {
 public:
  struct Observer {
    std::function<void(const dbus::GroupName&)> group_changed;
    std::function<void()> setup_changed;
  };

  CertificateGroups(EventLoop& loop, State& state, KeyService& keys, KeyMaker& maker, StateAnchor& anchor,
                    Applications& applications, RetiredKeys& retired, Observer observer);
  ~CertificateGroups();

  [[nodiscard]] dbus::GroupInfo info(const dbus::GroupName& group);
  [[nodiscard]] std::vector<dbus::SlotCertificate> certificates(const dbus::GroupName& group);
  void create_signing_request(const std::string& owner, const dbus::GroupName& group,
                              const std::string& certificate_type, const dbus::SigningRequestOptions& options,
                              Answer<Bytes> answer);
  // Makes a key and its self-signed certificate, stages both; answers the certificate.
  void create_self_signed(const std::string& owner, const dbus::GroupName& group, const std::string& certificate_type,
                          const dbus::SelfSignedOptions& options, Answer<Bytes> answer);
  // A key from outside becomes the pending one; answers its SubjectPublicKeyInfo.
  void import_key(const std::string& owner, const dbus::GroupName& group, const std::string& certificate_type,
                  OutsideKey key, Answer<Bytes> answer);
  void update(const std::string& owner, const dbus::GroupName& group, const dbus::SlotCertificate& certificate);
  // The same, with the key for which the certificate is.
  void update(const std::string& owner, const dbus::GroupName& group, const dbus::SlotCertificate& certificate,
              OutsideKey key, Answer<std::monostate> answer);
  void apply(const std::string& owner, const dbus::GroupName& group, Answer<std::monostate> answer);
  void cancel(const std::string& owner, const dbus::GroupName& group);
  void owner_vanished(const std::string& owner);
  // Those that were replaced and that programs may still use; and their end before its time, for a key that must not be
  // used any more. Returns how many ended. Throws Error{state_unavailable} while the published directory names the old
  // key.
  [[nodiscard]] std::vector<RetiredKeys::Life> retired_keys() { return retired_.all(); }
  std::size_t destroy_retired_keys(const dbus::GroupName& group, const std::string& certificate_type);
  // Before an application goes: throws Error{transaction_pending} while its changes are being applied. After: drops
  // what is staged.
  void require_idle(const std::string& application) const;
  void forget(const std::string& application) { transactions_.erase(application); }

 private:
  struct Transaction {
    std::string owner;
    std::vector<CertificateRecord> staged;
    std::set<KeyId> brought_keys;  // pending keys that go with the transaction, where it is dropped
    bool applying = false;
  };

  [[nodiscard]] Slot slot_of(const dbus::GroupName& group, const std::string& certificate_type);
  [[nodiscard]] KeyDeclaration declaration_of(const Slot& slot);
  void require_no_other_owner(const std::string& owner, const std::string& application) const;
  [[nodiscard]] Transaction& owned(const std::string& owner, const std::string& application);
  [[nodiscard]] KeyPtr matching_key(const Slot& slot, EVP_PKEY& certified);
  void prove_next(const std::string& application, std::size_t index, const Answer<std::monostate>& answer);
  void finish(const std::string& application, std::variant<std::monostate, Error> proven,
              const Answer<std::monostate>& answer);
  void commit(const std::string& application, const std::vector<CertificateRecord>& staged,
              const std::function<void()>& done);
  // A key is being made for an application, up to what is asked for with it: while one lives, nothing else is made or
  // staged there.
  struct Creation {
    std::string owner;
    bool abandoned = false;  // the owner left the bus
  };
  using CreationPtr = std::shared_ptr<Creation>;
  [[nodiscard]] CreationPtr begin_creation(const std::string& owner, const Slot& slot);
  void require_no_creation(const std::string& application) const;
  [[nodiscard]] CreationPtr creation_of(const std::string& application) const;

  struct Chain {
    CertificatePtr certificate;
    Bytes public_key;  // DER SubjectPublicKeyInfo
  };
  // Throws Error for a certificate or chain that is none.
  [[nodiscard]] static Chain parse_chain(const dbus::SlotCertificate& certificate);
  void stage(const std::string& owner, const Slot& slot, const dbus::SlotCertificate& certificate);
  void stage_with_key(const Creation& creation, const KeyPtr& key, const dbus::SlotCertificate& certificate);
  void forget_keys(const Transaction& transaction);
  void drop(const std::string& application);
  // Publishes what could not be published, destroys retired keys that are due, and comes back when it has to.
  void maintain();
  void unload(const std::vector<KeyId>& destroyed);

  State& state_;
  KeyService& keys_;
  KeyMaker& maker_;
  StateAnchor& anchor_;
  Applications& applications_;
  RetiredKeys& retired_;
  const Observer observer_;
  EventLoop& loop_;
  EventLoop::Source maintenance_timer_;
  std::map<std::string, std::weak_ptr<Creation>> creations_;  // by application
  std::map<std::string, Transaction> transactions_;           // by application
};

}  // namespace edgeseal::agent
