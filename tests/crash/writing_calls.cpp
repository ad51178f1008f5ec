#include "tests/crash/writing_calls.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace edgeseal::crash {
namespace {

using Target = WritingCall::Target;
using Effect = WritingCall::Effect;

constexpr std::array calls = {
    WritingCall{SYS_write, "write", Target::descriptor, Effect::takes_space},
    WritingCall{SYS_pwrite64, "pwrite64", Target::descriptor, Effect::takes_space},
    WritingCall{SYS_writev, "writev", Target::descriptor, Effect::takes_space},
    WritingCall{SYS_pwritev, "pwritev", Target::descriptor, Effect::takes_space},
    WritingCall{SYS_pwritev2, "pwritev2", Target::descriptor, Effect::takes_space},
    WritingCall{SYS_sendto, "sendto", Target::descriptor, Effect::other},
    WritingCall{SYS_sendmsg, "sendmsg", Target::descriptor, Effect::other},
    WritingCall{SYS_sendmmsg, "sendmmsg", Target::descriptor, Effect::other},
    WritingCall{SYS_sendfile, "sendfile", Target::descriptor, Effect::takes_space},
    WritingCall{SYS_copy_file_range, "copy_file_range", Target::none, Effect::takes_space},
    WritingCall{SYS_splice, "splice", Target::none, Effect::takes_space},
    WritingCall{SYS_ftruncate, "ftruncate", Target::descriptor, Effect::takes_space},
    WritingCall{SYS_truncate, "truncate", Target::path, Effect::takes_space},
    WritingCall{SYS_fallocate, "fallocate", Target::descriptor, Effect::takes_space},
    WritingCall{SYS_fsync, "fsync", Target::descriptor, Effect::syncs},
    WritingCall{SYS_fdatasync, "fdatasync", Target::descriptor, Effect::syncs},
    WritingCall{SYS_sync_file_range, "sync_file_range", Target::descriptor, Effect::other},
    WritingCall{SYS_syncfs, "syncfs", Target::descriptor, Effect::syncs},
    WritingCall{SYS_sync, "sync", Target::none, Effect::other},
    WritingCall{SYS_msync, "msync", Target::none, Effect::other},
    WritingCall{SYS_openat, "openat", Target::opened_at, Effect::takes_space},
    WritingCall{SYS_openat2, "openat2", Target::opened_by_record, Effect::takes_space},
    WritingCall{SYS_mkdirat, "mkdirat", Target::path_at, Effect::takes_space},
    WritingCall{SYS_mknodat, "mknodat", Target::path_at, Effect::takes_space},
    WritingCall{SYS_symlinkat, "symlinkat", Target::last_path_at, Effect::takes_space},
    WritingCall{SYS_linkat, "linkat", Target::two_paths_at, Effect::takes_space},
    WritingCall{SYS_renameat2, "renameat2", Target::two_paths_at, Effect::takes_space},
    WritingCall{SYS_unlinkat, "unlinkat", Target::path_at, Effect::other},
    WritingCall{SYS_fchmod, "fchmod", Target::descriptor, Effect::other},
    WritingCall{SYS_fchmodat, "fchmodat", Target::path_at, Effect::other},
    WritingCall{SYS_fchown, "fchown", Target::descriptor, Effect::other},
    WritingCall{SYS_fchownat, "fchownat", Target::path_at, Effect::other},
    WritingCall{SYS_fsetxattr, "fsetxattr", Target::descriptor, Effect::takes_space},
    WritingCall{SYS_setxattr, "setxattr", Target::path, Effect::takes_space},
    WritingCall{SYS_lsetxattr, "lsetxattr", Target::path, Effect::takes_space},
    WritingCall{SYS_fremovexattr, "fremovexattr", Target::descriptor, Effect::other},
    WritingCall{SYS_removexattr, "removexattr", Target::path, Effect::other},
    WritingCall{SYS_lremovexattr, "lremovexattr", Target::path, Effect::other},
    WritingCall{SYS_utimensat, "utimensat", Target::path_at, Effect::other},
#ifdef SYS_renameat
    WritingCall{SYS_renameat, "renameat", Target::two_paths_at, Effect::takes_space},
#endif
#ifdef SYS_open  // of the older architectures alone
    WritingCall{SYS_open, "open", Target::opened, Effect::takes_space},
    WritingCall{SYS_creat, "creat", Target::path, Effect::takes_space},
    WritingCall{SYS_mkdir, "mkdir", Target::path, Effect::takes_space},
    WritingCall{SYS_mknod, "mknod", Target::path, Effect::takes_space},
    WritingCall{SYS_symlink, "symlink", Target::last_path, Effect::takes_space},
    WritingCall{SYS_link, "link", Target::two_paths, Effect::takes_space},
    WritingCall{SYS_rename, "rename", Target::two_paths, Effect::takes_space},
    WritingCall{SYS_unlink, "unlink", Target::path, Effect::other},
    WritingCall{SYS_rmdir, "rmdir", Target::path, Effect::other},
    WritingCall{SYS_chmod, "chmod", Target::path, Effect::other},
    WritingCall{SYS_chown, "chown", Target::path, Effect::other},
    WritingCall{SYS_lchown, "lchown", Target::path, Effect::other},
#endif
};

constexpr std::uint32_t changes_the_file = O_CREAT | O_TRUNC;

sock_filter load(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

constexpr std::uint32_t flags_argument(Target target) {
  return target == Target::opened ? 1 : 2;
}

// Little-endian: the flags are in the lower half of their argument, which comes first.
std::size_t flags_offset(Target target) {
  return offsetof(seccomp_data, args) + flags_argument(target) * sizeof(std::uint64_t);
}

std::vector<sock_filter> make_filter() {
  const sock_filter tell = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
  const sock_filter pass = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  std::vector<sock_filter> filter{load(offsetof(seccomp_data, nr))};
  for (const WritingCall& call : calls) {
    const bool opens = call.target == Target::opened || call.target == Target::opened_at;
    const std::uint8_t skipped = opens ? 4 : 1;
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call.number), 0, skipped));
    if (opens) {
      filter.push_back(load(flags_offset(call.target)));
      filter.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, changes_the_file, 1, 0));
      filter.push_back(pass);
    }
    filter.push_back(tell);
  }
  filter.push_back(pass);
  return filter;
}

}  // namespace

const WritingCall* find_writing_call(int number) {
  const auto* const found = std::ranges::find(calls, number, &WritingCall::number);
  return found == calls.end() ? nullptr : found;
}

const std::vector<sock_filter>& writing_calls_filter() {
  static const std::vector<sock_filter> filter = make_filter();
  return filter;
}

}  // namespace edgeseal::crash
