#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "agent/background_worker.h"
#include "agent/directories/guarded_directory.h"

namespace edgeseal::agent {

// The directories below the root of Publication with what they are to hold: that of the last publication of each group,
// not that of a state which is about to be published. Loop's thread.
class GuardedPublication {
 public:
  // `changed`: directories() has others than before. Digests are made by `worker`.
  GuardedPublication(std::string root, BackgroundWorker& worker, std::function<void()> changed);

  // Before the first of them is published: what is not expected is removed.
  void expect(const std::string& application, const std::vector<std::string>& groups);
  // When a generation has been exchanged, and for every group at start. Until its digests are made, it isn't guarded.
  void published(const std::string& application, const Readers& readers, PublishedGroup group);
  void removed(const std::string& application);

  // For DirectoryGuard::World.
  [[nodiscard]] std::vector<GuardedDirectory> directories() const;

 private:
  using RulesPtr = std::shared_ptr<const policy::DirectoryRules>;
  struct Application {
    Readers readers;
    RulesPtr rules;                  // none before the first publication: nothing says yet who reads it
    std::set<std::string> expected;  // groups
    std::map<std::string, RulesPtr> groups;
    std::map<std::string, std::uint64_t> publications;  // the last one of each group
  };
  struct Publishing {  // its digests are to be made
    std::string application;
    std::uint64_t publication = 0;
    PublishedGroup group;
  };
  void make_digests();
  void put(const Publishing& publishing, const std::variant<RulesPtr, Error>& rules);
  void change_rules();
  static void change_rules(Application& application);

  const std::string root_;
  BackgroundWorker& worker_;
  const std::function<void()> changed_;
  const RulesPtr staging_rules_;
  RulesPtr rules_;
  std::uint64_t publications_ = 0;
  std::deque<std::shared_ptr<const Publishing>> waiting_;  // the first of them is at work
  std::map<std::string, Application> applications_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace edgeseal::agent
