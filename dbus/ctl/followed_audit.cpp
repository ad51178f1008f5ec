#include "dbus/ctl/followed_audit.h"

#include <poll.h>

#include <utility>

#include "dbus/client.h"
#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {
namespace {

constexpr const char* kKept =
    "type='signal',sender='org.edgeseal.Agent1',path='/org/edgeseal',interface='org.edgeseal.Audit1',member='Kept'";

}  // namespace

void follow_audit(const std::function<void()>& look) {
  const auto connection = sdbus::createSystemBusConnection();
  bool kept = true;
  const auto match = dbus::compat::add_match(*connection, kKept, [&kept](sd_bus_message*) { kept = true; });
  try {
    for (;;) {
      while (dbus::compat::process_one(*connection)) {
      }
      if (std::exchange(kept, false)) {
        look();
        continue;
      }
      const auto data = connection->getEventLoopPollData();
      pollfd watched{data.fd, data.events, 0};
      poll(&watched, 1, -1);
    }
  } catch (const sdbus::Error& error) {
    throw Failure(ExitCode::NotReachable, "the system bus is gone: " + error.getMessage());
  }
}

}  // namespace edgeseal::ctl
