#pragma once

#include <string>
#include <vector>

#include "agent/state.h"

namespace edgeseal::agent {

// What one slot shows to its application: nothing of it is secret.
struct PublishedSlot {
  Slot slot;
  Bytes public_key;  // DER SubjectPublicKeyInfo
  CertificateRecord certificate;
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

// The files of a group, by path, each path once: OPC 10000-12 Annex F, bundles (fullchain.pem, ca.pem, crl.pem), hashed
// names for X509_LOOKUP_hash_dir(3), and below export/ the other layouts. Never a private key.
[[nodiscard]] std::vector<PublishedFile> files_of(const PublishedGroup& group);
// Its directories, also those without a file; a directory before those in it.
[[nodiscard]] std::vector<std::string> directories_of(const PublishedGroup& group);

}  // namespace edgeseal::agent
