#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <vector>

namespace edgeseal::ctl {

// A word that a command line may go on with.
struct Candidate {
  std::string word;
  std::string description;  // may be empty
};

// What may stand at the end of an unfinished command line, as far as the tree of commands says it.
struct Completion {
  std::vector<Candidate> candidates;  // beginning with the last word
  std::string value;                  // kind of value wanted there, as --help names it: FILE, SLOT ...; empty: none
  std::string before_value;           // what of the last word stands before the value: "--out="
  size_t foreign = 0;  // with value COMMAND: which word begins the command line that is another program's
};

// `words`: what follows the name of the program, the last one, which may be empty, unfinished. An option says what it
// takes by its type_name(), "{a,b}" where there is a choice; an argument by that or by its name.
[[nodiscard]] Completion complete(const CLI::App& app, std::span<const std::string> words);

}  // namespace edgeseal::ctl
