#include "agent/directories/adopted_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <system_error>

#include "agent/directories/adopted_contents.h"
#include "agent/directories/directory.h"
#include "agent/directories/directory_sweep.h"
#include "agent/error.h"
#include "agent/openssl.h"
#include "policy/accounts.h"
#include "policy/directory_entry.h"
#include "policy/file_facts.h"

namespace edgeseal::agent {

namespace {

using Entry = policy::DirectoryEntry;
using policy::UniqueFd;

constexpr std::size_t max_files = 100'000;  // in one directory
constexpr const char* temporary_name = ".edgeseal.new";

// A place for a directory: what is there in its place goes.
UniqueFd make_trust_directory(int parent, const std::string& name) {
  Entry entry = policy::open_component(parent, name);
  if (entry.error != 0 && entry.error != ENOENT) throw std::system_error(entry.error, std::generic_category(), name);
  if (entry.fd && !entry.is_directory()) remove_tree(parent, name);
  return entry.is_directory() ? open_directory(parent, name) : make_directory(parent, name, published_directory_mode);
}

// With an owner and a mode that let nobody else change it.
bool is_ours(const Entry& entry) {
  const uid_t owner = entry.status.st_uid;
  return entry.is_file() && entry.status.st_nlink == 1 && (owner == 0 || owner == ::geteuid()) &&
         (entry.status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool holds(int directory, const std::string& name, const PublishedFile& file) {
  const Entry entry = policy::open_entry(directory, name);
  if (!is_ours(entry) || static_cast<std::size_t>(entry.status.st_size) != file.content.size()) return false;
  const UniqueFd opened = policy::reopen(entry.fd.get(), O_RDONLY | O_NONBLOCK);
  const auto digest = opened ? digest_of_file(opened.get()) : std::nullopt;
  return digest && *digest == sha256(std::as_bytes(std::span(file.content)));
}

void put_file(int directory, const std::string& name, const PublishedFile& file) {
  if (holds(directory, name, file)) return;
  remove_tree(directory, temporary_name);
  sync(write_new_file(directory, temporary_name, file.content, published_file_mode).get());
  const Entry in_the_way = policy::open_entry(directory, name);
  if (in_the_way.is_directory()) remove_tree(directory, name);
  if (::renameat(directory, temporary_name, directory, name.c_str()) != 0)
    throw std::system_error(errno, std::generic_category(), "rename " + name);
}

using Directories = std::map<std::string, UniqueFd>;

void remove_foreign(const Directories& directories, const AdoptedLayout& layout,
                    const std::set<std::string>& expected) {
  for (const std::string& path : layout.trust_directories) {
    const int directory = directories.at(path).get();
    const auto names = policy::names_in(directory, max_files);
    if (!names) throw std::system_error(errno, std::generic_category(), "list " + path);
    for (const std::string& name : *names)
      if (!expected.contains(path + "/" + name)) remove_tree(directory, name);
    sync(directory);
  }
}

// The program's own, with the mode that it gave it.
UniqueFd open_or_make(int parent, const std::string& name) {
  const Entry entry = policy::open_component(parent, name);
  return entry.error == ENOENT ? make_directory(parent, name, published_directory_mode) : open_directory(parent, name);
}

Directories make_directories(const Entry& top, const AdoptedLayout& layout) {
  Directories directories;
  for (const std::string& path : layout.shared) {
    const auto [parent, name] = split_path(path);
    directories.emplace(path, path.empty() ? policy::reopen(top.fd.get(), O_RDONLY | O_DIRECTORY)
                                           : open_or_make(directories.at(parent).get(), name));
  }
  for (const std::string& path : layout.trust_directories) {
    const auto [parent, name] = split_path(path);
    directories.emplace(path, make_trust_directory(directories.at(parent).get(), name));
  }
  return directories;
}

// The topmost of the trust directories that are not given to the account of the agent. What is no directory is none of
// them: the rules say so.
std::vector<std::string> not_given(const Entry& top, const AdoptedLayout& layout) {
  std::vector<std::string> names;
  for (const std::string& name : layout.trust_directories) {
    if (!names.empty() && name.starts_with(names.back() + "/")) continue;
    Entry directory = policy::open_entry(top.fd.get(), name);
    const std::string above = split_path(name).first;
    if (directory.error == ENOENT) directory = policy::open_entry(top.fd.get(), above.empty() ? "." : above);
    if (!directory.is_directory()) continue;
    const std::string path = policy::descriptor_path(directory.fd.get());
    if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0 && errno != EROFS)
      names.push_back(name);
  }
  return names;
}

bool is_read_only(const Entry& directory) {
  struct statvfs status {};
  return ::fstatvfs(directory.fd.get(), &status) == 0 && (status.f_flag & ST_RDONLY) != 0;
}

std::string giving(const std::string& path, const std::vector<std::string>& names) {
  std::string places;
  for (const std::string& name : names) places += " " + policy::shell_word(policy::joined(path, name));
  return fmt::format("mkdir -p{0} && chown -R {1}{0} && chmod -R u=rwX,go=rX{0}", places, ::geteuid());
}

// The agent runs with ProtectSystem=strict: what its unit doesn't name is read-only to it.
std::string drop_in(const std::string& path) {
  return fmt::format(
      "mkdir -p {0} && printf '[Service]\\nReadWritePaths=%s\\n' {1} >> {0}/adopted.conf && systemctl daemon-reload",
      "/etc/systemd/system/edgeseald.service.d", policy::shell_word(path));
}

}  // namespace

void write_adopted(const std::string& path, const AdoptedLayout& layout, const std::vector<PublishedFile>& files) {
  const Entry top = open_adopted(path);
  try {
    const Directories directories = make_directories(top, layout);
    std::set<std::string> expected(layout.trust_directories.begin(), layout.trust_directories.end());
    for (const PublishedFile& file : files) {
      const auto [parent, name] = split_path(file.path);
      put_file(directories.at(parent).get(), name, file);
      expected.insert(file.path);
    }
    for (const auto& [unused, directory] : directories) sync(directory.get());
    remove_foreign(directories, layout, expected);
  } catch (const std::system_error& error) {
    throw Error(Code::state_unavailable, fmt::format("adopted directory {}: {}; remedy: edgesealctl trust audit {}",
                                                     policy::printable(path), error.what(), policy::shell_word(path)));
  }
}

std::optional<policy::Finding> unwritable(const std::string& path, const AdoptedLayout& layout) {
  const Entry top = open_adopted(path);
  const std::vector<std::string> names = not_given(top, layout);
  std::vector<std::string> causes, remedies;
  if (!names.empty()) {
    causes.push_back(fmt::format("{} not the account's to write", fmt::join(names, ", ")));
    remedies.push_back(giving(path, names));
  }
  if (is_read_only(top)) {
    causes.emplace_back("read-only for its unit");
    remedies.push_back(drop_in(path));
  }
  if (causes.empty()) return std::nullopt;
  remedies.emplace_back("systemctl restart edgeseald");
  const std::string account = policy::describe_user(::geteuid());
  return policy::Finding{policy::Fault::access, policy::printable(path),
                         fmt::format("audited only, {} may not write there: {}", account, fmt::join(causes, "; ")),
                         "written by " + account + " alone", fmt::format("{}", fmt::join(remedies, " && "))};
}

}  // namespace edgeseal::agent
