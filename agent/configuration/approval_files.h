#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/configuration/configuration_problems.h"
#include "agent/keys/pcr_policies.h"

namespace edgeseal::agent {

// What approvals of PCR values are read for: the authority of edgeseal.toml, as PcrPolicies takes it, and the root of
// an image.
struct ApprovalSource {
  std::optional<Bytes> authority{};
  std::string root{};
};

// Nothing where an error was added. Where the authority can't be used, the signature is not looked at.
[[nodiscard]] std::optional<DeclaredApproval> read_approval_file(const std::string& path, const ApprovalSource& source,
                                                                 ConfigurationProblems& problems);
// Those of pcr-approvals.d that have no mistake. There are none where others may write the directory, or where it has
// too many: nobody could say which of them are meant.
[[nodiscard]] std::vector<DeclaredApproval> read_approval_files(const std::string& directory,
                                                                const ApprovalSource& source,
                                                                ConfigurationProblems& problems);

}  // namespace edgeseal::agent
