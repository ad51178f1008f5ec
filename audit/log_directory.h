#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace edgeseal::audit {

// The directory of a log. Everything throws Error that names file and cause. read(), list(), rewrite() and
// sync(): any thread.
class LogDirectory {
 public:
  virtual ~LogDirectory() = default;
  [[nodiscard]] virtual std::vector<std::string> list() = 0;  // of segments, in their order
  // At most the first `most` bytes.
  [[nodiscard]] virtual std::string read(const std::string& name, std::size_t most) = 0;
  // Makes the file where there is none. Where it throws, some of `content` may have been written.
  virtual void append(const std::string& name, std::string_view content) = 0;
  // The same again where it stands already.
  virtual void rewrite(const std::string& name, std::size_t offset, std::string_view content) = 0;
  virtual void truncate(const std::string& name, std::size_t size) = 0;
  virtual void remove(const std::string& name) = 0;
  // What was written before survives a loss of power afterwards, the name of the file as well.
  virtual void sync(const std::string& name) = 0;
  [[nodiscard]] virtual std::size_t size(const std::string& name) = 0;  // 0 where there is none
};

// A directory of the file system, whose files nobody but their owner reads. No symbolic link is followed.
class DiskLogDirectory final : public LogDirectory {
 public:
  // Made where it is missing. Throws Error.
  explicit DiskLogDirectory(const std::string& path);
  ~DiskLogDirectory() override;

  std::vector<std::string> list() override;
  std::string read(const std::string& name, std::size_t most) override;
  void append(const std::string& name, std::string_view content) override;
  void rewrite(const std::string& name, std::size_t offset, std::string_view content) override;
  void truncate(const std::string& name, std::size_t size) override;
  void remove(const std::string& name) override;
  void sync(const std::string& name) override;
  std::size_t size(const std::string& name) override;

 private:
  class Descriptor;
  [[nodiscard]] Descriptor open(const std::string& name, int flags) const;

  const std::string path_;
  std::unique_ptr<Descriptor> directory_;
  std::string current_name_;  // of the file that was appended to last, which stays open
  std::unique_ptr<Descriptor> current_;
};

}  // namespace edgeseal::audit
