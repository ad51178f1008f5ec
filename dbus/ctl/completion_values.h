#pragma once

#include <string>
#include <vector>

#include "dbus/ctl/agent_connection.h"
#include "dbus/ctl/completion.h"

namespace edgeseal::ctl {

// What there is of a kind of value now (see Completion::value): applications, slots, services ... Empty for other
// kinds, and where nobody has an answer: nothing is started, nobody is asked for a password, nothing is thrown.
[[nodiscard]] std::vector<Candidate> existing_values(const std::string& kind, AgentConnection& agent);

// Prints for the scripts in packaging/completions how the command line goes on: a line for each candidate, its
// description after a tab; ":files", ":directories" where the shell knows what there is; ":command N" where the N-th
// word begins the command line of another program. Ends the program where that takes two seconds: whoever pressed TAB
// waits, and a bus, an agent or a directory of accounts may hang.
void print_completion(const CLI::App& app, const std::vector<std::string>& words, AgentConnection& agent);

}  // namespace edgeseal::ctl
