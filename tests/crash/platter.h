#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace edgeseal::crash {

// What of a directory tree survives a loss of power: the content of a file and the entries of a directory as they were
// when they were last synced, and nothing of what came after. Harsher than most file systems, which keep more, and in
// their own order; what it does not show is a sector that was half written.
class Platter {
 public:
  explicit Platter(std::filesystem::path root);  // all that is there now is synced

  // What a descriptor is of is being synced; file, directory, or, with syncfs, all.
  void sync(int descriptor);
  void sync_all();

  // Makes the tree at `target` as it is after the loss: with the names that were synced, or with all names that are
  // there now, as by file systems that write names in order and contents when they come to it.
  enum class Names { synced, all };
  void restore(const std::filesystem::path& target, Names names) const;

 private:
  using Identity = std::pair<ino_t, std::pair<long long, unsigned>>;  // the number, and when it was born
  struct Entry {
    Identity identity;
    mode_t mode = 0;
    uid_t owner = 0;
    gid_t group = 0;
    std::string acl;
  };
  using Entries = std::map<std::string, Entry>;

  [[nodiscard]] static Entry entry_of(const std::filesystem::path& path);
  [[nodiscard]] static Entries entries_of(const std::filesystem::path& directory);
  void take(const std::filesystem::path& path);
  void take_below(const std::filesystem::path& path);
  void make(const std::filesystem::path& target, const Entry& entry) const;
  void make_as(const std::filesystem::path& target, const std::filesystem::path& source) const;
  static void dress(const std::filesystem::path& target, const Entry& entry);
  void write(const std::filesystem::path& target, const Entry& entry) const;

  std::filesystem::path root_;
  std::map<Identity, std::string> contents_;
  std::map<Identity, Entries> directories_;
};

}  // namespace edgeseal::crash
