#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/state/state.h"

namespace edgeseal::agent {

// What one slot shows to its application: nothing of it is secret.
struct PublishedSlot {
  Slot slot;
  Bytes public_key;  // DER SubjectPublicKeyInfo
  CertificateRecord certificate;

  bool operator==(const PublishedSlot&) const = default;
};

// All that a group shows. The first slot is the one of fullchain.pem, own/private/key.pem, and own/private/bundle.pem,
// which is both: a program that opens one file can never see the key of one generation and the certificate of another.
struct PublishedGroup {
  std::string group;
  std::vector<PublishedSlot> slots{};
  TrustList trust_list{};
  std::vector<Bytes> rejected{};       // DER, newest first
  std::vector<std::string> exports{};  // of layout_names
};

inline constexpr std::array layout_names = {std::string_view("open62541"), std::string_view("node-opcua"),
                                            std::string_view("milo"), std::string_view("pem")};

struct PublishedFile {
  std::string path;  // relative to the directory of the group: "trusted/certs/Root CA [0A1B...].der"
  std::string content;
};

// The files of a group, by path, each path once; docs/published-files.md says what each of them is for. Never a private
// key. What is in trust_list and rejected may be any bytes: what has no name that can be read is shown under its
// thumbprint, and is in no bundle. Throws Error{internal_error} for a slot whose key reference does not fit its bounds.
[[nodiscard]] std::vector<PublishedFile> files_of(const PublishedGroup& group);
// Whether it is for people alone: what peers were refused.
[[nodiscard]] bool is_of_rejected(const std::string& path);
// Its directories, also those without a file; a directory before those in it.
[[nodiscard]] std::vector<std::string> directories_of(const PublishedGroup& group);

// Whoever comes as far as the directory of the group reads what is in it: who comes so far is said above it.
inline constexpr unsigned published_file_mode = 0644;
inline constexpr unsigned published_directory_mode = 0755;

struct FileDigest {
  std::array<std::byte, 32> sha256{};
  std::size_t size = 0;

  bool operator==(const FileDigest&) const = default;
};

// By path: what the directory of a group holds, and nothing else, while nobody meddles with it.
using Manifest = std::map<std::string, FileDigest>;
[[nodiscard]] Manifest manifest_of(const std::vector<PublishedFile>& files);
[[nodiscard]] inline Manifest manifest_of(const PublishedGroup& group) {
  return manifest_of(files_of(group));
}

}  // namespace edgeseal::agent
