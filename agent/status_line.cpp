#include "agent/status_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace edgeseal::agent {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_bytes = 200;
constexpr std::size_t most_detail_bytes = 100;

// Whole characters of UTF-8, and of control characters none: systemd takes a line.
std::string shortened(std::string text, std::size_t most) {
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  if (text.size() <= most) return text;
  std::size_t end = most - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string counted(std::size_t count, const std::string& one, const std::string& many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string wait_text(std::chrono::seconds wait) {
  if (wait <= 0s) return "now";
  if (wait < 1h) return "within the hour";
  if (wait < 48h) return fmt::format("in {} h", wait / 1h);
  return fmt::format("in {} d", wait / 24h);
}

std::string tpm_text(const StatusFacts& facts) {
  if (facts.tpm_detail.empty()) return "TPM " + facts.tpm;
  return fmt::format("TPM {}: {}", facts.tpm, shortened(facts.tpm_detail, most_detail_bytes));
}

}  // namespace

std::string status_line(const StatusFacts& facts) {
  std::vector<std::string> parts{tpm_text(facts)};
  if (facts.alarms != 0) parts.push_back(counted(facts.alarms, "alarm", "alarms"));
  if (facts.drift != 0) parts.push_back(counted(facts.drift, "directory finding", "directory findings"));
  if (!facts.held_up.empty())
    parts.push_back(counted(facts.held_up.size(), "renewal waits", "renewals wait") + " for somebody");
  parts.push_back(counted(facts.applications, "application", "applications"));
  parts.push_back("setup " + facts.setup);
  if (facts.next_renewal)
    parts.push_back(
        fmt::format("next renewal {} {}", facts.next_renewal->slot, wait_text(facts.next_renewal->due - facts.now)));
  return shortened(fmt::format("{}", fmt::join(parts, "; ")), most_bytes);
}

}  // namespace edgeseal::agent
