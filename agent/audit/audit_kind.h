#pragma once

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#include "journal/entry.h"

namespace edgeseal::agent {

// Kinds for which the same is to be done share an id, and with it what the catalogue says.
namespace audit_ids {
inline constexpr journal::MessageId changed{"c6834391e82d408da4e57e6246570d81"};
inline constexpr journal::MessageId not_changed{"de3551e280e94f699460eaa0435531a6"};
inline constexpr journal::MessageId rolled_back{"c2f3ad8f98954d01937f272b96586dc3"};
inline constexpr journal::MessageId peer_refused{"b93d95e0640b4d12bf95190c0267c8a4"};
inline constexpr journal::MessageId error_suppressed{"e1d400d77dd04d3aba1efdbc19986183"};
inline constexpr journal::MessageId integrity_lost{"c9a3aa0c263c4ac4b1d0375e3523fe2d"};
inline constexpr journal::MessageId alarm{"c5ac8c15468c4ed89b1830024d7b3d98"};
inline constexpr journal::MessageId drift{"f659fc8b24b94ce9998352a99feb5047"};
inline constexpr journal::MessageId adoption{"51a8337168594f6e926c3f3d6dec582f"};
inline constexpr journal::MessageId enrolled{"d118f3a720a546de81e7acaeb6b655cd"};
inline constexpr journal::MessageId expiring{"7f312db33b8e4344aa20364c1a73a884"};
inline constexpr journal::MessageId held_up{"a5f42c95cf9746b0b950afac7c15a6a0"};
inline constexpr journal::MessageId enrolment_failed{"1ea33ec990cd446ab541034d8f7328b4"};
inline constexpr journal::MessageId approved{"f986a425382746148b46e2ae0b13c73b"};
inline constexpr journal::MessageId configuration{"e00d516517c44313b386c47e0844f6bb"};
inline constexpr journal::MessageId agent_started{"676be352f0984a1cbb4ed295659e779a"};
inline constexpr journal::MessageId setup{"83af500974f546b19209c24c30cd1762"};
inline constexpr journal::MessageId reset{"fdebcfae89f0452986881ce72f6fed82"};
inline constexpr journal::MessageId staged{"8ed509af0d7d465787f091e4129a2206"};
inline constexpr journal::MessageId staged_refused{"60a6a643529d413787dda4b722cb70a2"};
inline constexpr journal::MessageId key_exposed{"273f727bff664acb992dac3f1b0097c1"};
inline constexpr journal::MessageId bundle{"6f8461875787471a957e5c3d8eaeaf1d"};
inline constexpr journal::MessageId bundle_pin{"83839528230b41b58d73872fe0ee3526"};
inline constexpr journal::MessageId bundle_refused{"4c54451affe84caf917cd800cb1f7df9"};
inline constexpr journal::MessageId onboarding{"0eb830da9f1047fab9628bbfe917b082"};
inline constexpr journal::MessageId log_kept{"51f22a9e00734242a735b16e9390c9fe"};
inline constexpr journal::MessageId log_gap{"63b2e9f40ee949ce91bd1719cc36a128"};
inline constexpr journal::MessageId log_broken{"8c06781d0bd74551bbc7d90a6274d342"};
}  // namespace audit_ids

struct AuditKindRow {
  std::string_view name;
  journal::MessageId id;
};

// OPC 10000-12 §7.10.26 and after, OPC 10000-4 §6.1.3, and what else an auditor wants to know.
inline constexpr std::array audit_kinds = {
    AuditKindRow{"certificate-update-requested", audit_ids::changed},
    AuditKindRow{"certificate-updated", audit_ids::changed},
    AuditKindRow{"trust-list-update-requested", audit_ids::changed},
    AuditKindRow{"trust-list-updated", audit_ids::changed},
    AuditKindRow{"certificate-update-failed", audit_ids::not_changed},
    AuditKindRow{"trust-list-update-failed", audit_ids::not_changed},
    AuditKindRow{"changes-rolled-back", audit_ids::rolled_back},
    AuditKindRow{"validation-failed", audit_ids::peer_refused},
    AuditKindRow{"validation-error-suppressed", audit_ids::error_suppressed},
    AuditKindRow{"integrity-lost", audit_ids::integrity_lost},
    AuditKindRow{"alarm", audit_ids::alarm},
    AuditKindRow{"directory-drift", audit_ids::drift},
    AuditKindRow{"directory-adopted", audit_ids::adoption},
    AuditKindRow{"directory-released", audit_ids::adoption},
    AuditKindRow{"certificate-enrolled", audit_ids::enrolled},
    AuditKindRow{"certificate-expiring", audit_ids::expiring},
    AuditKindRow{"enrolment-held-up", audit_ids::held_up},
    AuditKindRow{"enrolment-failed", audit_ids::enrolment_failed},
    AuditKindRow{"authority-approved", audit_ids::approved},
    AuditKindRow{"configuration-applied", audit_ids::configuration},
    AuditKindRow{"agent-started", audit_ids::agent_started},
    AuditKindRow{"setup-state", audit_ids::setup},
    AuditKindRow{"presence", audit_ids::setup},
    AuditKindRow{"one-time-password", audit_ids::setup},
    AuditKindRow{"device-reset", audit_ids::reset},
    AuditKindRow{"server-reset", audit_ids::reset},
    AuditKindRow{"trust-staged", audit_ids::staged},
    AuditKindRow{"staged-trust-activated", audit_ids::staged},
    AuditKindRow{"staged-trust-verified", audit_ids::staged},
    AuditKindRow{"staged-trust-discarded", audit_ids::staged},
    AuditKindRow{"staged-trust-refused", audit_ids::staged_refused},
    AuditKindRow{"staged-trust-rolled-back", audit_ids::staged_refused},
    AuditKindRow{"staged-key-imported", audit_ids::key_exposed},
    AuditKindRow{"staged-key-refused", audit_ids::key_exposed},
    AuditKindRow{"bundle-staged", audit_ids::bundle},
    AuditKindRow{"bundle-accepted", audit_ids::bundle},
    AuditKindRow{"bundle-verified", audit_ids::bundle},
    AuditKindRow{"bundle-closed", audit_ids::bundle},
    AuditKindRow{"bundle-wrong-pin", audit_ids::bundle_pin},
    AuditKindRow{"bundle-locked-out", audit_ids::bundle_pin},
    AuditKindRow{"bundle-weak-pin", audit_ids::bundle_pin},
    AuditKindRow{"bundle-refused", audit_ids::bundle_refused},
    AuditKindRow{"bundle-rolled-back", audit_ids::bundle_refused},
    AuditKindRow{"onboarding-state", audit_ids::onboarding},
    AuditKindRow{"software-status", audit_ids::onboarding},
    AuditKindRow{"audit-segment-removed", audit_ids::log_kept},
    AuditKindRow{"audit-tail-repaired", audit_ids::log_kept},
    AuditKindRow{"audit-gap", audit_ids::log_gap},
    AuditKindRow{"audit-chain-broken", audit_ids::log_broken},
    AuditKindRow{"audit-anchor-missing", audit_ids::log_broken},
};

// A kind of what is audited, with the id of its entries in the journal. One that is not in the table does not compile.
class AuditKind {
 public:
  consteval AuditKind(const char* name) : AuditKind(of(name)) {}
  // Throws std::logic_error where there is none: for names that audit/ has.
  static constexpr AuditKind of(std::string_view name) {
    const auto row = std::ranges::find(audit_kinds, name, &AuditKindRow::name);
    if (row == audit_kinds.end()) throw std::logic_error("a kind of audit entries without an id: " + std::string(name));
    return AuditKind(*row);
  }

  [[nodiscard]] std::string name() const { return std::string(row_.name); }
  [[nodiscard]] journal::MessageId id() const { return row_.id; }

 private:
  explicit constexpr AuditKind(const AuditKindRow& row) : row_(row) {}

  AuditKindRow row_;
};

}  // namespace edgeseal::agent
