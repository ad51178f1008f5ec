#include "dbus/ctl/doctor/report.h"

#include <fmt/format.h>

#include <algorithm>

namespace edgeseal::ctl {
namespace {

struct Sign {
  const char *text, *colour;
};

Sign sign_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Well: return {"ok  ", "32"};
    case Verdict::NotSeen: return {"  ? ", "0"};
    case Verdict::Warning: return {"warn", "33"};
    case Verdict::Failure: return {"FAIL", "31"};
  }
  return {"FAIL", "31"};
}

std::string shown(const Sign& sign, Table::Style style) {
  return style == Table::Style::Terminal ? fmt::format("\033[{}m{}\033[0m", sign.colour, sign.text) : sign.text;
}

long count(const std::vector<Examined>& all, Verdict verdict) {
  return std::ranges::count(all, verdict, [](const Examined& one) { return one.verdict(); });
}

}  // namespace

std::string report_text(const std::vector<Examined>& all, Table::Style style) {
  std::string text;
  for (const auto& one : all) {
    text += fmt::format("{}  {:<20} {}\n", shown(sign_of(one.verdict()), style), one.check->id, one.check->title);
    for (const auto& finding : one.findings) {
      text += fmt::format("      {}\n", printable(finding.problem));
      if (!finding.fix.empty()) text += fmt::format("      fix: {}\n", printable(finding.fix));
    }
  }
  return text + fmt::format("{} checks: {} well, {} warnings, {} failures, {} not seen\n", all.size(),
                            count(all, Verdict::Well), count(all, Verdict::Warning), count(all, Verdict::Failure),
                            count(all, Verdict::NotSeen));
}

nlohmann::json to_json(const std::vector<Examined>& all) {
  auto checks = nlohmann::json::array();
  for (const auto& one : all) {
    auto findings = nlohmann::json::array();
    for (const auto& finding : one.findings)
      findings.push_back(
          {{"verdict", verdict_name(finding.verdict)}, {"problem", finding.problem}, {"fix", finding.fix}});
    checks.push_back({{"id", one.check->id},
                      {"title", one.check->title},
                      {"verdict", verdict_name(one.verdict())},
                      {"findings", findings}});
  }
  return {{"exit-status", exit_status_of(all)}, {"checks", checks}};
}

}  // namespace edgeseal::ctl
