#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "agent/event_loop.h"
#include "agent/state/state.h"
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

  struct Disk {  // what it says
    std::uint64_t generation = 0;
    bool configured = false;
  };

  // `pause`: before the next check where one came to nothing.
  StateAnchor(EventLoop& loop, State& state, TpmWorker& tpm, std::function<void()> changed,
              std::chrono::milliseconds pause = std::chrono::seconds(10));

  // When the TPM has become ready. Comes back by itself where the disk takes no writes, the TPM is far behind it or had
  // no time.
  void check();
  // After State::commit(); answers when the TPM remembers it, or has failed to: then the next check() catches up.
  void advance(std::function<void()> done);

  [[nodiscard]] Finding finding() const { return finding_; }
  [[nodiscard]] const std::string& detail() const { return detail_; }  // with the remedy; empty where consistent

 private:
  void judge(const std::variant<tpm::Anchor, Error>& result);
  void put_off(const Error& error);
  [[nodiscard]] Finding compare(const tpm::Anchor& anchor);
  void conclude(Finding finding, std::string detail);
  using Step = tpm::Anchor (*)(tpm::KeyDevice&, const Disk&);
  // Steps until the chip is where the disk is, or has gone as far as one check may.
  void run(Step first, std::function<void()> done);
  void climb(Step first, const Answer<tpm::Anchor>& answer);
  void climb(Step step, const Disk& disk, unsigned left, const Answer<tpm::Anchor>& answer);

  EventLoop& loop_;
  State& state_;
  TpmWorker& tpm_;
  const std::function<void()> changed_;
  const std::chrono::milliseconds pause_;
  EventLoop::Source check_again_;
  Finding finding_ = Finding::unchecked;
  std::string detail_;
};

// The anchor, made where the TPM has none yet. In the thread of the TPM.
[[nodiscard]] tpm::Anchor read_or_define(tpm::KeyDevice& device);

// For whatever gives keys, certificates, trust or applications a place on the device. Throws Error{invalid_state}.
void require_unlocked(const StateAnchor& anchor);

[[nodiscard]] std::string_view finding_name(StateAnchor::Finding finding);  // "rolled-back"

}  // namespace edgeseal::agent
