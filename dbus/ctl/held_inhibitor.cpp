#include "dbus/ctl/held_inhibitor.h"

#include <fcntl.h>

#include <utility>

namespace edgeseal::ctl {

HeldInhibitor::HeldInhibitor(AgentConnection& agent, std::string who, std::string why)
    : agent_(agent), who_(std::move(who)), why_(std::move(why)) {
  take();
}

void HeldInhibitor::take_again() {
  descriptor_.reset();
  take();
}

void HeldInhibitor::take() {
  agent_.with_busy([this](dbus::RemoteBusy& busy) { descriptor_ = busy.Inhibit(who_, why_, {}); });
  fcntl(descriptor_.get(), F_SETFD, FD_CLOEXEC);  // sdbus-c++ makes its copies without
}

}  // namespace edgeseal::ctl
