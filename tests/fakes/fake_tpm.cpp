// What tests say to the chip, and hear of it.

#include <utility>

#include "tests/fakes/fake_key_device.h"
#include "tests/fakes/fake_tpm_state.h"

namespace edgeseal::test {

void FakeTpm::set_facts(tpm::TpmFacts facts) {
  const std::lock_guard lock(state_->mutex);
  state_->facts = std::move(facts);
}

void FakeTpm::set_anchor(std::optional<tpm::Anchor> anchor) {
  const std::lock_guard lock(state_->mutex);
  state_->anchor = anchor;
}

std::optional<tpm::Anchor> FakeTpm::anchor() const {
  const std::lock_guard lock(state_->mutex);
  return state_->anchor;
}

void FakeTpm::set_owner_auth(tpm::Bytes owner_auth) {
  const std::lock_guard lock(state_->mutex);
  state_->owner_auth = std::move(owner_auth);
}

void FakeTpm::set_lockout(tpm::Lockout lockout) {
  const std::lock_guard lock(state_->mutex);
  state_->lockout = lockout;
}

void FakeTpm::set_manufacturer_keys(std::vector<tpm::ManufacturerKey> keys) {
  const std::lock_guard lock(state_->mutex);
  state_->manufacturer_keys = std::move(keys);
}

void FakeTpm::adopt_without_exemption() {
  const std::lock_guard lock(state_->mutex);
  state_->adopts_exempt = false;
}

void FakeTpm::set_pcr(unsigned index, tpm::Bytes value) {
  const std::lock_guard lock(state_->mutex);
  state_->pcrs.set(index, std::move(value));
}

void FakeTpm::fail(std::optional<tpm::Fault> fault) {
  const std::lock_guard lock(state_->mutex);
  state_->fault = fault;
}

void FakeTpm::fail_once(tpm::Fault fault) {
  const std::lock_guard lock(state_->mutex);
  state_->fault_once = fault;
}

void FakeTpm::fail_opening(std::optional<tpm::Fault> fault) {
  const std::lock_guard lock(state_->mutex);
  state_->opening_fault = fault;
}

void FakeTpm::lose_answer_once() {
  const std::lock_guard lock(state_->mutex);
  state_->answer_lost = true;
}

void FakeTpm::block() {
  const std::lock_guard lock(state_->mutex);
  state_->blocked = true;
}

void FakeTpm::release() {
  const std::lock_guard lock(state_->mutex);
  state_->blocked = false;
  state_->changed.notify_all();
}

void FakeTpm::wait_until_blocked() const {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [this] { return state_->waiting > 0; });
}

FakeTpm::Counts FakeTpm::counts() const {
  const std::lock_guard lock(state_->mutex);
  return state_->counts;
}

}  // namespace edgeseal::test
