#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace edgeseal::ctl {

// Whether the user wants what is not easily undone, or not at all.
struct Agreement {
  bool yes = false;  // --yes

  // Asks on the terminal unless --yes is given: "Delete web?". Throws Failure: Refused where the answer is no,
  // Usage where there is no terminal.
  void require(const std::string& question) const;
};

void add_agreement(CLI::App& command, Agreement& agreement);

}  // namespace edgeseal::ctl
