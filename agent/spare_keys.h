#pragma once

#include <cstddef>

#include "agent/state.h"
#include "agent/tpm_worker.h"

namespace edgeseal::agent {

inline constexpr std::chrono::minutes key_creation_time_limit{3};  // RSA keys take a minute on slow chips

// RSA keys made ahead, because a chip takes seconds to a minute for one: for each size that a `tpm` slot without PCRs
// declares, so many are kept in the state. Made one after the other, behind everything else that the TPM has to do.
// Loop's thread.
class SpareKeys {
 public:
  SpareKeys(State& state, TpmWorker& tpm, std::size_t count) : state_(state), tpm_(tpm), count_(count) {}

  // One for a key that is wanted now, where there is one.
  [[nodiscard]] std::optional<SpareKey> take(const KeyDeclaration& wanted);
  // Makes what is missing. To be called when the TPM becomes ready, and after whatever takes a key or declares a slot;
  // nothing else wakes it.
  void refill();

 private:
  [[nodiscard]] std::optional<tpm::KeyAlgorithm> missing();

  State& state_;
  TpmWorker& tpm_;
  const std::size_t count_;
  bool making_ = false;
};

}  // namespace edgeseal::agent
