#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/applications.h"
#include "agent/audit/change_audit.h"
#include "agent/certificates/certificate.h"
#include "agent/certificates/certificate_subject.h"
#include "agent/certificates/changeover.h"
#include "agent/certificates/transactions.h"
#include "agent/housekeeping.h"
#include "agent/keys/key_maker.h"
#include "agent/keys/key_service.h"
#include "agent/keys/retired_keys.h"
#include "agent/openssl.h"
#include "agent/state/state.h"
#include "agent/trust/validation.h"
#include "dbus/trust_ports.h"

namespace edgeseal::agent {

inline constexpr std::size_t min_nonce_size = 32;  // OPC 10000-12 §7.10.10

// The certificate methods of OPC 10000-12 §7.10 for every application: requests, and updates that are staged in the
// transaction of the application and applied with it. Loop's thread.
class CertificateGroups {
 public:
  using Observer = Changeover::Observer;
  struct Settings {
    MinimumStrength strength{};  // of the certificates that are staged
  };

  CertificateGroups(EventLoop& loop, const Changeover::Services& services, KeyMaker& maker, const Settings& settings,
                    Observer observer);
  ~CertificateGroups();

  // Certificate types: those of its slots that have a key, or for which one can be made.
  [[nodiscard]] dbus::GroupInfo info(const dbus::GroupName& group);
  [[nodiscard]] std::vector<dbus::SlotCertificate> certificates(const dbus::GroupName& group);
  // Throws Error{invalid_argument} where the application has none of that group and type.
  [[nodiscard]] Slot slot_of(const dbus::GroupName& group, const std::string& certificate_type);

  void create_signing_request(const TransactionOwner& owner, const dbus::GroupName& group,
                              const std::string& certificate_type, const dbus::SigningRequestOptions& options,
                              Answer<Bytes> answer);
  // The same for who says himself whom the certificate is for.
  struct Wish {
    Slot slot;
    CertificateSubject subject;
    KeyDeclaration key;  // of a new one; the next two, too
    Bytes nonce{};
    bool regenerate_private_key = false;
  };
  void create_signing_request(const TransactionOwner& owner, const Wish& wish, Answer<Bytes> answer);
  // Makes a key and its self-signed certificate, stages both; answers the certificate.
  void create_self_signed(const TransactionOwner& owner, const dbus::GroupName& group,
                          const std::string& certificate_type, const dbus::SelfSignedOptions& options,
                          Answer<Bytes> answer);
  void create_self_signed(const TransactionOwner& owner, const Wish& wish, std::chrono::days lifetime,
                          Answer<Bytes> answer);
  // A key from outside becomes the pending one; answers its SubjectPublicKeyInfo.
  void import_key(const TransactionOwner& owner, const dbus::GroupName& group, const std::string& certificate_type,
                  OutsideKey key, Answer<Bytes> answer);

  // What an administrator of the device says is staged as it is.
  void update(const TransactionOwner& owner, const dbus::GroupName& group, const dbus::SlotCertificate& certificate);
  // The same, with the key for which the certificate is.
  void update(const TransactionOwner& owner, const dbus::GroupName& group, const dbus::SlotCertificate& certificate,
              OutsideKey key, Answer<std::monostate> answer);
  // What comes from elsewhere has been judged, and `condition` has to hold when it goes live.
  void stage_certificate(const TransactionOwner& owner, const dbus::GroupName& group,
                         const dbus::SlotCertificate& certificate, StagedChanges::Condition condition);
  // The certificate goes with its key. Throws Error{invalid_state} for a slot without one.
  void stage_deletion(const TransactionOwner& owner, const Slot& slot);
  void stage_trust_list(const TransactionOwner& owner, CheckedTrustList list);

  // See Changeover and Transactions.
  void apply(const TransactionOwner& owner, const std::string& application, const dbus::ApplyOptions& options,
             Answer<std::monostate> answer);
  void cancel(const TransactionOwner& owner, const std::string& application);
  // Leaves no transaction of this owner behind; nothing is done where there is none, or where it is being applied.
  void withdraw(const TransactionOwner& owner, const std::string& application);
  void confirm(
      const std::string& application, std::function<void()> done = [] {}) {
    changeover_.confirm(application, std::move(done));
  }
  void undo(const std::string& application) { changeover_.undo(application); }
  void reset(const TransactionOwner& owner, const std::string& application, std::function<void()> done);
  // All applications, whoever changes something there.
  void reset_all(std::function<void()> done);
  void owner_vanished(const std::string& bus_name);
  // Told by Transactions.
  void dropped(const std::string& application, const StagedChanges& changes);

  // Those that were replaced and that programs may still use; and their end before its time.
  [[nodiscard]] std::vector<RetiredKeys::Life> retired_keys() { return services_.retired.all(); }
  std::size_t destroy_retired_keys(const dbus::GroupName& group, const std::string& certificate_type);
  // Before an application goes: throws Error{transaction_pending} while its changes are being applied.
  void require_idle(const std::string& application) const;
  // The application with all that is staged and kept of it. Throws what require_idle() and Applications::remove() do.
  void remove(const std::string& application);

 private:
  // A key is being made for an application, up to what is asked for with it: while one lives, nothing else is made or
  // staged there.
  struct Creation {
    TransactionOwner owner;
    bool abandoned = false;  // the owner left the bus
  };
  using CreationPtr = std::shared_ptr<Creation>;
  [[nodiscard]] CreationPtr begin_creation(const TransactionOwner& owner, const Slot& slot);
  void require_no_creation(const std::string& application) const;
  [[nodiscard]] CreationPtr creation_of(const std::string& application) const;

  struct Chain {
    CertificatePtr certificate;
    Bytes public_key;  // DER SubjectPublicKeyInfo
  };
  // Throws Error for a certificate or chain that is none, or is too weak.
  [[nodiscard]] Chain parse_chain(const dbus::SlotCertificate& certificate) const;
  void stage(const TransactionOwner& owner, const Slot& slot, const dbus::SlotCertificate& certificate,
             StagedChanges::Condition condition);
  void stage_with_key(const Creation& creation, const KeyPtr& key, const dbus::SlotCertificate& certificate);
  [[nodiscard]] KeyDeclaration declaration_of(const Slot& slot);
  [[nodiscard]] KeyPtr matching_key(const Slot& slot, EVP_PKEY& certified);
  [[nodiscard]] bool is_occupied(const Slot& slot) const;  // once what is staged is in force

  const Changeover::Services services_;
  KeyMaker& maker_;
  const Settings settings_;
  const ChangeAudit audit_;
  const Observer observer_;
  Housekeeping housekeeping_;
  Changeover changeover_;
  std::map<std::string, std::weak_ptr<Creation>> creations_;  // by application
};

}  // namespace edgeseal::agent
