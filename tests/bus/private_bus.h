#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "tests/tpm/temporary_directory.h"

namespace edgeseal::test {

// A dbus-daemon with a directory, a configuration and a socket of its own; DBUS_SYSTEM_BUS_ADDRESS leads there.
// Everybody may connect and own every name, as on a system bus whose policies are all installed.
class PrivateBus {
 public:
  PrivateBus();
  ~PrivateBus();
  PrivateBus(const PrivateBus&) = delete;
  PrivateBus& operator=(const PrivateBus&) = delete;

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }
  // Of files as those of system-services: what the bus starts, as the account of the test.
  [[nodiscard]] std::filesystem::path services() const { return directory() / "services"; }
  void stop();

 private:
  void write_configuration() const;
  [[nodiscard]] std::string start();

  TemporaryDirectory directory_;
  pid_t daemon_ = -1;
};

}  // namespace edgeseal::test
