#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace edgeseal::test {

// What the trace module does to commands before, or instead of, passing them on. One rule a line:
//
//   COMMAND FIRST[-[LAST]] ACTION...   COMMAND, RC and bits are hexadecimal; calls are counted per connection, from 1
//   15d 2-3 rc=922                     the second and third TPM2_Sign are answered with TPM_RC_RETRY
//   15d 1 rc=a000a                     the first TPM2_Sign fails in the TCTI with an I/O error, the TPM never sees it
//   15d 1- delay-ms=36                 every TPM2_Sign reaches the TPM 36 ms late: a slow chip
//   15d 4 delay-ms=36 rc=922           the fourth one is answered late with TPM_RC_RETRY
//   15d 1 alter                        the last bit of the TPM's answer to the first one is another one
//   15d 1 alter=6                      those bits of its last byte are
//
// The first rule that names a call is the one that holds.
// Empty lines and lines that begin with # are skipped. Anything else throws std::invalid_argument.
class TctiScript {
 public:
  TctiScript() = default;
  explicit TctiScript(const std::string& text);
  // No rules if the file does not exist.
  [[nodiscard]] static TctiScript from_file(const std::string& path);

  struct Action {
    std::chrono::milliseconds delay{0};  // what the command waits before all else
    std::optional<std::uint32_t> rc;     // the response code to answer it with; none: it is passed on
    std::uint32_t alter = 0;             // bits of the last byte of the TPM's answer
  };

  // Counts the command.
  [[nodiscard]] Action next(std::uint32_t command);

 private:
  struct Rule {
    std::uint32_t command;
    std::uint32_t first, last;  // calls
    Action action;
  };

  [[nodiscard]] static Rule parse_rule(const std::string& line);
  [[nodiscard]] static bool parse_action(const std::string& word, Action& action);

  std::vector<Rule> rules_;
  std::map<std::uint32_t, std::uint32_t> calls_;
};

}  // namespace edgeseal::test
