#pragma once

#include <string>
#include <vector>

#include "agent/renewal/profile.h"
#include "agent/state/state.h"

namespace edgeseal::agent {

// All profiles: those of files, as they were last read, and those that came over the bus and are kept in the state. A
// file keeps its name for itself. Loop's thread.
class Profiles {
 public:
  Profiles(State& state, std::vector<ProfileFile> files);

  [[nodiscard]] const std::vector<ProfileFile>& all() const { return all_; }
  // Throws Error{not_found}, also for one with a mistake, which it names.
  [[nodiscard]] const EnrolmentProfile& get(const std::string& name) const;
  [[nodiscard]] bool has_mistake(const std::string& name) const;  // it is there, and get() throws

  // Throw Error{invalid_argument} with the line, Error{invalid_state} where a file has the name,
  // Error{too_many_operations}, Error{not_found}, Error{state_unavailable}.
  void put(const std::string& name, const std::string& text);
  void remove(const std::string& name);
  // In the place of those that there were.
  void use_files(std::vector<ProfileFile> files);

 private:
  using Texts = std::vector<std::pair<std::string, std::string>>;  // names and texts of those from the bus
  [[nodiscard]] Texts stored();
  void keep(const Texts& texts);
  void merge();

  State& state_;
  std::vector<ProfileFile> files_;
  std::vector<ProfileFile> all_;
};

}  // namespace edgeseal::agent
