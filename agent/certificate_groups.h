#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/applications.h"
#include "agent/key_service.h"
#include "agent/openssl.h"
#include "agent/state.h"
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

  struct Settings {
    std::chrono::seconds retired_key_grace{std::chrono::hours(24)};  // how long programs may go on with a replaced key
  };

  CertificateGroups(EventLoop& loop, State& state, KeyService& keys, Applications& applications, Observer observer,
                    const Settings& settings);
  ~CertificateGroups();

  [[nodiscard]] dbus::GroupInfo info(const dbus::GroupName& group);
  [[nodiscard]] std::vector<dbus::SlotCertificate> certificates(const dbus::GroupName& group);
  void create_signing_request(const std::string& owner, const dbus::GroupName& group,
                              const std::string& certificate_type, const dbus::SigningRequestOptions& options,
                              Answer<Bytes> answer);
  void update(const std::string& owner, const dbus::GroupName& group, const dbus::SlotCertificate& certificate);
  void apply(const std::string& owner, const dbus::GroupName& group, Answer<std::monostate> answer);
  void cancel(const std::string& owner, const dbus::GroupName& group);
  void owner_vanished(const std::string& owner);
  // Before an application goes: throws Error{transaction_pending} while its changes are being applied. After: drops
  // what is staged.
  void require_idle(const std::string& application) const;
  void forget(const std::string& application) { transactions_.erase(application); }

 private:
  struct Transaction {
    std::string owner;
    std::vector<CertificateRecord> staged;
    bool applying = false;
  };

  [[nodiscard]] Slot slot_of(const dbus::GroupName& group, const std::string& certificate_type);
  [[nodiscard]] tpm::KeyAlgorithm algorithm_of(const Slot& slot);
  void require_no_other_owner(const std::string& owner, const std::string& application) const;
  [[nodiscard]] Transaction& owned(const std::string& owner, const std::string& application);
  [[nodiscard]] KeyPtr matching_key(const Slot& slot, EVP_PKEY& certified);
  void prove_next(const std::string& application, std::size_t index, const Answer<std::monostate>& answer);
  void commit(const std::string& application, const std::vector<CertificateRecord>& staged);
  void require_free_for_creation(const Slot& slot) const;
  // Publishes what could not be published, destroys retired keys after their grace, and comes back when it has to.
  void maintain();
  [[nodiscard]] std::optional<State::Clock::duration> drop_retired_keys();

  State& state_;
  KeyService& keys_;
  Applications& applications_;
  const Observer observer_;
  const Settings settings_;
  EventLoop& loop_;
  EventLoop::Source maintenance_timer_;
  std::set<std::string> creating_;                   // applications for which a key is being made
  std::map<std::string, Transaction> transactions_;  // by application
};

}  // namespace edgeseal::agent
