#include "policy/trusted_path.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "policy/accounts.h"
#include "policy/error.h"
#include "policy/file_facts.h"
#include "policy/path_components.h"

namespace edgeseal::policy {
namespace {

enum class Wanted { on_the_way, directory, file };

[[noreturn]] void refuse(const std::string& path, const std::string& found, const std::string& command) {
  throw Error(path, found + "; remedy: " + command + " " + shell_word(path));
}

void judge_kind(const struct stat& found, const std::string& path, Wanted wanted) {
  const mode_t kind = wanted == Wanted::file ? S_IFREG : S_IFDIR;
  if ((found.st_mode & S_IFMT) == kind) return;
  if (S_ISLNK(found.st_mode)) {
    throw Error(path, "is a symbolic link, which is not followed here; name the place that it points to: readlink -f " +
                          shell_word(path));
  }
  throw Error(path, std::string("is a ") + kind_of(found.st_mode) + " where a " + kind_of(kind) + " is expected");
}

void judge(int fd, const std::string& path, uid_t owner, Wanted wanted) {
  struct stat found {};
  if (::fstat(fd, &found) != 0) throw Error(path, std::strerror(errno));
  judge_kind(found, path, wanted);
  if (const auto fault = judge_owner(found, path, owner))
    throw Error(path, fault->found + " and not to " + fault->wanted + "; remedy: " + fault->remedy);
  if (const auto fault = judge_writers(found, path, wanted == Wanted::on_the_way ? Role::on_the_way : Role::goal))
    throw Error(path, fault->found + "; remedy: " + fault->remedy);
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
  const std::string path = joined(parent.path, name);
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

Walk walk(std::string_view path, uid_t owner, Wanted wanted) {
  const std::vector<std::string> names = components_of(path);
  Walk walk{{}, open_root(), "/"};
  judge(walk.last.fd.get(), walk.last.path, owner, names.empty() ? wanted : Wanted::on_the_way);
  for (std::size_t i = 0; i < names.size(); ++i) {
    walk.parent = std::move(walk.last);
    walk.last = open_place(walk.parent, names[i]);
    walk.last_name = names[i];
    judge(walk.last.fd.get(), walk.last.path, owner, i + 1 == names.size() ? wanted : Wanted::on_the_way);
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
  const Walk walked = walk(path, owner, Wanted::file);
  // Opened by name once more, and so judged once more; O_NONBLOCK for the FIFO that came in between.
  UniqueFd file =
      open_to_read(walked.parent.fd.get(), walked.last_name.c_str(), walked.last.path, O_NONBLOCK | O_NOCTTY);
  judge(file.get(), walked.last.path, owner, Wanted::file);
  return file;
}

UniqueFd open_trusted_directory(std::string_view path, uid_t owner) {
  const Walk walked = walk(path, owner, Wanted::directory);
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
