#include "tpm/context.h"

#include <tss2/tss2_rc.h>

#include <thread>
#include <utility>

#include "tpm/lockout.h"

namespace edgeseal::tpm {

Context::Context(std::string tcti, std::vector<std::chrono::milliseconds> retry_pauses)
    : configuration_(std::move(tcti)), retry_pauses_(std::move(retry_pauses)), tcti_(open_tcti(configuration_)) {
  ESYS_CONTEXT* esys = nullptr;
  const TSS2_RC rc = Esys_Initialize(&esys, tcti_.get(), nullptr);
  if (rc != TSS2_RC_SUCCESS) throw Error("open TPM", rc);
  esys_.reset(esys);
  start();
}

Context::~Context() {
  esys_.reset();
  tcti_.reset();
  flush_abandoned(configuration_, abandoned_);
}

// The firmware or a resource manager has nearly always started the TPM, which then answers TPM_RC_INITIALIZE.
void Context::start() {
  const TSS2_RC rc = run_until_not_busy([](ESYS_CONTEXT* esys) { return Esys_Startup(esys, TPM2_SU_CLEAR); });
  if (rc == TSS2_RC_SUCCESS || (from_chip(rc) && chip_code(rc) == TPM2_RC_INITIALIZE)) return;
  if (!from_chip(rc)) throw Error("start TPM", Fault::absent, configuration_ + ": " + Tss2_RC_Decode(rc));
  throw Error("start TPM", rc);
}

void Context::run(const char* operation, const Command& command) {
  const TSS2_RC rc = attempt(operation, command);
  if (rc != TSS2_RC_SUCCESS) fail(operation, rc);
}

bool Context::run_if_handle_known(const char* operation, const Command& command) {
  const TSS2_RC rc = attempt(operation, command);
  if (lacks_handle(rc)) return false;
  if (rc != TSS2_RC_SUCCESS) fail(operation, rc);
  return true;
}

TSS2_RC Context::attempt(const char* operation, const Command& command) const {
  if (state_ != State::good) throw Error(operation, Fault::transport, "the TPM connection failed before; open it anew");
  return run_until_not_busy(command);
}

void Context::fail(const char* operation, TSS2_RC rc) {
  note_failure(rc);
  const Error error(operation, rc);
  throw error.fault() == Fault::locked_out ? with_lockout(error) : error;
}

// At best: that the chip is locked out is the news, and it may not answer anything else either.
Error Context::with_lockout(const Error& error) noexcept {
  if (asking_for_lockout_) return error;
  asking_for_lockout_ = true;
  Error told = error;
  try {
    told = locked_out(error, read_lockout(*this));
  } catch (const Error&) {
  }
  asking_for_lockout_ = false;
  return told;
}

TSS2_RC Context::run_until_not_busy(const Command& command) const {
  TSS2_RC rc = command(esys_.get());
  for (const auto pause : retry_pauses_) {
    if (rc == TSS2_RC_SUCCESS || classify(rc) != Fault::busy) break;
    std::this_thread::sleep_for(pause);
    rc = command(esys_.get());
  }
  return rc;
}

void Context::note_failure(TSS2_RC rc) noexcept {
  if (classify(rc) != Fault::transport) return;
  const bool forgot_all = from_chip(rc) && !lacks_handle(rc);  // a missing handle: one thing was evicted, by somebody
  state_ = forgot_all ? State::reset : State::broken;
}

void Context::flush(ESYS_TR handle) noexcept {
  clear_auth(handle);
  if (state_ == State::good) {
    const TSS2_RC rc = run_until_not_busy([handle](ESYS_CONTEXT* esys) { return Esys_FlushContext(esys, handle); });
    if (rc == TSS2_RC_SUCCESS) return;
    note_failure(rc);
    if (classify(rc) == Fault::busy) state_ = State::broken;  // else the slot would be lost for as long as we run
  }
  TPM2_HANDLE in_chip = 0;
  const bool known = Esys_TR_GetTpmHandle(esys_.get(), handle, &in_chip) == TSS2_RC_SUCCESS;
  if (known && state_ == State::broken) abandoned_.push_back(in_chip);
  forget(handle);
}

void Context::forget(ESYS_TR handle) noexcept {
  Esys_TR_Close(esys_.get(), &handle);
}

void Context::restore_attributes(ESYS_TR session, TPMA_SESSION attributes) noexcept {
  Esys_TRSess_SetAttributes(esys_.get(), session, attributes, kAllAttributes);  // fails for an unknown session only
}

// With zeros: without them ESAPI only forgets how long the authValue was.
void Context::clear_auth(ESYS_TR object) noexcept {
  const TPM2B_AUTH zeros{};
  Esys_TR_SetAuth(esys_.get(), object, &zeros);  // fails for an unknown object only
}

}  // namespace edgeseal::tpm
