#pragma once

#include <linux/seccomp.h>
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "policy/unique_fd.h"
#include "tests/crash/writing_calls.h"

namespace edgeseal::crash {

// A writing call of a supervised program that has not been made yet.
struct StoppedCall {
  enum class Touches {
    storage,  // below the state directory
    tpm,
    bus,
    keys,  // the key socket of the agent
    network,
    nothing_that_lasts  // other threads of the program, its log, programs that are connected
  };

  const WritingCall* call = nullptr;
  Touches touches = Touches::nothing_that_lasts;
  std::string target;        // a path, or "tpm", "bus" ...
  bool takes_space = false;  // of the file system: a file is opened that is not there yet, for instance
  std::string thread;        // its name
  int process = -1;          // pidfd of the program
  int descriptor = -1;       // of the program; -1 where the call takes a path

  [[nodiscard]] std::string text() const;  // "fsync(state/pki/web) by edgeseald"
};

// What tells the sockets and files of a device apart.
struct Places {
  std::filesystem::path state, chip, bus;  // directories
  std::filesystem::path keys;              // socket
};

// A descriptor of another process, as one of ours. Empty where it has none of this number.
[[nodiscard]] policy::UniqueFd copy_of_descriptor(int process, int descriptor);  // `process` is a pidfd

class CallReader {
 public:
  CallReader(pid_t process, Places places);

  [[nodiscard]] StoppedCall read(const seccomp_notif& notification) const;
  [[nodiscard]] int process() const { return process_descriptor_.get(); }  // pidfd

 private:
  [[nodiscard]] std::string path_of(const WritingCall& call, const __u64* arguments) const;
  [[nodiscard]] std::string descriptor_path(int descriptor) const;
  [[nodiscard]] std::string followed(const std::string& path) const;
  [[nodiscard]] std::string joined(__u64 directory, __u64 path) const;
  [[nodiscard]] std::string string_at(__u64 address) const;
  [[nodiscard]] bool creates(__u64 record) const;
  void classify_socket(StoppedCall& stopped) const;

  pid_t process_;
  policy::UniqueFd process_descriptor_;
  Places places_;
};

}  // namespace edgeseal::crash
