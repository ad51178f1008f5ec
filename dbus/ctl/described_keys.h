#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "dbus/ctl/slot.h"

namespace edgeseal::ctl {

struct DescribedKey {
  std::string id;  // SHA-256 of the SubjectPublicKeyInfo, hexadecimal
  std::string algorithm;
  std::string protection;  // "tpm", "sealed"
  bool exposed = false;
  std::string policy;  // "pcr", "authorised"; empty: none
  std::vector<unsigned> pcrs;
  bool resealed = false;  // sealed for the values that an update will bring, too
};

// A slot as Describe() has it; what is missing there is empty here.
struct DescribedSlot {
  SlotName name;
  std::string algorithm;   // as declared
  std::string protection;  // as declared
  std::vector<unsigned> pcrs;
  std::optional<DescribedKey> active;
  std::optional<DescribedKey> pending;
  std::string certificate_from, certificate_until;  // "2026-01-31T12:00:00Z"
};

struct DescribedAlarm {
  std::string group;  // APPLICATION/GROUP
  std::string kind;   // "certificate-expiration", "trust-list-out-of-date" ...
  std::string message;
  std::string certificate_type;  // of a slot; empty: of the group
};

[[nodiscard]] std::vector<DescribedAlarm> described_alarms(const nlohmann::json& description);
[[nodiscard]] std::vector<DescribedSlot> described_slots(const nlohmann::json& description);

}  // namespace edgeseal::ctl
