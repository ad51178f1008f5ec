#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace edgeseal::test {

// What the trace module does to commands instead of passing them on. One rule a line:
//
//   COMMAND FIRST[-LAST] rc=RC       all numbers in hexadecimal but FIRST and LAST
//   15d 2-3 rc=922                   the second and third TPM2_Sign of a connection are answered with TPM_RC_RETRY
//   15d 1 rc=a000a                   the first TPM2_Sign fails in the TCTI with an I/O error, the TPM never sees it
//
// Empty lines and lines that begin with # are skipped. Anything else throws std::invalid_argument.
class TctiScript {
 public:
  TctiScript() = default;
  explicit TctiScript(const std::string& text);
  // No rules if the file does not exist.
  [[nodiscard]] static TctiScript from_file(const std::string& path);

  // Counts the command; the response code to answer it with, nothing if it is to be passed on.
  [[nodiscard]] std::optional<std::uint32_t> next(std::uint32_t command);

 private:
  struct Rule {
    std::uint32_t command;
    unsigned first, last;  // calls, from 1
    std::uint32_t rc;
  };

  [[nodiscard]] static Rule parse_rule(const std::string& line);

  std::vector<Rule> rules_;
  std::map<std::uint32_t, unsigned> calls_;
};

}  // namespace edgeseal::test
