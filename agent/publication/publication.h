#pragma once

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "agent/publication/generation_times.h"
#include "agent/publication/publication_layout.h"
#include "agent/publication/staging_directory.h"
#include "policy/unique_fd.h"

namespace edgeseal::agent {

// Who may read what an application publishes, besides root and the agent.
struct Readers {
  std::vector<uid_t> users;
  std::vector<gid_t> groups;
};

// ROOT/APPLICATION/GROUP in the layout of OPC 10000-12 Annex F, written one way from the state. A new generation of a
// group is built where nobody sees it, synced, and exchanged for the old one by one rename: a reader sees the old or
// the new, never a mix. The time of the directory is that of GenerationTimes. Besides applications ROOT holds
// `staging_name`, which only the agent may enter. Where ROOT or that was removed, or has another directory in its
// place, each step makes it anew; what was in it is not in the new one. Throws Error{state_unavailable}, naming path
// and cause. Any thread, but one group at a time from one of them.
class Publication {
 public:
  static constexpr std::string_view staging_name = ".staging";

  // `remover`, which may be null, takes away old generations; it ends after this.
  explicit Publication(std::string root, BackgroundWorker* remover = nullptr);
  ~Publication();
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;

  [[nodiscard]] const std::string& root_path() const { return path_; }
  [[nodiscard]] std::string directory(const std::string& application, const std::string& group) const;

  // A finished generation that nobody sees yet.
  class Generation {
   public:
    Generation(Generation&&) = default;
    Generation& operator=(Generation&&) = delete;
    ~Generation();
    // Shows it; a second time takes it back for what was there before, if anything was. What is not shown is removed
    // with this.
    void exchange();

   private:
    friend class Publication;
    Generation(std::shared_ptr<StagingDirectory> staging, policy::UniqueFd application, std::string group);
    std::shared_ptr<StagingDirectory> staging_;
    std::string name_;              // in the staging directory
    policy::UniqueFd application_;  // directory of the application
    std::string group_;
  };

  [[nodiscard]] Generation prepare(const std::string& application, const Readers& readers, const PublishedGroup& group);
  void remove(const std::string& application);
  void make_root();

 private:
  struct Root {
    policy::UniqueFd directory;
    std::shared_ptr<StagingDirectory> staging;
  };
  using RootPtr = std::shared_ptr<const Root>;
  [[nodiscard]] RootPtr root();
  [[nodiscard]] bool stands(const Root& root) const;

  const std::string path_;
  GenerationTimes times_;
  std::mutex mutex_;  // guards what follows
  BackgroundWorker* const remover_;
  RootPtr root_;
};

}  // namespace edgeseal::agent
