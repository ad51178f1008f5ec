#include "tests/crash/stopped_call.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <fstream>
#include <string_view>
#include <system_error>

namespace edgeseal::crash {
namespace {

using Target = WritingCall::Target;
using Touches = StoppedCall::Touches;

bool is_below(const std::string& path, const std::filesystem::path& directory) {
  return path.starts_with(directory.native());
}

bool opens(Target target) {
  return target == Target::opened || target == Target::opened_at || target == Target::opened_by_record;
}

std::size_t read_memory(pid_t process, __u64 address, void* into, std::size_t size) {
  const iovec here{into, size}, there{reinterpret_cast<void*>(address), size};
  const ssize_t count = ::process_vm_readv(process, &here, 1, &there, 1, 0);
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

std::string name_of_thread(pid_t thread) {
  std::string name;
  std::ifstream file(fmt::format("/proc/{}/comm", thread));
  std::getline(file, name);
  return name;
}

struct Peer {
  bool on_network = false;
  std::string path;  // of a Unix socket
};

Peer peer_of(int socket) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  if (address.sun_family != AF_UNIX) return {true, {}};
  return {false, std::string(address.sun_path, size - offsetof(sockaddr_un, sun_path)).c_str()};
}

}  // namespace

std::string StoppedCall::text() const {
  return fmt::format("{}({}) by thread {}", call->name, target, thread);
}

policy::UniqueFd copy_of_descriptor(int process, int descriptor) {
  return policy::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_getfd, process, descriptor, 0)));
}

CallReader::CallReader(pid_t process, Places places)
    : process_(process),
      process_descriptor_(static_cast<int>(::syscall(SYS_pidfd_open, process, 0))),
      places_(std::move(places)) {
  if (!process_descriptor_) throw std::system_error(errno, std::generic_category(), "pidfd_open");
}

StoppedCall CallReader::read(const seccomp_notif& notification) const {
  StoppedCall stopped;
  stopped.call = find_writing_call(notification.data.nr);
  stopped.process = process();
  stopped.thread = name_of_thread(static_cast<pid_t>(notification.pid));
  const __u64* const arguments = notification.data.args;
  if (stopped.call->target == Target::descriptor) stopped.descriptor = static_cast<int>(arguments[0]);
  if (stopped.call->target == Target::opened_by_record && !creates(arguments[2])) return stopped;
  stopped.target = path_of(*stopped.call, arguments);
  stopped.takes_space = stopped.call->effect == WritingCall::Effect::takes_space &&
                        !(opens(stopped.call->target) && std::filesystem::exists(stopped.target));
  if (stopped.target.starts_with("socket:")) classify_socket(stopped);
  if (is_below(stopped.target, places_.state)) {
    stopped.touches = Touches::storage;
    stopped.target.erase(0, places_.state.parent_path().native().size() + 1);
  }
  return stopped;
}

void CallReader::classify_socket(StoppedCall& stopped) const {
  const Peer peer = peer_of(copy_of_descriptor(process(), stopped.descriptor).get());
  const auto take = [&](Touches touches, const char* name) {
    stopped.touches = touches;
    stopped.target = name;
  };
  if (peer.on_network)
    take(Touches::network, "network");
  else if (is_below(peer.path, places_.chip))
    take(Touches::tpm, "tpm");
  else if (is_below(peer.path, places_.bus))
    take(Touches::bus, "bus");
  else if (peer.path == places_.keys)
    take(Touches::keys, "key socket");
}

std::string CallReader::path_of(const WritingCall& call, const __u64* arguments) const {
  switch (call.target) {
    case Target::descriptor: return descriptor_path(static_cast<int>(arguments[0]));
    case Target::path: return followed(string_at(arguments[0]));
    case Target::opened: return string_at(arguments[0]);
    case Target::path_at:
    case Target::opened_at:
    case Target::opened_by_record: return joined(arguments[0], arguments[1]);
    case Target::last_path: return string_at(arguments[1]);
    case Target::last_path_at: return joined(arguments[1], arguments[2]);
    case Target::two_paths: return string_at(arguments[0]) + " to " + string_at(arguments[1]);
    case Target::two_paths_at: return joined(arguments[0], arguments[1]) + " to " + joined(arguments[2], arguments[3]);
    case Target::none: break;
  }
  return {};
}

std::string CallReader::descriptor_path(int descriptor) const {
  std::array<char, 4096> path{};
  const std::string link = fmt::format("/proc/{}/fd/{}", process_, descriptor);
  const ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
  return {path.data(), size < 0 ? 0 : static_cast<std::size_t>(size)};
}

// What a magic link of proc(5) leads to.
std::string CallReader::followed(const std::string& path) const {
  constexpr std::string_view links = "/proc/self/fd/";
  return path.starts_with(links) ? descriptor_path(std::stoi(path.substr(links.size()))) : path;
}

std::string CallReader::joined(__u64 directory, __u64 path) const {
  std::string name = string_at(path);
  const int descriptor = static_cast<int>(directory);
  if (name.starts_with('/') || descriptor == AT_FDCWD) return name;
  return descriptor_path(descriptor) + (name.empty() ? "" : "/") + name;
}

// A page at a time: what follows the string may be no memory of the process.
std::string CallReader::string_at(__u64 address) const {
  constexpr __u64 page = 4096;
  std::string text;
  while (address != 0 && text.size() < PATH_MAX) {
    std::string part(page - address % page, '\0');
    part.resize(read_memory(process_, address, part.data(), part.size()));
    const auto end = part.find('\0');
    text += part.substr(0, end);
    if (part.empty() || end != std::string::npos) break;
    address += part.size();
  }
  return text;
}

bool CallReader::creates(__u64 record) const {
  open_how how{};
  (void)read_memory(process_, record, &how, sizeof how);
  return (how.flags & (O_CREAT | O_TRUNC)) != 0;
}

}  // namespace edgeseal::crash
