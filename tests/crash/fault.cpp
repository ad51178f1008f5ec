#include "tests/crash/fault.h"

#include <sys/syscall.h>

namespace edgeseal::crash {

using Effect = WritingCall::Effect;
using Touches = StoppedCall::Touches;

Deed Fault::decide(const StoppedCall& stopped) {
  const std::lock_guard lock(mutex_);
  Deed deed;
  if (active_ && concerns(stopped) && ++calls_ >= point_) {
    if (!struck_) struck_ = stopped;
    deed = strike(calls_ - point_);
  }
  if (deed.kind == Deed::Kind::proceed && !struck_) pass(stopped);
  return deed;
}

std::optional<StoppedCall> Fault::struck() const {
  const std::lock_guard lock(mutex_);
  return struck_;
}

bool Kill::concerns(const StoppedCall& stopped) const {
  return stopped.touches != Touches::nothing_that_lasts;
}

void PowerCut::pass(const StoppedCall& stopped) {
  if (stopped.touches != Touches::storage || stopped.call->effect != Effect::syncs) return;
  const policy::UniqueFd file = copy_of_descriptor(stopped.process, stopped.descriptor);
  if (stopped.call->number == SYS_syncfs)
    platter_.sync_all();
  else
    platter_.sync(file.get());
}

bool DiskFull::concerns(const StoppedCall& stopped) const {
  return stopped.touches == Touches::storage && stopped.takes_space;
}

bool SyncError::concerns(const StoppedCall& stopped) const {
  return stopped.touches == Touches::storage && stopped.call->effect == Effect::syncs;
}

}  // namespace edgeseal::crash
