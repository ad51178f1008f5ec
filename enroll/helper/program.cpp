#include "enroll/helper/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <filesystem>
#include <system_error>

#include "enroll/error.h"

namespace edgeseal::enroll::helper {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

[[noreturn]] void fail(const char* operation) {
  throw std::system_error(errno, std::generic_category(), operation);
}

class Descriptor {
 public:
  explicit Descriptor(int descriptor = -1) noexcept : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Descriptor() { close(); }

  [[nodiscard]] int get() const noexcept { return descriptor_; }
  void close() noexcept {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }

 private:
  int descriptor_;
};

struct Channel {
  Descriptor ours, its;
};

// A pair of sockets, since writing to a closed pipe would raise a signal.
Channel make_channel() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) fail("socketpair");
  Channel channel{Descriptor(ends[0]), Descriptor(ends[1])};
  if (::fcntl(channel.ours.get(), F_SETFL, O_NONBLOCK) != 0) fail("fcntl");
  return channel;
}

// A directory like /tmp, in which each account keeps its own, is none in which others replace anything.
bool is_ours_alone(const struct stat& status) {
  if (S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0 && status.st_uid == 0) return true;
  const bool others_may_write = !S_ISLNK(status.st_mode) && (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  return (status.st_uid == 0 || status.st_uid == ::geteuid()) && !others_may_write;
}

void require_program(const std::string& path) {
  struct stat status {};
  if (!path.starts_with('/')) throw Error(ErrorClass::policy, "the path of a helper is absolute");
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || ::access(path.c_str(), X_OK) != 0)
    throw Error(ErrorClass::policy, fmt::format("the helper {} is no program that can be run", path));
}

// Whether it is a link.
bool judge_place(const fs::path& place) {
  struct stat status {};
  if (::lstat(place.c_str(), &status) != 0) fail("lstat");
  if (!is_ours_alone(status))
    throw Error(ErrorClass::policy,
                fmt::format("others may write {}; the helper is not run: chown root, chmod go-w", place.string()));
  return S_ISLNK(status.st_mode);
}

// Whoever may replace a program, a directory above it, or a link on the way to it, decides what it does. Where it is in
// the end, through no link.
fs::path trustworthy_place(const fs::path& path) {
  fs::path place;
  std::deque<fs::path> steps(path.begin(), path.end());
  while (!steps.empty()) {
    const fs::path next = place / steps.front();
    steps.pop_front();
    if (judge_place(next)) {
      const fs::path target = fs::read_symlink(next);
      steps.insert(steps.begin(), target.begin(), target.end());
    } else {
      place = next;
    }
  }
  return place;
}

class SpawnSettings {
 public:
  SpawnSettings(int input, int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawn_file_actions_addchdir_np(&actions_, "/");
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  [[nodiscard]] pid_t spawn(const fs::path& program, std::string name) const {
    std::string search = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    std::string language = "LC_ALL=C.UTF-8";
    std::array<char*, 2> arguments{name.data(), nullptr};
    std::array<char*, 3> environment{search.data(), language.data(), nullptr};
    pid_t process = -1;
    const int error =
        ::posix_spawn(&process, program.c_str(), &actions_, &attributes_, arguments.data(), environment.data());
    if (error != 0)
      throw Error(ErrorClass::policy,
                  fmt::format("the helper {} cannot be run: {}", name, std::generic_category().message(error)));
    return process;
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// A process and its group, which do not outlive it.
class Process {
 public:
  explicit Process(pid_t process) : process_(process) {}
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (process_ > 0) (void)end();
  }

  // Whatever is left of the group is killed, too. The wait status.
  int end() {
    siginfo_t information{};
    const bool ended = ::waitid(P_PID, static_cast<id_t>(process_), &information, WEXITED | WNOWAIT | WNOHANG) == 0 &&
                       information.si_pid == process_;
    ::kill(-process_, SIGKILL);
    int status = 0;
    ::waitpid(std::exchange(process_, -1), &status, 0);
    return ended ? status : SIGKILL;
  }

  [[nodiscard]] Descriptor watch() const {
    const auto descriptor = static_cast<int>(::syscall(SYS_pidfd_open, process_, 0));
    if (descriptor < 0) fail("pidfd_open");
    return Descriptor(descriptor);
  }

 private:
  pid_t process_;
};

// What goes in and what comes out until the program has ended.
class Conversation {
 public:
  Conversation(Descriptor input, Descriptor output, Descriptor end, ByteView told, const ProgramLimits& limits)
      : input_(std::move(input)),
        output_(std::move(output)),
        end_(std::move(end)),
        told_(told),
        limits_(limits),
        deadline_(steady_clock::now() + limits.time) {}

  [[nodiscard]] Bytes run(const std::stop_token& stop) {
    const Descriptor stopped(::eventfd(0, EFD_CLOEXEC));
    if (stopped.get() < 0) fail("eventfd");
    const std::stop_callback callback(stop, [&stopped] { ::eventfd_write(stopped.get(), 1); });
    while (!has_ended(stopped.get())) tell();
    while (hear()) {
    }
    return std::move(heard_);
  }

 private:
  [[nodiscard]] int time_left() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - steady_clock::now()).count();
    if (left <= 0) throw Error(ErrorClass::transport, "the helper has taken too long and was killed");
    return static_cast<int>(left);
  }

  bool has_ended(int stopped) {
    std::array<pollfd, 4> events{
        {{end_.get(), POLLIN, 0}, {stopped, POLLIN, 0}, {output_.get(), POLLIN, 0}, {input_.get(), POLLOUT, 0}}};
    if (::poll(events.data(), events.size(), time_left()) < 0 && errno != EINTR) fail("poll");
    if ((events[1].revents & POLLIN) != 0) throw Error(ErrorClass::cancelled, "the helper was told to stop");
    if (events[2].revents != 0) (void)hear();
    return (events[0].revents & POLLIN) != 0;
  }

  void tell() {
    if (input_.get() < 0) return;
    const ssize_t size = ::send(input_.get(), told_.data(), told_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size > 0) told_ = told_.subspan(static_cast<std::size_t>(size));
    if (told_.empty() || (size < 0 && errno != EAGAIN && errno != EINTR)) input_.close();
  }

  // Whether there may be more.
  bool hear() {
    std::array<std::byte, 4096> buffer;
    const ssize_t size = ::recv(output_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size <= 0) {
      if (size == 0) output_.close();
      return false;
    }
    heard_.insert(heard_.end(), buffer.begin(), buffer.begin() + size);
    if (heard_.size() <= limits_.output) return true;
    throw Error(ErrorClass::transport, "the helper said more than anybody reads and was killed");
  }

  Descriptor input_, output_, end_;
  ByteView told_;
  const ProgramLimits limits_;
  const steady_clock::time_point deadline_;
  Bytes heard_;
};

}  // namespace

ProgramEnd run_program(const std::string& path, ByteView input, const ProgramLimits& limits,
                       const std::stop_token& stop) {
  require_program(path);
  const fs::path program = trustworthy_place(path);
  Channel in = make_channel();
  Channel out = make_channel();
  Process process(SpawnSettings(in.its.get(), out.its.get()).spawn(program, path));
  in.its.close();
  out.its.close();
  Conversation conversation(std::move(in.ours), std::move(out.ours), process.watch(), input, limits);
  Bytes output = conversation.run(stop);
  const int status = process.end();
  if (!WIFEXITED(status))
    throw Error(ErrorClass::transport, fmt::format("the helper was ended by signal {}", WTERMSIG(status)));
  return {WEXITSTATUS(status), std::move(output)};
}

}  // namespace edgeseal::enroll::helper
