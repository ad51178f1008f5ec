#pragma once

#include <functional>
#include <string>

#include "agent/event_loop.h"
#include "agent/state.h"
#include "agent/tpm_worker.h"

namespace edgeseal::agent {

// Holds the disk against what the TPM remembers (tpm/anchor.h): a disk that was wiped does not open the setup again,
// and one that was put back to an older copy is noticed. Loop's thread.
class StateAnchor {
 public:
  enum class Finding {
    unchecked,  // the TPM has not been asked yet
    consistent,
    wiped,        // the TPM knows a configured device, the disk a new or older one: setup stays locked
    forged,       // the disk says that setup is open, and the TPM does not bear it out: setup stays locked
    rolled_back,  // the disk is older than the TPM has seen it
    unavailable   // the TPM has no room for the anchor, or the agent no right to it
  };

  StateAnchor(EventLoop& loop, State& state, TpmWorker& tpm, std::function<void()> changed);

  // When the TPM has become ready. Comes back by itself where the disk takes no writes.
  void check();
  // After State::activate(); answers when the TPM remembers it, or has failed to: then the next check() catches up.
  void advance(std::function<void()> done);

  [[nodiscard]] Finding finding() const { return finding_; }
  [[nodiscard]] const std::string& detail() const { return detail_; }  // with the remedy; empty where consistent

 private:
  void judge(const std::variant<tpm::Anchor, Error>& result);
  [[nodiscard]] Finding compare(const tpm::Anchor& anchor);
  void conclude(Finding finding, std::string detail);
  void catch_up(std::function<void()> done);
  void run(const std::function<tpm::Anchor(tpm::KeyDevice&)>& step, std::function<void()> done);

  EventLoop& loop_;
  State& state_;
  TpmWorker& tpm_;
  const std::function<void()> changed_;
  EventLoop::Source check_again_;
  Finding finding_ = Finding::unchecked;
  std::string detail_;
};

// For whatever gives keys, certificates, trust or applications a place on the device. Throws Error{invalid_state}.
void require_unlocked(const StateAnchor& anchor);

[[nodiscard]] std::string_view finding_name(StateAnchor::Finding finding);  // "rolled-back"

}  // namespace edgeseal::agent
