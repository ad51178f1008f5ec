#include "dbus/ctl/secret_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"

namespace edgeseal::ctl {
namespace {

constexpr size_t kLineEndBytes = 2;  // CR LF

[[noreturn]] void fail(const std::string& what) {
  throw Failure(ExitCode::Usage, what + ": " + std::strerror(errno));
}

[[noreturn]] void fail_for_size(const std::string& path, size_t most) {
  throw Failure(ExitCode::Usage, path + " is larger than " + std::to_string(most) + " bytes");
}

// How much there is, at most what there is room for.
size_t fill(std::span<char> memory, int file, const std::string& path) {
  size_t done = 0;
  while (done < memory.size()) {
    const ssize_t part = ::read(file, memory.data() + done, memory.size() - done);
    if (part < 0 && errno == EINTR) continue;
    if (part < 0) fail("cannot read " + path);
    if (part == 0) break;
    done += static_cast<size_t>(part);
  }
  return done;
}

}  // namespace

SecretFile::SecretFile(size_t capacity) : descriptor_(memfd_create("secret", MFD_CLOEXEC), sdbus::adopt_fd) {
  if (!descriptor_.isValid() || ftruncate(descriptor_.get(), static_cast<off_t>(capacity)) != 0) fail("memfd_create");
  void* memory = mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_.get(), 0);
  if (memory == MAP_FAILED) fail("mmap");
  memory_ = {static_cast<char*>(memory), capacity};
}

SecretFile::SecretFile(SecretFile&& other) noexcept
    : descriptor_(std::move(other.descriptor_)),
      memory_(std::exchange(other.memory_, {})),
      size_(std::exchange(other.size_, 0)) {}

SecretFile::~SecretFile() {
  if (!memory_.empty()) munmap(memory_.data(), memory_.size());
}

SecretFile SecretFile::begin_of(const std::string& path, size_t most) {
  SecretFile secret(most);
  secret.set_size(fill(secret.memory_, open_input(path).get(), path));
  return secret;
}

SecretFile SecretFile::read(const std::string& path, size_t most) {
  SecretFile secret = begin_of(path, most + 1);
  if (secret.size_ > most) fail_for_size(path, most);
  return secret;
}

SecretFile SecretFile::read_line(const std::string& path, size_t most) {
  SecretFile secret = begin_of(path, most + kLineEndBytes + 1);
  secret.drop_line_end();
  if (secret.size_ > most) fail_for_size(path, most);
  return secret;
}

std::optional<SecretFile> SecretFile::read_line(int terminal, size_t most) {
  SecretFile secret(most + kLineEndBytes);  // a terminal answers with one line at most
  const ssize_t size = ::read(terminal, secret.memory_.data(), secret.memory_.size());
  if (size <= 0) return std::nullopt;
  secret.set_size(static_cast<size_t>(size));
  secret.drop_line_end();
  if (secret.content().size() > most) {
    throw Failure(ExitCode::Usage, "the passphrase is longer than " + std::to_string(most) + " bytes");
  }
  return secret;
}

void SecretFile::drop_line_end() {
  auto text = content();
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  set_size(text.size());
}

void SecretFile::set_size(size_t size) {
  if (ftruncate(descriptor_.get(), static_cast<off_t>(size)) != 0) fail("ftruncate");
  size_ = size;
}

}  // namespace edgeseal::ctl
