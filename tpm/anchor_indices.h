#pragma once

#include <optional>

#include "tpm/anchor.h"
#include "tpm/nv_index.h"

namespace edgeseal::tpm {

// The NV indices of the anchor. A new counter of a TPM does not begin at zero but above all counters that the chip ever
// deleted (TPM 2.0 Part 1 §37.2.4), so a fourth index holds where ours began: written once, then locked for good. It is
// the last one defined, and the anchor counts as defined once it is locked.
//
// Found at first use and kept; the session outlives this. The contract of each function is KeyDevice's.
class AnchorIndices {
 public:
  // In the range that the TCG leaves to the owner of the platform, 0x01800000 to 0x01bfffff (Registry of Reserved TPM
  // 2.0 Handles and Localities §2.2.2).
  static constexpr TPM2_HANDLE kConfigured = 0x0180ed01;   // TPM_NT_BITS, the lowest bit
  static constexpr TPM2_HANDLE kFailedTries = 0x0180ed02;  // TPM_NT_COUNTER
  static constexpr TPM2_HANDLE kGeneration = 0x0180ed03;   // TPM_NT_COUNTER
  static constexpr TPM2_HANDLE kOrigins = 0x0180ed04;      // both counters as they began, big endian

  explicit AnchorIndices(Session& session) : session_(session) {}

  [[nodiscard]] std::optional<Anchor> read();
  Anchor define();
  void mark_configured();
  std::uint64_t count_failed_try();
  std::uint64_t advance_generation();
  void remove(const SecretBytes& owner_auth);

 private:
  struct Origins {
    std::uint64_t failed_tries = 0, generation = 0;
  };
  struct Indices {
    NvIndex configured, failed_tries, generation;
    Origins origins;
  };

  [[nodiscard]] std::optional<NvIndex> find(TPM2_HANDLE handle);
  [[nodiscard]] NvIndex find_or_define(TPM2_HANDLE handle);
  [[nodiscard]] NvIndex find_or_define_counter(TPM2_HANDLE handle);
  [[nodiscard]] Origins read_origins(const NvIndex& index);
  void write_origins(const NvIndex& index, const Origins& origins);
  void define_missing();
  void find_all();
  [[nodiscard]] Indices& indices();
  [[nodiscard]] bool configured(const NvIndex& index);
  [[nodiscard]] std::uint64_t since(std::uint64_t origin, const NvIndex& counter);
  [[nodiscard]] Anchor read(const Indices& indices);

  Session& session_;
  std::optional<Indices> found_;
};

}  // namespace edgeseal::tpm
