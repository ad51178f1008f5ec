#pragma once

#include <span>
#include <string>
#include <vector>

#include "dbus/ctl/doctor/facts.h"

namespace edgeseal::ctl {

// In the order of their weight. `NotSeen`: the one who asks could not look.
enum class Verdict { Well, NotSeen, Warning, Failure };
[[nodiscard]] const char* verdict_name(Verdict verdict);  // "well", "not-seen", "warning", "failure"

// What is not as it has to be, and the command or the line of a file that makes it good.
struct Finding {
  Verdict verdict = Verdict::Failure;
  std::string problem;
  std::string fix;
};
using Findings = std::vector<Finding>;

// One thing that the doctor looks at. The id never changes: monitoring and scripts depend on it.
struct Check {
  const char* id;
  const char* title;
  Findings (*judge)(const Facts& facts);  // none: it is well
};

[[nodiscard]] std::span<const Check> checks();

struct Examined {
  const Check* check;
  Findings findings;

  [[nodiscard]] Verdict verdict() const;  // the weightiest
};
[[nodiscard]] std::vector<Examined> examine(const Facts& facts);

// 0: all is well, or could not be seen; 1: warnings; 2: failures.
[[nodiscard]] int exit_status_of(const std::vector<Examined>& all);

// By the source of their facts.
[[nodiscard]] std::span<const Check> agent_checks();
[[nodiscard]] std::span<const Check> certificate_checks();
[[nodiscard]] std::span<const Check> system_checks();

}  // namespace edgeseal::ctl
