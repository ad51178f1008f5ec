#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dbus/compat.h"

namespace edgeseal::ctl {

inline constexpr size_t kMostSecretBytes = 1024;  // for an enrolment, docs/dbus.md

// A secret on its way to the agent: a file in memory (memfd_create(2)), whose descriptor is sent. No copy of it is left
// in the heap of this process.
class SecretFile {
 public:
  // The content of a file; "-" is the standard input. Throws Failure (Usage), so for more than `most` bytes.
  [[nodiscard]] static SecretFile read(const std::string& path, size_t most);
  // The same without a line end.
  [[nodiscard]] static SecretFile read_line(const std::string& path, size_t most);
  // A line of a terminal, without its end; none where the reading was interrupted, or the input ended without one.
  // Throws Failure (Usage) for more than `most` bytes.
  [[nodiscard]] static std::optional<SecretFile> read_line(int terminal, size_t most);

  SecretFile(SecretFile&& other) noexcept;
  SecretFile& operator=(SecretFile&&) = delete;
  ~SecretFile();

  [[nodiscard]] const sdbus::UnixFd& descriptor() const { return descriptor_; }
  // Where it is empty, a text with its end: no byte of the mapping could be read then.
  [[nodiscard]] std::string_view content() const {
    return size_ == 0 ? std::string_view("") : std::string_view(memory_.data(), size_);
  }

 private:
  explicit SecretFile(size_t capacity);
  [[nodiscard]] static SecretFile begin_of(const std::string& path, size_t most);
  void drop_line_end();
  void set_size(size_t size);

  sdbus::UnixFd descriptor_;
  std::span<char> memory_;  // of the file, mapped
  size_t size_ = 0;
};

}  // namespace edgeseal::ctl
