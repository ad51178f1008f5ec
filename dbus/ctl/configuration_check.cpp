#include "dbus/ctl/configuration_check.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/piped_program.h"

namespace edgeseal::ctl {
namespace {

constexpr std::size_t kMostReportBytes = std::size_t{64} * 1024 * 1024;

constexpr const char* kRemedy = "is the package edgeseal installed? EDGESEALD names the program, if it is elsewhere";

[[noreturn]] void fail(const std::string& problem) {
  throw Failure(ExitCode::CommandNotRun, problem, kRemedy);
}

std::string program() {
  const char* elsewhere = std::getenv("EDGESEALD");
  return elsewhere == nullptr ? EDGESEALD_PATH : elsewhere;
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 65536> buffer{};
  for (ssize_t count = 0; (count = ::read(descriptor, buffer.data(), buffer.size())) != 0;) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 || text.size() > kMostReportBytes) fail("the report of the check can't be read");
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

std::string report(const std::vector<std::string>& words) {
  const PipedProgram check(words, kRemedy);
  std::string text = read_all(check.output());
  if (!check.ended_well()) fail(words.front() + " ended without a report");
  return text;
}

}  // namespace

std::string ConfigurationMistake::told() const {
  if (line > 0) return fmt::format("{}:{}: {}", file, line, message);
  return message.starts_with('/') ? message : fmt::format("{}: {}", file, message);
}

std::vector<ConfigurationMistake> check_configuration(const std::vector<std::string>& paths, const std::string& root) {
  std::vector<std::string> words{program(), "--check-config"};
  if (!root.empty()) words.push_back("--root=" + root);
  if (!paths.empty()) words.emplace_back("--");
  words.insert(words.end(), paths.begin(), paths.end());
  std::vector<ConfigurationMistake> mistakes;
  try {
    const auto value = nlohmann::json::parse(report(words));
    for (const auto& problem : value.at("problems"))
      mistakes.push_back({problem.at("file"), problem.at("line"), problem.at("severity"), problem.at("message")});
  } catch (const nlohmann::json::exception&) {
    fail(words.front() + " gave a report that is none");
  }
  return mistakes;
}

}  // namespace edgeseal::ctl
