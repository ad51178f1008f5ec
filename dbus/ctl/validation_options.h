#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace edgeseal::ctl {

// TrustListValidationOptions (OPC 10000-12 §7.8.2.10): the errors that are suppressed.
[[nodiscard]] std::vector<std::string> suppressed_errors(std::uint32_t options);
[[nodiscard]] std::vector<std::string> suppressible_errors();
// With the check of revocation by CRLs. Throws Failure (Usage) that lists the choices.
[[nodiscard]] std::uint32_t validation_options(const std::vector<std::string>& suppressed);

}  // namespace edgeseal::ctl
