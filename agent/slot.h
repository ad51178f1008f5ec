#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tpm/key_device.h"

namespace edgeseal::agent {

// One purpose of one application: at most one active key and certificate and one pending key.
struct Slot {
  std::string application;
  std::string group;
  std::string certificate_type;

  auto operator<=>(const Slot&) const = default;
  // application/group/certificate-type: the key name of the socket and of key references.
  [[nodiscard]] std::string key_name() const;
};

// A slot as an application declares it: "https/https=ec-p256", "application/rsa-sha256".
struct SlotDeclaration {
  std::string group;
  std::string certificate_type;
  tpm::KeyAlgorithm algorithm;

  bool operator==(const SlotDeclaration&) const = default;
  // Throws Error{invalid_argument} naming the allowed values.
  [[nodiscard]] static SlotDeclaration parse(std::string_view text);
  [[nodiscard]] std::string text() const;
};

// Nothing for an EC key.
[[nodiscard]] std::optional<std::size_t> modulus_bits(tpm::KeyAlgorithm algorithm);
[[nodiscard]] std::string_view algorithm_name(tpm::KeyAlgorithm algorithm);  // "ec-p256"
[[nodiscard]] tpm::KeyAlgorithm parse_algorithm(std::string_view name);      // throws Error{invalid_argument}

}  // namespace edgeseal::agent
