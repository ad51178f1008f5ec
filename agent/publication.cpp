#include "agent/publication.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/acl.h>
#include <sys/stat.h>

#include <map>
#include <memory>
#include <system_error>
#include <utility>

#include "agent/directory.h"
#include "agent/error.h"

namespace edgeseal::agent {

namespace {

struct FreeAcl {
  void operator()(void* acl) const noexcept { ::acl_free(acl); }
};

template <class Function>
auto attempt(const std::string& path, const Function& function) {
  try {
    return function();
  } catch (const std::system_error& error) {
    throw Error(Code::state_unavailable,
                fmt::format("publication in {}: {}; remedy: the directory must be on a writable file system "
                            "with POSIX ACLs and free space, owned by the account of the agent",
                            path, error.what()));
  }
}

std::string staging_name(const std::string& group) {
  return "." + group + ".new";
}

// Read and search for the readers, nothing for the rest; what is below is open to whoever comes so far.
void grant(int directory, const Readers& readers) {
  std::string text = "u::rwx,g::r-x,o::---,m::r-x";
  for (const uid_t user : readers.users) text += fmt::format(",u:{}:r-x", user);
  for (const gid_t group : readers.groups) text += fmt::format(",g:{}:r-x", group);
  const std::unique_ptr<std::remove_pointer_t<acl_t>, FreeAcl> acl(::acl_from_text(text.c_str()));
  if (!acl || ::acl_set_fd(directory, acl.get()) != 0)
    throw std::system_error(errno, std::generic_category(), "set the POSIX ACL of an application's directory");
}

// A file's or directory's own name, and the directory that it is in.
std::pair<std::string, std::string> split(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::pair(std::string(), path)
                                    : std::pair(path.substr(0, slash), path.substr(slash + 1));
}

void write_group(policy::UniqueFd root, const PublishedGroup& group) {
  std::map<std::string, policy::UniqueFd> directories;
  directories.emplace("", std::move(root));
  for (const std::string& path : directories_of(group)) {
    const auto [parent, name] = split(path);
    directories.emplace(path, make_directory(directories.at(parent).get(), name, 0755));
  }
  for (const PublishedFile& file : files_of(group)) {
    const auto [parent, name] = split(file.path);
    write_new_file(directories.at(parent).get(), name, file.content);
  }
  for (const auto& [path, directory] : directories) sync_directory(directory.get());
}

}  // namespace

Publication::Publication(std::string root) : path_(std::move(root)) {
  root_ = attempt(path_, [&] { return make_directory(AT_FDCWD, path_, 0711); });
}

std::string Publication::directory(const std::string& application, const std::string& group) const {
  return fmt::format("{}/{}/{}", path_, application, group);
}

Publication::Generation Publication::prepare(const std::string& application, const Readers& readers,
                                             const PublishedGroup& group) {
  return attempt(path_, [&] {
    if (::mkdirat(root_.get(), application.c_str(), 0700) == 0) sync_directory(root_.get());
    Generation generation(open_directory(root_.get(), application), group.group);
    const int parent = generation.application_.get();
    grant(parent, readers);
    remove_tree(parent, staging_name(group.group));
    write_group(make_directory(parent, staging_name(group.group), 0755), group);
    return generation;
  });
}

void Publication::Generation::exchange() {
  attempt("the directory of group " + group_, [&] {
    exchange_names(application_.get(), staging_name(group_), group_);
    sync_directory(application_.get());
  });
}

// Takes away what has the staging name: the old generation after an exchange, the unused new one without.
Publication::Generation::~Generation() {
  if (!application_) return;
  try {
    remove_tree(application_.get(), staging_name(group_));
  } catch (const std::system_error&) {
    // The next prepare() begins with the same removal and reports what is wrong.
  }
}

void Publication::remove(const std::string& application) {
  attempt(path_, [&] {
    remove_tree(root_.get(), application);
    sync_directory(root_.get());
  });
}

}  // namespace edgeseal::agent
