#pragma once

// The directory of an audit log in memory: a disk that can be full, and a process that can be killed at any byte.

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/error.h"
#include "audit/log_directory.h"

namespace edgeseal::audit::fake {

struct Killed {};

class FakeLogDirectory final : public LogDirectory {
 public:
  std::map<std::string, std::string> files;
  std::size_t room = std::numeric_limits<std::size_t>::max();           // bytes that still fit
  std::size_t bytes_to_live = std::numeric_limits<std::size_t>::max();  // then Killed is thrown, within a write
  std::size_t steps_to_live = std::numeric_limits<std::size_t>::max();  // the same, before a step that changes a file
  bool undo_fails = false;
  bool sync_fails = false;                  // once: and what it should have written counts as written, as in Linux
  std::map<std::string, std::string> disk;  // what a loss of power leaves
  std::size_t syncs = 0;

  std::vector<std::string> list() override {
    std::vector<std::string> names;
    for (const auto& [name, content] : files) names.push_back(name);
    return names;
  }
  std::string read(const std::string& name, std::size_t most) override {
    if (!files.contains(name)) throw Error(name, "No such file or directory");
    return files.at(name).substr(0, most);
  }
  void append(const std::string& name, std::string_view content) override {
    step();
    const std::size_t written = std::min({content.size(), room, bytes_to_live});
    files[name].append(content.substr(0, written));
    room -= written;
    bytes_to_live -= written;
    if (written == content.size()) return;
    if (bytes_to_live == 0) throw Killed();
    throw Error(name, "No space left on device");
  }
  void truncate(const std::string& name, std::size_t size) override {
    step();
    if (undo_fails) throw Error(name, "Input/output error");
    give_back(files.at(name).size() - size);
    files.at(name).resize(size);
  }
  void remove(const std::string& name) override {
    step();
    if (undo_fails) throw Error(name, "Input/output error");
    if (files.contains(name)) give_back(files.at(name).size());
    files.erase(name);
  }
  void rewrite(const std::string& name, std::size_t offset, std::string_view content) override {
    step();
    files.at(name).replace(offset, content.size(), content);
    dirty_of(name).replace(offset, content.size(), content.size(), '1');
  }
  void sync(const std::string& name) override {
    ++syncs;
    std::string& dirty = dirty_of(name);
    std::string& lasting = disk[name];
    lasting.resize(dirty.size());
    for (std::size_t i = 0; i < dirty.size() && !sync_fails; ++i)
      if (dirty[i] == '1') lasting[i] = files[name][i];
    dirty.assign(dirty.size(), '0');
    if (std::exchange(sync_fails, false)) throw Error(name, "Input/output error");
  }
  std::size_t size(const std::string& name) override { return files.contains(name) ? files.at(name).size() : 0; }

  [[nodiscard]] std::string all() const {
    std::string text;
    for (const auto& [name, content] : files) text += content;
    return text;
  }

 private:
  std::string& dirty_of(const std::string& name) {
    dirty_[name].resize(files[name].size(), '1');
    return dirty_[name];
  }
  void give_back(std::size_t bytes) { room += std::min(bytes, std::numeric_limits<std::size_t>::max() - room); }
  void step() {
    if (steps_to_live == 0) throw Killed();
    --steps_to_live;
  }

  std::map<std::string, std::string> dirty_;  // a '1' for each byte that the next sync writes
};

}  // namespace edgeseal::audit::fake
