#include "dbus/ctl/validation_options.h"

#include <algorithm>
#include <array>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/table.h"

namespace edgeseal::ctl {
namespace {

// By their bits.
constexpr std::array kErrors = {"certificate-expired", "host-name-invalid", "revocation-status-unknown",
                                "issuer-certificate-expired", "issuer-revocation-status-unknown"};
constexpr std::uint32_t kCheckRevocationOffline = 1U << 6;

}  // namespace

std::vector<std::string> suppressed_errors(std::uint32_t options) {
  std::vector<std::string> names;
  for (size_t bit = 0; bit < kErrors.size(); ++bit) {
    if ((options & (1U << bit)) != 0) names.emplace_back(kErrors[bit]);
  }
  return names;
}

std::vector<std::string> suppressible_errors() {
  return {kErrors.begin(), kErrors.end()};
}

std::uint32_t validation_options(const std::vector<std::string>& suppressed) {
  std::uint32_t options = kCheckRevocationOffline;
  for (const auto& name : suppressed) {
    const auto* found = std::ranges::find(kErrors, name);
    if (found == kErrors.end()) {
      throw Failure(ExitCode::Usage, "\"" + name + "\" can't be suppressed",
                    "choose from: " + joined(suppressible_errors()) + "; or none");
    }
    options |= 1U << static_cast<unsigned>(found - kErrors.begin());
  }
  return options;
}

}  // namespace edgeseal::ctl
