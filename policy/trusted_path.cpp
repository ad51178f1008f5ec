#include "policy/trusted_path.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

#include "policy/accounts.h"
#include "policy/error.h"

namespace edgeseal::policy {
namespace {

enum class Role { on_the_way, directory, file };

// A path in a command that a person may copy into a shell.
std::string shell_word(const std::string& path) {
  constexpr const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+,:@%";
  if (path.find_first_not_of(plain) == std::string::npos) return path;
  std::string word = "'";
  for (const char c : path) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

[[noreturn]] void refuse(const std::string& path, const std::string& found, const std::string& command) {
  throw Error(path, found + "; remedy: " + command + " " + shell_word(path));
}

std::string octal(mode_t mode) {
  std::string digits;
  for (int shift = 9; shift >= 0; shift -= 3) digits += static_cast<char>('0' + ((mode >> shift) & 7));
  return digits;
}

const char* kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG: return "regular file";
    case S_IFDIR: return "directory";
    case S_IFLNK: return "symbolic link";
    case S_IFIFO: return "FIFO";
    case S_IFSOCK: return "socket";
    default: return "device";
  }
}

void judge_kind(const struct stat& found, const std::string& path, Role role) {
  const mode_t wanted = role == Role::file ? S_IFREG : S_IFDIR;
  if ((found.st_mode & S_IFMT) == wanted) return;
  if (S_ISLNK(found.st_mode)) {
    throw Error(path, "is a symbolic link, which is not followed here; name the place that it points to: readlink -f " +
                          shell_word(path));
  }
  throw Error(path, std::string("is a ") + kind_of(found.st_mode) + " where a " + kind_of(wanted) + " is expected");
}

void judge_owner(const struct stat& found, const std::string& path, uid_t owner) {
  if (found.st_uid == 0 || found.st_uid == owner) return;
  const std::string accepted = owner == 0 ? "root" : "root or " + describe_user(owner);
  refuse(path, "belongs to " + describe_user(found.st_uid) + " and not to " + accepted, "chown root");
}

// Where the file has a POSIX ACL, the group bits of the mode are its mask: they bound every entry for a named user or
// group, so that the mode says it all, and chmod g-w mends it all (acl(5)).
void judge_mode(const struct stat& found, const std::string& path, Role role) {
  const bool group = (found.st_mode & S_IWGRP) != 0;
  const bool others = (found.st_mode & S_IWOTH) != 0;
  if (!group && !others) return;
  const bool sticky = (found.st_mode & S_ISVTX) != 0 && found.st_uid == 0;
  if (role == Role::on_the_way && sticky) return;
  refuse(path, "mode " + octal(found.st_mode) + " lets " + (others ? "others" : "its group") + " write",
         group && others ? "chmod go-w"
         : group         ? "chmod g-w"
                         : "chmod o-w");
}

void judge(int fd, const std::string& path, uid_t owner, Role role) {
  struct stat found {};
  if (::fstat(fd, &found) != 0) throw Error(path, std::strerror(errno));
  judge_kind(found, path, role);
  judge_owner(found, path, owner);
  judge_mode(found, path, role);
}

std::vector<std::string> components_of(std::string_view path) {
  const std::string shown(path.substr(0, PATH_MAX));
  if (!path.starts_with('/')) throw Error(shown, "is not an absolute path; write it from the root directory on");
  if (path.size() >= PATH_MAX) throw Error(shown, "the path is longer than " + std::to_string(PATH_MAX - 1) + " bytes");
  if (path.find('\0') != std::string_view::npos) throw Error(shown.c_str(), "the path contains a zero byte");
  std::vector<std::string> components;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    if (name == "." || name == "..")
      throw Error(shown, "the path contains \"" + std::string(name) + "\"; write it without");
    if (!name.empty()) components.emplace_back(name);
    begin = end + 1;
  }
  return components;
}

struct Place {
  UniqueFd fd;
  std::string path;
};

[[noreturn]] void fail_to_open(const Place& parent, const std::string& path, int error) {
  if (error == ENOENT) throw Error(path, "does not exist");
  if (error == EACCES) refuse(parent.path, describe_user(::geteuid()) + " may not enter it", "chmod a+x");
  throw Error(path, std::strerror(error));
}

// O_PATH: opening has no effect on what is there, be it a FIFO or a device, and needs no right to read it.
Place open_place(const Place& parent, const std::string& name) {
  const std::string path = parent.path + (parent.path.ends_with('/') ? "" : "/") + name;
  UniqueFd fd(::openat(parent.fd.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) fail_to_open(parent, path, errno);
  return {std::move(fd), path};
}

Place open_root() {
  UniqueFd fd(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw Error("/", std::strerror(errno));
  return {std::move(fd), "/"};
}

UniqueFd open_to_read(int directory, const char* name, const std::string& path, int flags) {
  UniqueFd fd(::openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | flags));
  if (fd) return fd;
  if (errno == EACCES) refuse(path, describe_user(::geteuid()) + " may not read it", "chmod a+rX");
  throw Error(path, std::strerror(errno));
}

// The last component of a path that was judged up to it, and the directory that it stands in.
struct Walk {
  Place parent;
  Place last;
  std::string last_name;
};

Walk walk(std::string_view path, uid_t owner, Role role) {
  const std::vector<std::string> names = components_of(path);
  Walk walk{{}, open_root(), "/"};
  judge(walk.last.fd.get(), walk.last.path, owner, names.empty() ? role : Role::on_the_way);
  for (std::size_t i = 0; i < names.size(); ++i) {
    walk.parent = std::move(walk.last);
    walk.last = open_place(walk.parent, names[i]);
    walk.last_name = names[i];
    judge(walk.last.fd.get(), walk.last.path, owner, i + 1 == names.size() ? role : Role::on_the_way);
  }
  return walk;
}

// Reads to the end of the file or to one byte more than `limit`: the file may have grown since it was looked at.
std::string read_up_to(int fd, const std::string& path, std::size_t limit) {
  std::string content;
  std::array<char, 4096> chunk{};
  while (content.size() <= limit) {
    const ssize_t got = ::read(fd, chunk.data(), std::min(chunk.size() - 1, limit - content.size()) + 1);
    if (got == 0) break;
    if (got > 0) {
      content.append(chunk.data(), static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      throw Error(path, std::strerror(errno));
    }
  }
  return content;
}

}  // namespace

UniqueFd open_trusted_file(std::string_view path, uid_t owner) {
  const Walk walked = walk(path, owner, Role::file);
  // Opened by name once more, and so judged once more; O_NONBLOCK for the FIFO that came in between.
  UniqueFd file =
      open_to_read(walked.parent.fd.get(), walked.last_name.c_str(), walked.last.path, O_NONBLOCK | O_NOCTTY);
  judge(file.get(), walked.last.path, owner, Role::file);
  return file;
}

UniqueFd open_trusted_directory(std::string_view path, uid_t owner) {
  const Walk walked = walk(path, owner, Role::directory);
  return open_to_read(walked.last.fd.get(), ".", walked.last.path, O_DIRECTORY);
}

std::string read_trusted_file(std::string_view path, uid_t owner, std::size_t limit) {
  const UniqueFd file = open_trusted_file(path, owner);
  std::string content = read_up_to(file.get(), std::string(path), limit);
  if (content.size() > limit)
    throw Error(std::string(path), "is longer than " + std::to_string(limit) + " bytes, the limit for this file");
  return content;
}

}  // namespace edgeseal::policy
