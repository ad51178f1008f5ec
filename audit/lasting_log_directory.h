#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "audit/log_directory.h"

namespace edgeseal::audit {

// A directory whose sync() means what it says after one that failed, too: Linux takes what it could not write for
// written then, and the next fdatasync(2) succeeds. So what was appended since the last good sync is written again
// before it.
class LastingLogDirectory final : public LogDirectory {
 public:
  explicit LastingLogDirectory(std::unique_ptr<LogDirectory> directory) : directory_(std::move(directory)) {}

  std::vector<std::string> list() override { return directory_->list(); }
  std::string read(const std::string& name, std::size_t most) override { return directory_->read(name, most); }
  void append(const std::string& name, std::string_view content) override;
  void rewrite(const std::string& name, std::size_t offset, std::string_view content) override;
  void truncate(const std::string& name, std::size_t size) override;
  void remove(const std::string& name) override;
  void sync(const std::string& name) override;
  std::size_t size(const std::string& name) override { return directory_->size(name); }

 private:
  struct Unsynced {
    std::size_t begin = 0;
    std::string content{};
    bool failed = false;
    [[nodiscard]] std::size_t end() const { return begin + content.size(); }
  };
  [[nodiscard]] Unsynced unsynced(const std::string& name);

  const std::unique_ptr<LogDirectory> directory_;
  std::mutex syncing_;  // one sync at a time: what one of them saw fail, no other takes for good
  std::mutex mutex_;    // guards unsynced_
  std::map<std::string, Unsynced> unsynced_;
};

}  // namespace edgeseal::audit
