#include "audit/log_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "audit/error.h"
#include "audit/segment.h"

namespace edgeseal::audit {

namespace {

[[noreturn]] void fail(const std::string& file) {
  throw Error(file, std::generic_category().message(errno));
}

std::size_t size_of(const std::string& file, int descriptor) {
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0) fail(file);
  return static_cast<std::size_t>(facts.st_size);
}

void write_all(const std::string& file, int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(file);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

class DiskLogDirectory::Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  [[nodiscard]] int release() { return std::exchange(descriptor_, -1); }
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

DiskLogDirectory::DiskLogDirectory(const std::string& path) : path_(path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) fail(path);
  directory_ = std::make_unique<Descriptor>(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (directory_->get() < 0) fail(path);
}

DiskLogDirectory::~DiskLogDirectory() = default;

DiskLogDirectory::Descriptor DiskLogDirectory::open(const std::string& name, int flags) const {
  Descriptor file(::openat(directory_->get(), name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  struct stat facts {};
  if (file.get() < 0 || ::fstat(file.get(), &facts) != 0) fail(path_ + "/" + name);
  if (!S_ISREG(facts.st_mode)) throw Error(path_ + "/" + name, "it is no regular file");
  return file;
}

std::vector<std::string> DiskLogDirectory::list() {
  Descriptor copy(::openat(directory_->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(copy.get() < 0 ? nullptr : ::fdopendir(copy.get()), ::closedir);
  if (!entries) fail(path_);
  (void)copy.release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(entries.get()))
    if (first_of(entry->d_name) != 0) names.emplace_back(entry->d_name);
  if (errno != 0) fail(path_);
  std::ranges::sort(names);
  return names;
}

std::string DiskLogDirectory::read(const std::string& name, std::size_t most) {
  const Descriptor file = open(name, O_RDONLY);
  std::string content(std::min(most, size_of(path_ + "/" + name, file.get())), '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t got = ::read(file.get(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path_ + "/" + name);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  content.resize(size);
  return content;
}

void DiskLogDirectory::append(const std::string& name, std::string_view content) {
  if (name != current_name_ || !current_) {
    current_.reset();
    current_ = std::make_unique<Descriptor>(open(name, O_WRONLY | O_APPEND | O_CREAT));
    current_name_ = name;
  }
  write_all(path_ + "/" + name, current_->get(), content);
}

void DiskLogDirectory::rewrite(const std::string& name, std::size_t offset, std::string_view content) {
  const Descriptor file = open(name, O_WRONLY);
  while (!content.empty()) {
    const ssize_t written = ::pwrite(file.get(), content.data(), content.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path_ + "/" + name);
    content.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::size_t>(written);
  }
}

std::size_t DiskLogDirectory::size(const std::string& name) {
  struct stat facts {};
  if (::fstatat(directory_->get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0)
    return static_cast<std::size_t>(facts.st_size);
  if (errno != ENOENT) fail(path_ + "/" + name);
  return 0;
}

void DiskLogDirectory::truncate(const std::string& name, std::size_t size) {
  if (::ftruncate(open(name, O_WRONLY).get(), static_cast<off_t>(size)) != 0) fail(path_ + "/" + name);
}

void DiskLogDirectory::remove(const std::string& name) {
  if (name == current_name_) current_.reset();
  if (::unlinkat(directory_->get(), name.c_str(), 0) != 0 && errno != ENOENT) fail(path_ + "/" + name);
}

void DiskLogDirectory::sync(const std::string& name) {
  if (::fdatasync(open(name, O_RDONLY).get()) != 0 || ::fsync(directory_->get()) != 0) fail(path_ + "/" + name);
}

}  // namespace edgeseal::audit
