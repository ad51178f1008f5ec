#include "tests/unit/agent/guard_fixture.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>

#include "agent/directories/directory_sweep.h"

namespace edgeseal::test {

namespace {

void become(uid_t user) {
  if (!may_be_root()) return;
  if (::seteuid(0) != 0 || ::setegid(user) != 0 || ::seteuid(user) != 0) std::abort();
}

// What a test mounts is seen by nobody else and ends with it.
struct OwnMounts {
  OwnMounts() {
    if (may_be_root() &&
        (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0))
      std::abort();
  }
};
BOOST_TEST_GLOBAL_FIXTURE(OwnMounts);

agent::PublishedGroup group_of(std::size_t certificates) {
  agent::PublishedGroup group{.group = "application"};
  for (std::size_t i = 0; i < certificates; ++i)
    group.trust_list.trusted_certificates.push_back({std::byte(i), std::byte(i >> 8), std::byte(i >> 16)});
  return group;
}

}  // namespace

bool may_be_root() {
  static const bool root = ::getuid() == 0;
  return root;
}

AsAgent::AsAgent() {
  become(agent_account);
}
AsAgent::~AsAgent() {
  become(0);
}
AsRoot::AsRoot() : before_(::geteuid()) {
  become(0);
}
AsRoot::~AsRoot() {
  become(before_);
}

GuardFixture::GuardFixture(Storage storage, std::size_t certificates)
    : root(make_state(storage)),
      shown(group_of(certificates)),
      publication(root),
      guarded(root, worker, [this] { guard.refresh(); }),
      guard(loop, worker, audit,
            {[this] { return guarded.directories(); },
             [this](const agent::GuardedDirectory& each, const agent::Answer<std::monostate>& answer) {
               ++restored;
               try {
                 if (refuse_to_publish) throw agent::Error(agent::Code::state_unavailable, "the disk is full");
                 each.group.empty() ? publication.make_root() : publish();
                 answer(std::monostate{});
               } catch (const agent::Error& error) {
                 answer(error);
               }
             }},
            {}) {
  publish();
  settle();
  BOOST_REQUIRE(intact());
  BOOST_REQUIRE(records.empty());
}

GuardFixture::~GuardFixture() {
  const AsRoot root_account;
  ::umount2(directory.file("state").c_str(), MNT_DETACH);  // where there is one
}

// Like /var/lib/edgeseal: the agent's, in a directory of root's.
std::string GuardFixture::make_state(Storage storage) {
  const AsRoot root_account;
  const std::string state = directory.file("state");
  std::filesystem::create_directory(state);
  if (may_be_root()) {
    std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
    if (storage == Storage::memory) BOOST_REQUIRE(::mount("tmpfs", state.c_str(), "tmpfs", 0, nullptr) == 0);
    BOOST_REQUIRE(::chown(state.c_str(), agent_account, agent_account) == 0);
  }
  std::filesystem::permissions(state, std::filesystem::perms(0711));
  return state + "/pki";
}

void GuardFixture::publish() {
  const agent::Readers readers{{33}, {44}};
  publication.prepare("web", readers, shown).exchange();
  guarded.published("web", readers, shown);
}

std::chrono::milliseconds GuardFixture::settle() {
  const auto begin = std::chrono::steady_clock::now();
  const auto groups = [this] {
    return std::ranges::count_if(guarded.directories(), [](const auto& each) { return !each.group.empty(); });
  };
  run_until([&] { return groups() == 1 && guard.idle(); });
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

bool GuardFixture::intact() {
  for (const agent::GuardedDirectory& each : guarded.directories()) {
    const agent::Sweep found = agent::sweep(each, {}, agent::Repair::none);
    if (!found.judgement.good() || !found.above.good()) return false;
  }
  return true;
}

std::vector<GuardFixture::Record> GuardFixture::recorded(const std::string& action) const {
  std::vector<Record> matching;
  for (const Record& record : records)
    if (record.fields.at("action") == action) matching.push_back(record);
  return matching;
}

}  // namespace edgeseal::test
