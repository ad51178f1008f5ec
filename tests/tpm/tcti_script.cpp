#include "tests/tpm/tcti_script.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace edgeseal::test {
namespace {

// Throws std::invalid_argument if `text` is not wholly a number.
std::uint32_t number(const std::string& text, int base) {
  std::size_t used = 0;
  const unsigned long value = std::stoul(text, &used, base);
  if (used != text.size()) throw std::invalid_argument(text);
  return static_cast<std::uint32_t>(value);
}

}  // namespace

TctiScript::TctiScript(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.front() != '#') rules_.push_back(parse_rule(line));
  }
}

TctiScript TctiScript::from_file(const std::string& path) {
  std::ostringstream text;
  const std::ifstream file(path);
  if (file) text << file.rdbuf();
  return TctiScript(text.str());
}

TctiScript::Rule TctiScript::parse_rule(const std::string& line) {
  std::istringstream words(line);
  std::string command, calls, action, surplus;
  words >> command >> calls >> action;
  if (!action.starts_with("rc=") || words >> surplus) throw std::invalid_argument("TCTI script: " + line);
  const std::size_t dash = calls.find('-');
  const std::uint32_t first = number(calls.substr(0, dash), 10);
  const std::uint32_t last = dash == std::string::npos ? first : number(calls.substr(dash + 1), 10);
  return Rule{number(command, 16), first, last, number(action.substr(3), 16)};
}

std::optional<std::uint32_t> TctiScript::next(std::uint32_t command) {
  const unsigned call = ++calls_[command];
  for (const Rule& rule : rules_) {
    if (rule.command == command && rule.first <= call && call <= rule.last) return rule.rc;
  }
  return std::nullopt;
}

}  // namespace edgeseal::test
