#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

#include "tests/fakes/fake_key_device.h"
#include "tests/fakes/fake_pcrs.h"

namespace edgeseal::test {

struct FakeTpm::State {
  mutable std::mutex mutex;  // guards everything below
  mutable std::condition_variable changed;
  tpm::TpmFacts facts;
  std::optional<tpm::Fault> fault, fault_once, opening_fault;
  bool answer_lost = false;
  std::optional<tpm::Anchor> anchor;
  tpm::Bytes owner_auth;
  tpm::Lockout lockout;
  std::vector<tpm::ManufacturerKey> manufacturer_keys;
  bool adopts_exempt = true;
  FakePcrs pcrs;
  bool blocked = false;
  std::size_t waiting = 0;
  Counts counts;

  void wait_while_blocked(std::unique_lock<std::mutex>& lock) {
    if (!blocked) return;
    ++waiting;
    changed.notify_all();
    changed.wait(lock, [this] { return !blocked; });
    --waiting;
  }

  // What the operation that arrives now does: counts it, holds it up, and says whether it fails.
  [[nodiscard]] std::optional<tpm::Fault> arrive(std::size_t Counts::*kind) {
    std::unique_lock lock(mutex);
    if (kind != nullptr) ++(counts.*kind);
    wait_while_blocked(lock);
    if (fault_once) return std::exchange(fault_once, std::nullopt);
    return fault;
  }
};

}  // namespace edgeseal::test
