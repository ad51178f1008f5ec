#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace edgeseal::bench {

// A program that runs until the object ends, or this program however that ends.
class ChildProcess {
 public:
  struct Start {
    std::vector<std::string> command;                     // the first is found in the PATH
    std::map<std::string, std::string> environment = {};  // besides that of this program
    std::filesystem::path log = {};                       // takes its output
    rlim_t descriptors = 0;  // may have so many open, as far as this program may allow it; 0: as many as this program
  };

  explicit ChildProcess(const Start& start);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();  // by SIGTERM

  [[nodiscard]] pid_t id() const { return id_; }
  [[nodiscard]] std::string output() const;  // until now

 private:
  std::filesystem::path log_;
  pid_t id_ = -1;
};

}  // namespace edgeseal::bench
