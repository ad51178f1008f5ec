#pragma once

#include <CLI/CLI.hpp>

#include "enroll/discovery/service.h"

namespace edgeseal::enroll::discovery {

// `edgeseal-enroll discover`: what the network announces, for people and for programs that look for their server
// themselves. The application of it must not outlive this.
class Command {
 public:
  void add_to(CLI::App& app);
  [[nodiscard]] bool is_wanted() const { return command_ != nullptr && command_->parsed(); }
  // The exit status of the program: 1 where nothing was found. Throws Error.
  [[nodiscard]] int run() const;

 private:
  const CLI::App* command_ = nullptr;
  Query query_{"_opcua-tcp._tcp", "local", ""};
  bool json_ = false;
};

}  // namespace edgeseal::enroll::discovery
