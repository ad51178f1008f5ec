#include "dbus/ctl/output.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {

bool wants_colour() {
  const char* refused = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (refused == nullptr || *refused == '\0');
}

std::string json_text(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string indented_json_text(const nlohmann::json& value) {
  return value.dump(2, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
}

void complain(const std::string& problem, const std::string& remedy) {
  std::fprintf(stderr, "edgesealctl: %s\n", printable(problem).c_str());
  if (!remedy.empty()) std::fprintf(stderr, "  %s\n", printable(remedy).c_str());
}

void warn(const std::string& warning) {
  complain("warning: " + warning);
}

void Output::print(std::string_view text) const {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw Failure(ExitCode::Usage, "cannot write to the standard output");
  }
}

void Output::print(const Table& table) const {
  print(table.text(wants_colour() ? Table::Style::Terminal : Table::Style::Plain));
}

void Output::print_json(const nlohmann::json& value) const {
  print(json_text(value));
}

}  // namespace edgeseal::ctl
