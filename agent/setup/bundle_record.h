#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/slot.h"
#include "jose/bundle/bundle.h"
#include "tpm/bytes.h"

namespace edgeseal::agent {

// What is left of a bundle that was opened.
struct AcceptedBundle {
  std::string url;
  std::uint16_t port = 0;
  std::string identifier;  // SHA-256 of its "jti", hexadecimal
  std::chrono::sys_seconds not_after;
  std::string trust;  // SHA-256 of the list that it brought, hexadecimal

  bool operator==(const AcceptedBundle&) const = default;
};

// A bundle that waits for its PIN.
struct PendingBundle {
  std::string session;                             // of the question for the PIN
  std::string ciphertext;                          // the JWE
  std::string source;                              // who brought it, for people
  unsigned limit = 0;                              // tries
  std::chrono::system_clock::time_point deadline;  // of DeviceClock
  bool counted = false;                            // the budget of tries has begun
  // It is being put into force: whether that was done, the state says.
  std::optional<AcceptedBundle> accepted{};
  bool needs_setup = true;  // a service brought it, which places first trust alone

  [[nodiscard]] std::string subject() const;  // what is guessed
  bool operator==(const PendingBundle&) const = default;
};

// What the agent remembers of bundles.
struct BundleRecord {
  struct Used {
    std::string identifier;
    std::chrono::sys_seconds not_after;
    bool operator==(const Used&) const = default;
  };

  std::optional<PendingBundle> pending;
  unsigned spent_tries = 0;  // since somebody knew a PIN, or an administrator brought a bundle
  std::vector<Used> used;    // no bundle is taken twice
  std::optional<AcceptedBundle> server;
  bool verifying = false;  // the first contact with the server is still to come

  bool operator==(const BundleRecord&) const = default;
};

[[nodiscard]] tpm::Bytes encode(const BundleRecord& record);
// Throws Error{state_unavailable} for what encode() did not make.
[[nodiscard]] BundleRecord decode_bundle_record(tpm::ByteView content);

}  // namespace edgeseal::agent
