#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace edgeseal::agent {

// What is wrong with a file of the configuration.
struct ConfigurationProblem {
  // form: it is no such file, or has a key or a type that isn't known; the agent does not start with it. meaning: a
  // value that can't be; it costs that application, profile or setting alone. warning: it may be right elsewhere, as on
  // the device for which an image is built.
  enum class Kind { form, meaning, warning };

  std::string file;
  unsigned line = 0;  // 0: the file as a whole
  std::string text;   // cause and remedy
  Kind kind = Kind::form;

  [[nodiscard]] std::string told() const;  // "file:line: cause; remedy"
};
[[nodiscard]] std::string_view kind_name(ConfigurationProblem::Kind kind);  // "error" or "warning"

// All that was found, so that nobody has to mend one mistake to learn of the next.
class ConfigurationProblems {
 public:
  void add(ConfigurationProblem problem) { all_.push_back(std::move(problem)); }
  // Those of one file, in the order of its lines.
  void add_file(const ConfigurationProblems& file);
  [[nodiscard]] const std::vector<ConfigurationProblem>& all() const { return all_; }
  [[nodiscard]] bool has_errors() const;
  void require_no_errors() const;  // throws Error{invalid_argument} with all errors, a line each

 private:
  std::vector<ConfigurationProblem> all_;
};

}  // namespace edgeseal::agent
