#pragma once

#include <chrono>
#include <cstddef>

#include "agent/event_loop.h"
#include "agent/state/state.h"
#include "agent/tpm_worker.h"

namespace edgeseal::agent {

inline constexpr std::chrono::minutes key_creation_time_limit{3};  // RSA keys take a minute on slow chips

// RSA keys made ahead, because a chip takes seconds to a minute for one and does nothing else meanwhile: for each size
// that a `tpm` slot without PCRs declares, so many are kept in the state. Made one after the other, when nobody has
// wanted anything of the TPM for a while. Loop's thread.
class SpareKeys {
 public:
  struct Settings {
    std::size_t count = 1;
    std::chrono::milliseconds quiet{std::chrono::minutes(1)};  // before one is made
  };

  SpareKeys(EventLoop& loop, State& state, TpmWorker& tpm, const Settings& settings);

  // One for a key that is wanted now, where there is one.
  [[nodiscard]] std::optional<SpareKey> take(const KeyDeclaration& wanted);
  // Makes what is missing, later. To be called when the TPM becomes ready, and after whatever takes a key or declares a
  // slot; nothing else wakes it. Never fails: what goes wrong is logged.
  void refill();

 private:
  void make_one();
  void make(tpm::KeyAlgorithm algorithm);
  [[nodiscard]] std::optional<tpm::KeyAlgorithm> missing();

  EventLoop& loop_;
  State& state_;
  TpmWorker& tpm_;
  const Settings settings_;
  EventLoop::Source timer_;
  bool making_ = false;
};

}  // namespace edgeseal::agent
