#include "dbus/ctl/output_file.h"

namespace edgeseal::ctl {
namespace {

Existing existing(bool force) {
  return force ? Existing::Replace : Existing::KeepUnlessForced;
}

}  // namespace

void OutputFile::check() const {
  if (given()) check_target(path, existing(force));
}

void OutputFile::write(const std::string& content, Readers readers) const {
  write_file(path, content, existing(force), readers);
}

void add_force(CLI::App& command, OutputFile& file) {
  command.add_flag("--force", file.force, "Replace FILE if it exists");
}

CLI::Option* add_output_file(CLI::App& command, OutputFile& file, const std::string& description) {
  auto* option = command.add_option("--out", file.path, description + "; - is the standard output")->type_name("FILE");
  add_force(command, file);
  return option;
}

}  // namespace edgeseal::ctl
