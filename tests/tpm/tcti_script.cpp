#include "tests/tpm/tcti_script.h"

#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace edgeseal::test {
namespace {

constexpr std::uint32_t kNoEnd = std::numeric_limits<std::uint32_t>::max();

// Throws std::invalid_argument if `text` is not wholly a number.
std::uint32_t number(const std::string& text, int base) {
  std::size_t used = 0;
  const unsigned long value = std::stoul(text, &used, base);
  if (used != text.size() || value > std::numeric_limits<std::uint32_t>::max()) throw std::invalid_argument(text);
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
  std::string command, calls, word;
  words >> command >> calls;
  const std::size_t dash = calls.find('-');
  Rule rule{number(command, 16), number(calls.substr(0, dash), 10), kNoEnd, {}};
  if (dash == std::string::npos) {
    rule.last = rule.first;
  } else if (dash + 1 < calls.size()) {
    rule.last = number(calls.substr(dash + 1), 10);
  }
  bool understood = false;
  while (words >> word) {
    understood = parse_action(word, rule.action);
    if (!understood) break;
  }
  if (!understood) throw std::invalid_argument("TCTI script: " + line);
  return rule;
}

bool TctiScript::parse_action(const std::string& word, Action& action) {
  if (word == "alter") return parse_action("alter=1", action);
  const std::size_t value = word.find('=') + 1;  // 0 where there is none
  const std::string name = word.substr(0, value);
  if (name == "alter=") action.alter = number(word.substr(value), 16);
  if (name == "delay-ms=") action.delay = std::chrono::milliseconds(number(word.substr(value), 10));
  if (name == "rc=") action.rc = number(word.substr(value), 16);
  return name == "alter=" || name == "delay-ms=" || name == "rc=";
}

TctiScript::Action TctiScript::next(std::uint32_t command) {
  const std::uint32_t call = ++calls_[command];
  for (const Rule& rule : rules_) {
    if (rule.command == command && rule.first <= call && call <= rule.last) return rule.action;
  }
  return {};
}

}  // namespace edgeseal::test
