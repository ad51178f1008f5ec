#pragma once

#include <string>
#include <vector>

#include "agent/publication/publication_layout.h"
#include "dbus/trust_ports.h"
#include "policy/directory_rules.h"

namespace edgeseal::agent {

// The directories for trust of a program's own layout: what an adopted directory shares with what is published. Its
// own/ and rejected/ stay the program's. Paths relative to the adopted directory.
struct AdoptedLayout {
  struct List {
    std::string directory;  // "trusted/crl"
    std::vector<Bytes> TrustList::*list;
  };
  std::vector<List> lists;
  std::vector<std::string> trust_directories;  // those, and "trusted" ...; a directory before those in it
  std::vector<std::string> shared;             // above them: "", "ApplCerts"
};

// `layout`: "annex-f" or one of layout_names. Throws Error{invalid_argument}.
[[nodiscard]] AdoptedLayout adopted_layout(const std::string& layout, const std::string& group);
// CRLs before certificates: nobody is trusted for a moment who is revoked.
[[nodiscard]] std::vector<PublishedFile> adopted_files(const std::string& layout, const std::string& group,
                                                       const TrustList& list);

// What holds in the trust directories: nobody but the agent and root writes. Above them, `account` may, too: it is the
// program's own directory.
[[nodiscard]] policy::DirectoryRules adopted_rules(const AdoptedLayout& layout, const std::vector<PublishedFile>& files,
                                                   const std::vector<uid_t>& accounts);

}  // namespace edgeseal::agent
