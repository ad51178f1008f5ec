#pragma once

#include <string>
#include <vector>

#include "agent/directories/directory_guard.h"
#include "agent/publication/guarded_publication.h"
#include "agent/publication/publication.h"
#include "tests/tpm/temporary_directory.h"
#include "tests/unit/agent/loop_fixture.h"

namespace edgeseal::test {

// The agent has no privileges: where the test is root, the guard works as an ordinary account, and what the test itself
// does to the directories it does as root.
inline constexpr uid_t agent_account = 65534;
class AsAgent {
 public:
  AsAgent();
  AsAgent(const AsAgent&) = delete;
  AsAgent& operator=(const AsAgent&) = delete;
  ~AsAgent();
};
class AsRoot {  // within AsAgent; may be nested
 public:
  AsRoot();
  AsRoot(const AsRoot&) = delete;
  AsRoot& operator=(const AsRoot&) = delete;
  ~AsRoot();

 private:
  uid_t before_;
};
[[nodiscard]] bool may_be_root();

// A published group below a guard, the way the agent wires them.
struct GuardFixture : LoopFixture {
  struct Record {
    std::string kind;
    agent::Audit::Fields fields;
  };

  // In memory, where the test is root, the disk is not what is measured.
  enum class Storage { disk, memory };

  explicit GuardFixture(Storage storage, std::size_t certificates = 2);
  ~GuardFixture();

  void publish();
  // Until nothing is left to look at; how long it took.
  std::chrono::milliseconds settle();
  // The group is as it was published, to a look of its own.
  [[nodiscard]] bool intact();
  [[nodiscard]] std::vector<Record> recorded(const std::string& action) const;

  TemporaryDirectory directory;  // of root, where the test is root
  AsAgent account;
  std::vector<Record> records;
  agent::Audit audit{[this](const std::string& kind, const agent::Audit::Fields& fields) {
    records.push_back({kind, fields});
  }};
  agent::BackgroundWorker worker{loop};
  std::string root;
  agent::PublishedGroup shown;
  agent::Publication publication;
  int restored = 0;
  bool refuse_to_publish = false;
  agent::GuardedPublication guarded;
  agent::DirectoryGuard guard;

 private:
  std::string make_state(Storage storage);
};

}  // namespace edgeseal::test
