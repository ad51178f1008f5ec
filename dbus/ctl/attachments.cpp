#include "dbus/ctl/attachments.h"

#include <algorithm>
#include <set>

#include "dbus/ctl/attachment_record.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"

namespace edgeseal::ctl {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what, const fs::path& path, const std::error_code& error) {
  throw Failure(ExitCode::Usage, "cannot " + what + " " + path.string() + ": " + error.message());
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

// A link is never ours: attach writes none.
bool is_foreign(const fs::path& path) {
  return is_there(path) && (!fs::is_regular_file(fs::symlink_status(path)) || !is_ours(read_file(path)));
}

std::vector<fs::path> entries_of(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(directory, error); !error && entry != fs::directory_iterator();
       entry.increment(error))
    entries.push_back(entry->path());
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory)
    fail("read", directory, error);
  std::ranges::sort(entries);
  return entries;
}

bool is_named(const fs::path& path, std::string_view begin, std::string_view end) {
  const std::string name = path.filename();
  return name.starts_with(begin) && name.ends_with(end);
}

// What may be a file of an attachment; the drop-ins, which are written first, come first.
std::vector<fs::path> candidates(const fs::path& units) {
  std::vector<fs::path> drop_ins, others;
  for (const auto& entry : entries_of(units)) {
    if (is_named(entry, "edgeseal-reload-", ".path") || is_named(entry, "edgeseal-reload-", ".service") ||
        is_named(entry, "edgeseal-hook-", ".service"))
      others.push_back(entry);
    if (!is_named(entry, "", ".service.d")) continue;
    for (const auto& drop_in : entries_of(entry)) {
      if (is_named(drop_in, "50-edgeseal-", ".conf")) drop_ins.push_back(drop_in);
    }
  }
  drop_ins.insert(drop_ins.end(), others.begin(), others.end());
  return drop_ins;
}

void remove_file(const fs::path& path) {
  std::error_code error;
  fs::remove(path, error);
  if (error) fail("remove", path, error);
}

void remove_copies(const Copies& copies) {
  for (const char* name : Copies::names) remove_file(copies.directory / name);
}

// Of directories that were made for a file, and may hold others.
void remove_if_empty(const fs::path& directory) {
  std::error_code ignored;
  if (fs::is_directory(fs::symlink_status(directory, ignored)) && fs::is_empty(directory, ignored))
    fs::remove(directory, ignored);
}

void make_parent(const fs::path& file) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) fail("make", file.parent_path(), error);
}

}  // namespace

std::vector<Attachment> Attachments::list() const {
  std::vector<Attachment> all;
  for (const auto& path : candidates(places_.units)) {
    const auto attachment =
        fs::is_regular_file(fs::symlink_status(path)) ? recorded_attachment(read_file(path)) : std::nullopt;
    const auto is_known = [&](const Attachment& other) { return other.is_same(*attachment); };
    if (attachment && std::ranges::none_of(all, is_known)) all.push_back(*attachment);
  }
  std::ranges::sort(all, {}, [](const Attachment& one) { return one.service + " " + one.certificate_group(); });
  return all;
}

std::optional<Attachment> Attachments::find(const Attachment& wanted) const {
  for (auto& attachment : list()) {
    if (attachment.is_same(wanted)) return std::move(attachment);
  }
  return std::nullopt;
}

void Attachments::check(const std::vector<AttachmentFile>& files) const {
  for (const auto& file : files) {
    if (is_foreign(file.path))
      throw Failure(ExitCode::Usage, file.path.string() + " was not written by edgesealctl attach",
                    "move it away, then attach again");
  }
}

void Attachments::put(const Attachment& attachment, const std::vector<AttachmentFile>& files) const {
  check(files);
  const auto before = find(attachment);
  std::set<fs::path> kept;
  for (const auto& file : files) {
    make_parent(file.path);
    write_file(file.path, file.content, Existing::Replace);
    kept.insert(file.path);
  }
  for (const auto& path : paths_of(attachment, places_)) {
    if (!kept.contains(path) && is_there(path) && !is_foreign(path)) remove_file(path);
  }
  const bool same_copies =
      before && before->copies && attachment.copies && before->copies->directory == attachment.copies->directory;
  if (before && before->copies && !same_copies) remove_copies(*before->copies);
}

void Attachments::remove(const Attachment& attachment) const {
  auto paths = paths_of(attachment, places_);
  for (const auto& path : paths) {
    if (is_there(path) && !is_foreign(path)) remove_file(path);
  }
  remove_if_empty(paths.front().parent_path());
  if (attachment.copies) remove_copies(*attachment.copies);
  const auto& configuration = places_.openssl_configuration;
  if (list().empty() && is_there(configuration) && !is_foreign(configuration)) remove_file(configuration);
}

void Attachments::remove_mount_point(const Attachment& attachment) {
  if (attachment.chroot.empty()) return;
  remove_if_empty(attachment.chroot / "run/edgeseal");
  remove_if_empty(attachment.chroot / "run");
}

}  // namespace edgeseal::ctl
