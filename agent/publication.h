#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "agent/publication_layout.h"
#include "policy/unique_fd.h"

namespace edgeseal::agent {

// Who may read what an application publishes, besides root and the agent.
struct Readers {
  std::vector<uid_t> users;
  std::vector<gid_t> groups;
};

// ROOT/APPLICATION/GROUP in the layout of OPC 10000-12 Annex F, written one way from the state. A new generation of a
// group is built beside the old one, synced, and exchanged for it by one rename: a reader sees the old or the new,
// never a mix. Throws Error{state_unavailable}, naming path and cause.
class Publication {
 public:
  explicit Publication(std::string root);

  [[nodiscard]] std::string directory(const std::string& application, const std::string& group) const;

  // A finished generation that nobody sees yet; removed unless it is exchanged.
  class Generation {
   public:
    Generation(Generation&&) = default;
    Generation& operator=(Generation&&) = delete;
    ~Generation();
    void exchange();

   private:
    friend class Publication;
    Generation(policy::UniqueFd application, std::string group)
        : application_(std::move(application)), group_(std::move(group)) {}
    policy::UniqueFd application_;  // directory of the application
    std::string group_;
  };

  [[nodiscard]] Generation prepare(const std::string& application, const Readers& readers, const PublishedGroup& group);
  void remove(const std::string& application);

 private:
  std::string path_;
  policy::UniqueFd root_;
};

}  // namespace edgeseal::agent
