#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>

#include "agent/audit/audit.h"
#include "agent/state/integrity_seal.h"
#include "agent/state/state.h"
#include "agent/trust/trust_store.h"
#include "agent/trust/validation.h"
#include "dbus/ports.h"

namespace edgeseal::agent {

using TrustStorePtr = std::shared_ptr<const TrustStore>;

// A list that was checked and can be put into the state: see TrustLists::check().
struct CheckedTrustList {
  TrustListRecord record;  // sealed
  TrustStorePtr store;
};

// The trust lists of all groups: what the state has, its seals verified once when they are loaded. A list whose seal
// does not hold is left for the one before it, with an audit record and `changed`; where that is damaged too, the group
// trusts nobody. Loop's thread.
class TrustLists {
 public:
  struct Settings {
    std::size_t max_size = std::size_t{16} * 1024 * 1024;  // bytes, UA Binary; 0: max_size_ceiling
    MinimumStrength strength{};                            // of the certificates in a list
  };
  static constexpr std::size_t max_size_ceiling = std::size_t{64} * 1024 * 1024;
  // Of a list: for each of its CRLs as many as it has authorities of the name of its issuer.
  static constexpr std::size_t max_crl_signatures = 4096;

  // `changed`: what the group trusts, or whether it is intact, is another than before.
  TrustLists(State& state, const IntegritySeal& seal, const Audit& audit, const Settings& settings,
             std::function<void(const dbus::GroupName&)> changed);

  [[nodiscard]] std::size_t max_size() const;  // bytes, never 0

  // These throw Error{tpm_unavailable} while the seal can't be checked. A group without a list has an empty one. The
  // reference is good until the list changes.
  [[nodiscard]] const TrustListRecord& record(const dbus::GroupName& group);
  [[nodiscard]] TrustStorePtr store(const dbus::GroupName& group);
  [[nodiscard]] bool intact(const dbus::GroupName& group);
  // Whether the group was ever given a list, which may be empty or lost.
  [[nodiscard]] bool has_list(const dbus::GroupName& group);

  // A list that is to take the place of the present one, at `now`; what it does not specify stays as it is. §7.8.2.5:
  // every certificate and CRL parses, each CRL is signed by a CA of the list, no certificate is weaker than the
  // minimum; what has expired is taken. Throws Error{request_too_large, certificate_invalid,
  // certificate_policy_check_failed} naming what is at fault; then nothing changes. Needs the seal.
  [[nodiscard]] CheckedTrustList check(const dbus::GroupName& group, TrustList list, State::Clock::time_point now);
  [[nodiscard]] CheckedTrustList present(const dbus::GroupName& group);
  // The same list with other options; `last_update` stays. Needs the seal.
  [[nodiscard]] CheckedTrustList with_options(CheckedTrustList list,
                                              std::optional<std::chrono::milliseconds> update_frequency,
                                              std::optional<ValidationOptions> validation_options) const;

  // After State::commit() of a checked list, and before anybody asks for it.
  void committed(const CheckedTrustList& list);
  // The state has changed under it: an application was deleted, reset, rolled back.
  void forget(const std::string& application);

 private:
  struct Loaded {
    TrustListRecord record;
    TrustStorePtr store;
    bool intact = true;
  };
  [[nodiscard]] Loaded& load(const dbus::GroupName& group);
  [[nodiscard]] Loaded read(const dbus::GroupName& group);
  [[nodiscard]] std::optional<Loaded> read(const dbus::GroupName& group, TrustListGeneration generation);
  [[nodiscard]] Loaded replace_damaged(const dbus::GroupName& group);
  [[nodiscard]] bool holds(const TrustListRecord& record) const;
  [[nodiscard]] CheckedTrustList sealed(TrustListRecord record, TrustStorePtr store) const;

  State& state_;
  const IntegritySeal& seal_;
  const Audit& audit_;
  const Settings settings_;
  const std::function<void(const dbus::GroupName&)> changed_;
  std::map<dbus::GroupName, Loaded> loaded_;
};

// OPC 10000-12 §7.8.2.6 and §7.8.2.7: the list with one certificate more, or less. Throw Error as the methods do:
// add: certificate_invalid for `is_trusted` false, the code of validation where an issuer is missing.
// remove: invalid_argument for a thumbprint (SHA-1, hexadecimal, either case) that is not in the list. A CA goes with
// its CRLs.
[[nodiscard]] TrustList with_certificate(const TrustStore& store, ByteView certificate, bool is_trusted);
[[nodiscard]] TrustList without_certificate(const TrustStore& store, std::string_view thumbprint, bool is_trusted);

}  // namespace edgeseal::agent
