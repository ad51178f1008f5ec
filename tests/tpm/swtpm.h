#pragma once

#include <sys/types.h>

#include <string>

#include "tests/tpm/temporary_directory.h"

namespace edgeseal::test {

// A TPM 2.0 of its own: swtpm on a socket in a temporary directory, with fresh state, ended with the object. It answers
// from the first command on (the sockets listen before it starts) and holds three transient objects, so that a leaked
// handle makes a test fail by itself.
class Swtpm {
 public:
  enum class PowerOn {
    started,     // as firmware leaves a TPM: TPM2_Startup is done
    not_started  // the first program has to
  };

  explicit Swtpm(PowerOn power_on = PowerOn::started);
  Swtpm(const Swtpm&) = delete;
  Swtpm& operator=(const Swtpm&) = delete;
  ~Swtpm();

  // For TctiLdr, tpm2-tools (-T) and TPM2OPENSSL_TCTI. One connection at a time; a second one waits for the first to
  // end.
  [[nodiscard]] std::string tcti() const { return "swtpm:path=" + socket_path(); }
  // The same through the trace module, see tcti_trace.cpp.
  [[nodiscard]] std::string traced_tcti() const;

  [[nodiscard]] const TemporaryDirectory& directory() const noexcept { return directory_; }

  // Of swtpm_ioctl: what the platform does to the chip, without a connection to it.
  [[nodiscard]] std::string control_path() const { return socket_path() + ".ctrl"; }

  void stop() noexcept;
  // After stop(): the same chip after a power cycle. What was persistent is still there.
  void start();

 private:
  [[nodiscard]] std::string socket_path() const { return directory_.file("tpm"); }

  TemporaryDirectory directory_;
  PowerOn power_on_;
  pid_t pid_ = -1;
};

}  // namespace edgeseal::test
