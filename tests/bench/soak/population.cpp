#include "tests/bench/soak/population.h"

#include <fmt/format.h>
#include <grp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace edgeseal::bench {
namespace {

void require(bool success, const char* what) {
  if (!success) throw std::system_error(errno, std::generic_category(), what);
}

void become(uid_t account) {
  if (account != ::geteuid())
    require(::setgroups(0, nullptr) == 0 && ::setresgid(account, account, account) == 0 &&
                ::setresuid(account, account, account) == 0,
            "another account; the load needs root");
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // setresuid() forgets it
}

void* shared_memory(std::size_t size) {
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  require(memory != MAP_FAILED, "mmap");
  return memory;
}

}  // namespace

void Population::Unmap::operator()(Shared* shared) const {
  ::munmap(shared, sizeof *shared);
}

Population::Population(std::string name, uid_t account, const std::function<void(const Life&)>& live)
    : name_(std::move(name)), account_(account), shared_(new (shared_memory(sizeof(Shared))) Shared) {
  process_ = ::fork();
  require(process_ >= 0, "fork");
  if (process_ > 0) return;
  try {
    become(account_);
    live({shared_->tally, shared_->over});
    ::_exit(0);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", name_, error.what());
  }
  ::_exit(1);
}

Population::~Population() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

void Population::join() {
  int status = 0;
  require(::waitpid(std::exchange(process_, -1), &status, 0) > 0, "waitpid");
  if (status != 0) throw std::runtime_error(fmt::format("{}: the process of uid {} failed", name_, account_));
}

}  // namespace edgeseal::bench
