#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace edgeseal::ctl {

// What becomes of the service when its certificate was renewed.
enum class AfterRenewal { Reload, Restart, Signal, Nothing };

// Copies of certificate and key reference, for programs that accept no file of another owner.
struct Copies {
  static constexpr std::array<const char*, 3> names{"key.pem", "bundle.pem", "fullchain.pem"};
  std::filesystem::path directory;
  std::string group;  // may read them
};

// A service that uses the keys of a certificate group. What edgesealctl writes for it follows from this alone.
struct Attachment {
  std::string service;
  std::string application;
  std::string group;
  std::filesystem::path published;  // directory of the group
  std::string given_rule;           // access rule that came with the attachment; empty: it was there before
  AfterRenewal after_renewal = AfterRenewal::Reload;
  std::string signal;             // for its main process, "SIGUSR1"
  std::vector<std::string> hook;  // program that is run besides, with its arguments; empty: none
  std::string account;            // as which it opens the files, where that was said
  std::filesystem::path chroot;   // empty: none
  std::optional<Copies> copies;
  bool needs_unix_sockets = false;  // the service may not use them by itself
  bool is_known_whole = true;       // false: recorded by a version that kept no after_renewal, signal, hook and account

  [[nodiscard]] std::string certificate_group() const { return application + "/" + group; }
  [[nodiscard]] std::filesystem::path certificate() const;
  [[nodiscard]] std::filesystem::path key() const;     // a reference to it
  [[nodiscard]] std::filesystem::path bundle() const;  // both in one file
  [[nodiscard]] bool is_watched() const { return after_renewal != AfterRenewal::Nothing || !hook.empty(); }
  [[nodiscard]] bool is_same(const Attachment& other) const {
    return service == other.service && application == other.application && group == other.group;
  }
};

// Where the files of attachments are.
struct AttachmentPlaces {
  std::filesystem::path units = "/etc/systemd/system";
  std::filesystem::path openssl_configuration = "/etc/edgeseal/openssl.cnf";
};

struct AttachmentFile {
  std::filesystem::path path;
  std::string content;
};

// Drop-in of the service, path unit and the service that it starts; these two where something follows a renewal; the
// service of the hook.
// Throws Failure (Usage) where the names are too long for a file.
[[nodiscard]] std::vector<AttachmentFile> files_of(const Attachment& attachment, const AttachmentPlaces& places);

// Their paths, as far as it is known what is to follow a renewal: the drop-in first.
[[nodiscard]] std::vector<std::filesystem::path> written_paths(const Attachment& attachment,
                                                               const AttachmentPlaces& places);

// All names that an attachment of this service and group may have written.
[[nodiscard]] std::vector<std::filesystem::path> paths_of(const Attachment& attachment, const AttachmentPlaces& places);

// The path unit of an attachment, the service that it starts, and the one in which the hook runs.
[[nodiscard]] std::string path_unit_of(const Attachment& attachment);
[[nodiscard]] std::string reload_service_of(const Attachment& attachment);
[[nodiscard]] std::string hook_service_of(const Attachment& attachment);

// The first line of every file that attach writes.
[[nodiscard]] bool is_ours(const std::string& content);
[[nodiscard]] std::string headed(const std::string& undo, const std::string& content);

}  // namespace edgeseal::ctl
