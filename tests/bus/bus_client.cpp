#include "tests/bus/bus_client.h"

#include <grp.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "dbus/compat.h"

namespace edgeseal::test {
namespace {

// The system calls themselves change this thread alone; those of libc change the process.
void become(uid_t uid, const std::vector<gid_t>& groups) {
  if (syscall(SYS_setgroups, groups.size(), groups.data()) != 0 || syscall(SYS_setresgid, uid, uid, uid) != 0 ||
      syscall(SYS_setresuid, uid, uid, uid) != 0) {
    throw std::runtime_error("the test needs root to take another account");
  }
}

}  // namespace

std::unique_ptr<sdbus::IConnection> connect_as(uid_t uid, const std::vector<gid_t>& groups) {
  if (uid == geteuid()) return sdbus::createSystemBusConnection();
  std::unique_ptr<sdbus::IConnection> connection;
  std::exception_ptr error;
  std::thread([&] {
    try {
      become(uid, groups);
      connection = sdbus::createSystemBusConnection();
    } catch (...) {
      error = std::current_exception();
    }
  }).join();
  if (error) std::rethrow_exception(error);
  return connection;
}

bool pump_until(sdbus::IConnection& connection, const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (!done()) {
    if (dbus::compat::process_one(connection)) continue;
    if (std::chrono::steady_clock::now() > end) return false;
    const auto data = connection.getEventLoopPollData();
    pollfd waited{data.fd, data.events, 0};
    poll(&waited, 1, 100);
  }
  return true;
}

std::string error_of(const std::function<void()>& call, std::string* message) {
  static const std::string prefix = "org.edgeseal.Error.";
  try {
    call();
    return "";
  } catch (const sdbus::Error& error) {
    if (message != nullptr) *message = error.getMessage();
    const std::string name = error.getName();
    return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
  }
}

std::string name_of(const dbus::compat::AsyncError& error) {
  if (!error) return "none";
  return error->getName();
}

}  // namespace edgeseal::test
