#include "dbus/ctl/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {
namespace {

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& path) {
  throw Failure(ExitCode::Usage, "cannot " + what + " " + path.string() + ": " + std::strerror(errno));
}

[[noreturn]] void refuse_existing(const std::filesystem::path& path, Existing existing) {
  throw Failure(ExitCode::Usage, path.string() + " exists",
                existing == Existing::KeepUnlessForced ? "choose another name, or give --force"
                                                       : "choose another name, or move it away");
}

std::filesystem::path parent_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

// A new file beside the wanted one; removed again unless it was moved to its place.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target)
      : path_(target.string() + ".XXXXXX"),
        descriptor_(mkostemp(path_.data(), O_CLOEXEC), sdbus::adopt_fd),
        target_(target) {
    if (!descriptor_.isValid()) fail("create", target);
  }
  ~TemporaryFile() {
    if (!path_.empty()) unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(const std::string& content, Readers readers) const {
    for (size_t done = 0; done < content.size();) {
      const ssize_t part = ::write(descriptor_.get(), content.data() + done, content.size() - done);
      if (part < 0 && errno != EINTR) fail("write", target_);
      if (part > 0) done += static_cast<size_t>(part);
    }
    if (fchmod(descriptor_.get(), readers == Readers::Owner ? 0600 : 0644) != 0 || fsync(descriptor_.get()) != 0)
      fail("write", target_);
  }

  void move_to_place(Existing existing) {
    const unsigned flags = existing == Existing::Replace ? 0 : RENAME_NOREPLACE;
    if (renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), flags) == 0) return path_.clear();
    if (errno == EINVAL && reserve()) return path_.clear();
    if (errno == EEXIST) refuse_existing(target_, existing);
    fail("write", target_);
  }

 private:
  // For file systems without RENAME_NOREPLACE (vfat, NFS): who creates the name may replace it.
  bool reserve() const {
    const sdbus::UnixFd reserved(open(target_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644), sdbus::adopt_fd);
    return reserved.isValid() && rename(path_.c_str(), target_.c_str()) == 0;
  }

  std::string path_;
  sdbus::UnixFd descriptor_;
  std::filesystem::path target_;
};

void sync_directory(const std::filesystem::path& file) {
  const sdbus::UnixFd directory(open(parent_of(file).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), sdbus::adopt_fd);
  if (!directory.isValid() || fsync(directory.get()) != 0) fail("write", file);
}

}  // namespace

sdbus::UnixFd open_input(const std::filesystem::path& path) {
  sdbus::UnixFd file(path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC), sdbus::adopt_fd);
  if (!file.isValid()) fail("read", path);
  return file;
}

std::string read_file(const std::filesystem::path& path, size_t most) {
  const auto file = open_input(path);
  std::string content;
  std::array<char, 4096> part{};
  for (ssize_t size = 0; (size = read(file.get(), part.data(), part.size())) != 0;) {
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) fail("read", path);
    content.append(part.data(), static_cast<size_t>(size));
    if (content.size() > most) {
      throw Failure(ExitCode::Usage, path.string() + " is larger than " + std::to_string(most >> 20) + " MiB");
    }
  }
  return content;
}

void check_target(const std::filesystem::path& path, Existing existing) {
  struct stat status {};
  if (existing != Existing::Replace && lstat(path.c_str(), &status) == 0) refuse_existing(path, existing);
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {  // /dev/stdout, say
    throw Failure(ExitCode::Usage, path.string() + " is no regular file",
                  "give --out - to write to the standard output");
  }
  if (access(parent_of(path).c_str(), W_OK | X_OK) != 0) fail("write", path);
}

void write_file(const std::filesystem::path& path, const std::string& content, Existing existing, Readers readers) {
  check_target(path, existing);
  TemporaryFile file(path);
  file.write(content, readers);
  file.move_to_place(existing);
  sync_directory(path);
}

}  // namespace edgeseal::ctl
