#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "dbus/ctl/files.h"

namespace edgeseal::ctl {

// Where a command writes its result instead of the standard output.
struct OutputFile {
  std::string path{};  // --out; empty: not given; "-": the standard output
  bool force = false;  // --force

  [[nodiscard]] bool given() const { return !path.empty() && path != "-"; }
  // Where it is given: as check_target().
  void check() const;
  // As write_file().
  void write(const std::string& content, Readers readers = Readers::Everyone) const;
};

void add_force(CLI::App& command, OutputFile& file);
// --out, which is answered, and --force.
CLI::Option* add_output_file(CLI::App& command, OutputFile& file, const std::string& description);

}  // namespace edgeseal::ctl
