#include "agent/busy_ports.h"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "agent/bus_time.h"
#include "agent/call_error.h"
#include "agent/peer.h"

namespace edgeseal::agent {

namespace {

dbus::InhibitorInfo to_info(const Inhibitors::Inhibitor& inhibitor) {
  return {inhibitor.who, inhibitor.why, inhibitor.uid, inhibitor.pid, inhibitor.unit, inhibitor.since};
}

}  // namespace

void BusyPorts::inhibit(const dbus::Caller& caller, const std::string& who, const std::string& why,
                        const std::function<void(int descriptor)>& hand_over) {
  translated([&] {
    const policy::UniqueFd holder = inhibitors_.take({who, why, caller.uid, caller.pid, unit_of(caller.pid, caller.uid),
                                                      microseconds_of(std::chrono::system_clock::now())});
    hand_over(holder.get());
  });
}

bool BusyPorts::busy() const {
  return inhibitors_.busy();
}

void BusyPorts::require_free() const {
  translated([&] { inhibitors_.require_free(); });
}

std::vector<dbus::InhibitorInfo> BusyPorts::inhibitors() const {
  std::vector<dbus::InhibitorInfo> all;
  std::ranges::transform(inhibitors_.held(), std::back_inserter(all), to_info);
  return all;
}

void BusyPorts::contact_when_free() {
  translated([&] { contact_.remember(); });
}

bool BusyPorts::take_contact() {
  return translated([&] { return contact_.take(); });
}

bool BusyPorts::contact_pending() const {
  return contact_.pending();
}

}  // namespace edgeseal::agent
