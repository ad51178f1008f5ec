#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/answer.h"
#include "agent/audit/audit.h"
#include "agent/background_worker.h"
#include "agent/directories/adopted_layout.h"
#include "agent/directories/guarded_directory.h"
#include "agent/state/state.h"
#include "dbus/trust_ports.h"

namespace edgeseal::agent {

// Programs' own directories that the agent was told to take over: their trust directories hold the trust list of a
// group, written file by file, and enforced where the agent may write there, else audited only. own/ and what is in it
// is never touched. Loop's thread.
class Adoption {
 public:
  struct World {
    // In use now. Throws Error{not_found} for what is no group, Error{tpm_unavailable} while the list can't be checked.
    std::function<TrustList(const dbus::GroupName& group)> trust_list;
    std::function<std::vector<uid_t>(const std::string& application)> accounts;  // that it runs as
    // Stages the list and applies it, in a transaction of its own.
    std::function<void(const dbus::Caller& caller, const dbus::GroupName& group, TrustList list,
                       Answer<std::monostate> answer)>
        import;
    std::function<std::vector<DirectoryDrift>()> standing;  // of DirectoryGuard
    std::function<void()> changed;                          // adopted() or directories() has others than before
    std::string publication;                                // what is below it can't be adopted
    std::size_t max_trust_list_size = 0;                    // bytes
  };

  Adoption(State& state, BackgroundWorker& worker, const Audit& audit, World world);

  // dbus::TrustDirectoryPort, with Error. A path is explained component by component: those with action "none" are as
  // they must be.
  [[nodiscard]] std::vector<dbus::DirectoryFinding> audit(const std::string& path) const;
  void plan(const dbus::AdoptedDirectory& directory, Answer<dbus::AdoptionPlan> answer);
  void adopt(const dbus::Caller& caller, const dbus::AdoptedDirectory& directory, bool import,
             Answer<std::monostate> answer);
  void release(const dbus::Caller& caller, const std::string& path);
  [[nodiscard]] std::vector<dbus::AdoptedDirectory> adopted() const;

  // For directories that files declare, and that the state has. Throws Error{invalid_argument, entry_exists} for what
  // can't be adopted once `released` are given back, and is not adopted so already; the other two do not throw, and
  // pass over what is so already.
  void require_adoptable(const AdoptedRecord& directory, const std::vector<std::string>& released = {}) const;
  void adopt_declared(const AdoptedRecord& directory);
  void release_declared(const std::string& path);

  // The trust list of the group is another; all of them: at start, and when lists can be checked at last.
  void trust_list_changed(const dbus::GroupName& group);
  void refresh();
  void forget(const std::string& application);  // it is deleted; the state knows

  // For DirectoryGuard::World.
  [[nodiscard]] std::vector<GuardedDirectory> directories() const;
  [[nodiscard]] bool has(const std::string& path) const { return known_.contains(path); }
  void restore(const GuardedDirectory& directory, Answer<std::monostate> answer);

 private:
  using RulesPtr = std::shared_ptr<const policy::DirectoryRules>;
  using FilesPtr = std::shared_ptr<const std::vector<PublishedFile>>;
  struct Known {
    AdoptedRecord record;
    AdoptedLayout layout;
    std::vector<uid_t> accounts;  // of the application
    FilesPtr files;               // none: not made yet
    RulesPtr rules;               // none: not written yet
    std::uint64_t generation = 0;
    std::optional<policy::Finding> obstacle;  // why it is audited only; none: it is enforced
  };
  struct Written {
    FilesPtr files;
    RulesPtr rules;
  };

  [[nodiscard]] static dbus::GroupName group_of(const AdoptedRecord& record);
  void require_new(const std::string& path, const std::vector<std::string>& released = {}) const;
  [[nodiscard]] AdoptedRecord stored(const dbus::AdoptedDirectory& directory);
  void import_and_adopt(const dbus::Caller& caller, const dbus::AdoptedDirectory& directory, TrustList list,
                        const Answer<std::monostate>& answer);
  void take_over(const Audit::Fields& by, const AdoptedRecord& record);
  void give_back(const Audit::Fields& by, const std::string& path);
  Known& put(const AdoptedRecord& record);
  void write(const std::string& path);
  void written(const std::string& path, std::uint64_t generation, std::variant<Written, Error> outcome);

  State& state_;
  BackgroundWorker& worker_;
  const Audit& audit_;
  const World world_;
  std::map<std::string, Known> known_;  // by path
  std::uint64_t generations_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace edgeseal::agent
