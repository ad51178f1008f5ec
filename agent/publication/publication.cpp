#include "agent/publication/publication.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <map>
#include <system_error>
#include <utility>

#include "agent/directories/directory.h"
#include "agent/error.h"
#include "policy/posix_acl.h"

namespace edgeseal::agent {

namespace {

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

// What is below is open to whoever comes so far.
void grant(int directory, const Readers& readers) {
  if (!policy::write_acl(directory, policy::acl_for_readers(readers.users, readers.groups)))
    throw std::system_error(errno, std::generic_category(), "set the POSIX ACL of an application's directory");
}

bool is_at(int parent, const std::string& name, int directory) {
  struct stat named {
  }, opened{};
  return ::fstatat(parent, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 && ::fstat(directory, &opened) == 0 &&
         named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

// Each file by itself up to so many, the whole file system for more. To sync 64 files takes some milliseconds, where
// syncfs(2) has taken hundreds because other programs had written much; but it takes no longer for thousands of files.
constexpr std::size_t max_single_syncs = 64;

using Directories = std::map<std::string, policy::UniqueFd>;  // by path

Directories make_directories(policy::UniqueFd generation, const PublishedGroup& group) {
  Directories directories;
  directories.emplace("", std::move(generation));
  for (const std::string& path : directories_of(group)) {
    const auto [parent, name] = split_path(path);
    directories.emplace(path, make_directory(directories.at(parent).get(), name, published_directory_mode));
  }
  return directories;
}

policy::UniqueFd write_file(const Directories& directories, const PublishedFile& file) {
  const auto [parent, name] = split_path(file.path);
  return write_new_file(directories.at(parent).get(), name, file.content, published_file_mode);
}

// All are written before the first is synced, so that the file system does most of it in one go.
void write_and_sync(const Directories& directories, const std::vector<PublishedFile>& files) {
  std::vector<policy::UniqueFd> written;
  for (const PublishedFile& file : files) written.push_back(write_file(directories, file));
  for (const policy::UniqueFd& file : written) sync(file.get());
  for (const auto& [path, directory] : directories) sync(directory.get());
}

void write_group(policy::UniqueFd generation, const PublishedGroup& group, const std::vector<PublishedFile>& files) {
  const Directories directories = make_directories(std::move(generation), group);
  if (files.size() <= max_single_syncs) return write_and_sync(directories, files);
  for (const PublishedFile& file : files) (void)write_file(directories, file);
  sync_file_system(directories.begin()->second.get());
}

timespec time_of(int directory) {
  struct stat status {};
  if (::fstat(directory, &status) != 0) throw std::system_error(errno, std::generic_category(), "look at a generation");
  return status.st_mtim;
}

void set_time(int directory, const timespec& time) {
  const std::array times{timespec{0, UTIME_OMIT}, time};
  if (::futimens(directory, times.data()) != 0)
    throw std::system_error(errno, std::generic_category(), "set the time of a generation");
}

}  // namespace

Publication::Publication(std::string root, BackgroundWorker* remover) : path_(std::move(root)), remover_(remover) {
  make_root();
}

Publication::~Publication() {
  root_->staging->detach();
}

void Publication::make_root() {
  attempt(path_, [this] { (void)root(); });
}

// The descriptors hold on to what they were opened for: what was removed keeps its number, so that nothing new is taken
// for it.
bool Publication::stands(const Root& root) const {
  return is_at(AT_FDCWD, path_, root.directory.get()) &&
         is_at(root.directory.get(), std::string(staging_name), root.staging->descriptor());
}

Publication::RootPtr Publication::root() {
  const std::lock_guard lock(mutex_);
  if (root_ && stands(*root_)) return root_;
  policy::UniqueFd directory = make_directory(AT_FDCWD, path_, 0711);
  auto staging = StagingDirectory::open(directory.get(), std::string(staging_name), remover_);
  if (root_) root_->staging->detach();
  root_ = std::make_shared<const Root>(Root{std::move(directory), std::move(staging)});
  return root_;
}

std::string Publication::directory(const std::string& application, const std::string& group) const {
  return fmt::format("{}/{}/{}", path_, application, group);
}

Publication::Generation Publication::prepare(const std::string& application, const Readers& readers,
                                             const PublishedGroup& group) {
  return attempt(path_, [&] {
    const RootPtr root = this->root();
    const int directory = root->directory.get();
    if (::mkdirat(directory, application.c_str(), 0700) == 0) sync(directory);
    Generation generation(root->staging, open_directory(directory, application), group.group);
    grant(generation.application_.get(), readers);
    const std::vector<PublishedFile> files = files_of(group);
    write_group(make_directory(root->staging->descriptor(), generation.name_, published_directory_mode), group, files);
    const policy::UniqueFd written = open_directory(root->staging->descriptor(), generation.name_);
    set_time(written.get(), times_.of(this->directory(application, group.group), files, time_of(written.get())));
    return generation;
  });
}

Publication::Generation::Generation(std::shared_ptr<StagingDirectory> staging, policy::UniqueFd application,
                                    std::string group)
    : staging_(std::move(staging)),
      name_(staging_->make(0700)),
      application_(std::move(application)),
      group_(std::move(group)) {}

void Publication::Generation::exchange() {
  attempt("the directory of group " + group_, [&] {
    exchange_names({staging_->descriptor(), name_}, {application_.get(), group_});
    sync(application_.get());
  });
}

// Takes away what has the staging name: the old generation after an exchange, the unused new one without.
Publication::Generation::~Generation() {
  if (staging_) staging_->discard(name_);
}

void Publication::remove(const std::string& application) {
  attempt(path_, [&] {
    const RootPtr root = this->root();
    const std::string name = root->staging->unused_name();
    if (!rename_entry({root->directory.get(), application}, {root->staging->descriptor(), name})) return;
    root->staging->discard(name);  // also where it can't be synced: nobody would come back for it
    sync(root->directory.get());
  });
}

}  // namespace edgeseal::agent
