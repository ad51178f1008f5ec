#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace edgeseal::ctl {

// A secret on its way to the agent: a file in memory (memfd_create(2)), whose descriptor is sent. No copy of it is left
// in the heap of this process.
class SecretFile {
 public:
  // The content of a file; "-" is the standard input. Throws Failure (Usage), so for more than `most` bytes.
  [[nodiscard]] static SecretFile read(const std::string& path, size_t most);
  // A line of a terminal, without its end; none where the reading was interrupted, or the input ended without one.
  // Throws Failure (Usage) for more than `most` bytes.
  [[nodiscard]] static std::optional<SecretFile> read_line(int terminal, size_t most);

  SecretFile(SecretFile&& other) noexcept;
  SecretFile& operator=(SecretFile&&) = delete;
  ~SecretFile();

  [[nodiscard]] const sdbus::UnixFd& descriptor() const { return descriptor_; }
  [[nodiscard]] std::string_view content() const { return {memory_.data(), size_}; }
  // Cuts one line end off the end.
  void drop_line_end();

 private:
  explicit SecretFile(size_t capacity);
  void set_size(size_t size);

  sdbus::UnixFd descriptor_;
  std::span<char> memory_;  // of the file, mapped
  size_t size_ = 0;
};

}  // namespace edgeseal::ctl
