#pragma once

#include <stdexcept>
#include <string>

namespace edgeseal::jose {

enum class Problem {
  malformed,      // not of the form that the RFC and this reader ask for
  too_large,      // over a bound
  not_supported,  // well-formed, of a kind that is refused
  wrong_code,     // the code does not open it, or somebody changed it
  failed          // libcrypto
};

// The only exception that leaves jose/. The message holds nothing of the content.
class Error : public std::runtime_error {
 public:
  Error(Problem problem, const std::string& message) : std::runtime_error(message), problem_(problem) {}

  [[nodiscard]] Problem problem() const noexcept { return problem_; }

 private:
  Problem problem_;
};

}  // namespace edgeseal::jose
