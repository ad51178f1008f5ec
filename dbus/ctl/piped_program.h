#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "dbus/compat.h"

namespace edgeseal::ctl {

// A program whose standard output is read here.
class PipedProgram {
 public:
  // The first word is found in PATH unless it is a path. Throws Failure with `remedy`: CommandNotRun.
  PipedProgram(const std::vector<std::string>& words, const std::string& remedy);

  [[nodiscard]] int output() const { return output_.get(); }
  // Waits for its end.
  [[nodiscard]] bool ended_well() const;

 private:
  sdbus::UnixFd output_;
  pid_t process_ = -1;
};

}  // namespace edgeseal::ctl
