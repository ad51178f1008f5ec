#pragma once

#include <string>

namespace edgeseal::policy {

enum class Fault {
  kind,        // a link, a FIFO, a directory in the place of a file ...
  owner,       // of the account
  group,       //
  access,      // mode or POSIX ACL
  hard_link,   //
  content,     //
  foreign,     // it should not be there
  missing,     //
  mount,       // another file system stands over it
  unreadable,  // it can't be judged
  too_large    // more entries or deeper than is judged
};

// One thing about a file or directory that is not as it must be.
struct Finding {
  Fault fault = Fault::kind;
  std::string path;
  std::string found;   // "mode 0777 lets others write"
  std::string wanted;  // "mode 0755"
  std::string remedy;  // a command for a shell

  bool operator==(const Finding&) const = default;
};

}  // namespace edgeseal::policy
