#pragma once

#include <string>
#include <vector>

namespace edgeseal::agent {

// Checks configurations without an agent, a TPM or a bus: directories with all that is in them, or single files; none:
// /etc/edgeseal. `root`: of an image, whose /etc/edgeseal it is then, and where what the files name is looked for;
// empty: this machine. Gives {"problems": [{"file", "line", "severity", "message"}], "good": true} as JSON.
[[nodiscard]] std::string report_configuration(const std::vector<std::string>& paths, const std::string& root);

// Whether that is what the agent of this machine reads.
[[nodiscard]] bool is_installed(const std::vector<std::string>& paths, const std::string& root);

}  // namespace edgeseal::agent
