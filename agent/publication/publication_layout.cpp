#include "agent/publication/publication_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <unordered_set>

#include "agent/certificates/certificate.h"
#include "agent/error.h"
#include "agent/keys/key_reference.h"
#include "agent/publication/published_item.h"
#include "provider/wire/key_reference.h"

namespace edgeseal::agent {

namespace {

using Items = std::vector<PublishedItem>;

enum class Encoding { der, pem };

// Where a layout has what of a trust list; all paths below `root`, which is empty or ends with "/".
struct Layout {
  std::string root{};
  Encoding encoding = Encoding::der;
  std::string issuers = "issuer";
  std::string rejected = "rejected/certs";
  std::vector<std::string> own{};  // directories
};

constexpr std::string_view own_certs = "own/certs/", own_private = "own/private/";
const std::vector<std::string> own_directories{"own/certs", "own/private"};

const Layout annex_f{.own = own_directories};

// The directory that its file store has for a group; it knows no others than these three.
std::string open62541_directory(std::string_view group) {
  if (group == "user-token") return "UserTokenCerts";
  return group == "https" ? "HttpCerts" : "ApplCerts";
}

Layout open62541_layout(const std::string& group) {
  return {.root = "export/open62541/" + open62541_directory(group) + "/", .own = own_directories};
}

const Layout node_opcua_layout{.root = "export/node-opcua/",
                               .encoding = Encoding::pem,
                               .issuers = "issuers",
                               .rejected = "rejected",
                               .own = own_directories};
const Layout milo_layout{.root = "export/milo/"};
const Layout pem_layout{.root = "export/pem/", .encoding = Encoding::pem, .own = own_directories};

// Each path once.
class Files {
 public:
  void add(std::string path, std::string content) { files_.emplace(std::move(path), std::move(content)); }
  void add(const std::string& directory, const Items& items, Encoding encoding, std::string_view suffix) {
    for (const PublishedItem& item : items)
      if (encoding == Encoding::der || !item.pem.empty())
        add(fmt::format("{}/{}{}", directory, item.name, suffix), content_of(item, encoding));
  }
  [[nodiscard]] std::vector<PublishedFile> take() {
    std::vector<PublishedFile> files;
    files.reserve(files_.size());
    while (!files_.empty()) {
      auto file = files_.extract(files_.begin());
      files.push_back({std::move(file.key()), std::move(file.mapped())});
    }
    return files;
  }

 private:
  static std::string content_of(const PublishedItem& item, Encoding encoding) {
    if (encoding == Encoding::pem) return item.pem;
    return std::string(jose::text_of(item.der));
  }

  std::map<std::string, std::string> files_;
};

struct TrustItems {
  explicit TrustItems(const PublishedGroup& group)
      : trusted(published_certificates(group.trust_list.trusted_certificates)),
        issuers(published_certificates(group.trust_list.issuer_certificates)),
        rejected(published_certificates(group.rejected)),
        trusted_crls(published_crls(group.trust_list.trusted_crls)),
        issuer_crls(published_crls(group.trust_list.issuer_crls)) {}

  // For programs that do not tell the two lists apart; each once.
  [[nodiscard]] Items crls() const {
    Items all;
    std::unordered_set<std::string_view> seen;
    for (const Items* list : {&trusted_crls, &issuer_crls})
      std::ranges::copy_if(*list, std::back_inserter(all),
                           [&](const auto& crl) { return seen.insert(crl.pem).second; });
    return all;
  }

  Items trusted, issuers, rejected, trusted_crls, issuer_crls;
};

std::string bundle(const Items& items) {
  std::string text;
  for (const PublishedItem& item : items) text += item.pem;
  return text;
}

std::string key_reference_pem(const PublishedSlot& slot) {
  return pem(std::string(wire::key_reference_label).c_str(), key_reference(slot.slot.key_name(), slot.public_key));
}

std::string chain_pem(const CertificateRecord& record) {
  std::string chain = pem("CERTIFICATE", record.certificate);
  for (const Bytes& issuer : record.issuers) chain += pem("CERTIFICATE", issuer);
  return chain;
}

std::string certificate_der(const PublishedSlot& slot) {
  return std::string(jose::text_of(slot.certificate.certificate));
}

void add_own(Files& files, const std::vector<PublishedSlot>& slots) {
  for (const PublishedSlot& slot : slots) {
    files.add(fmt::format("{}{}.der", own_certs, slot.slot.certificate_type), certificate_der(slot));
    files.add(fmt::format("{}{}.pem", own_private, slot.slot.certificate_type), key_reference_pem(slot));
  }
  if (slots.empty()) return;
  const std::string key = key_reference_pem(slots.front()), chain = chain_pem(slots.front().certificate);
  files.add(fmt::format("{}key.pem", own_private), key);
  files.add(fmt::format("{}bundle.pem", own_private), key + chain);
  files.add("fullchain.pem", chain);
}

// Key and certificate share the name that its file store gives them.
void add_own_of_open62541(Files& files, const std::string& root, const std::vector<PublishedSlot>& slots) {
  for (const PublishedSlot& slot : slots) {
    const std::string name = published_name(slot.certificate.certificate, "");
    files.add(fmt::format("{}{}{}.der", root, own_certs, name), certificate_der(slot));
    files.add(fmt::format("{}{}{}.key", root, own_private, name), key_reference_pem(slot));
  }
}

// Its certificate manager writes own/openssl.cnf where there is none.
void add_own_of_node_opcua(Files& files, const std::string& root, const std::vector<PublishedSlot>& slots) {
  files.add(root + "own/openssl.cnf", "# Keys, requests and certificates are made by edgeseald.\n");
  if (slots.empty()) return;
  files.add(fmt::format("{}{}certificate.pem", root, own_certs), chain_pem(slots.front().certificate));
  files.add(fmt::format("{}{}private_key.pem", root, own_private), key_reference_pem(slots.front()));
}

void add_own_as_pem(Files& files, const std::string& root, const std::vector<PublishedSlot>& slots) {
  for (const PublishedSlot& slot : slots) {
    files.add(fmt::format("{}{}{}.pem", root, own_certs, slot.slot.certificate_type), chain_pem(slot.certificate));
    files.add(fmt::format("{}{}{}.pem", root, own_private, slot.slot.certificate_type), key_reference_pem(slot));
  }
}

// CRLs are named *.crl in PEM too: node-opcua takes whatever else for certificates.
void add_trust(Files& files, const Layout& layout, const TrustItems& items) {
  const std::string_view certificate = layout.encoding == Encoding::der ? ".der" : ".pem";
  files.add(layout.root + "trusted/certs", items.trusted, layout.encoding, certificate);
  files.add(layout.root + "trusted/crl", items.trusted_crls, layout.encoding, ".crl");
  files.add(layout.root + layout.issuers + "/certs", items.issuers, layout.encoding, certificate);
  files.add(layout.root + layout.issuers + "/crl", items.issuer_crls, layout.encoding, ".crl");
  files.add(layout.root + layout.rejected, items.rejected, layout.encoding, certificate);
}

// HASH.N and HASH.rN: those of one hash have the numbers from 0 on.
void add_hashed(Files& files, const Items& items, std::string_view kind) {
  std::map<unsigned long, unsigned> numbers;
  for (const PublishedItem& item : items)
    if (!item.pem.empty())
      files.add(fmt::format("capath/{:08x}.{}{}", item.hash, kind, numbers[item.hash]++), item.pem);
}

void add_bundles(Files& files, const TrustItems& items) {
  const Items crls = items.crls();
  files.add("ca.pem", bundle(items.trusted));
  files.add("issuers.pem", bundle(items.issuers));
  files.add("crl.pem", bundle(crls));
  add_hashed(files, items.trusted, "");
  add_hashed(files, crls, "r");
}

bool exports(const PublishedGroup& group, std::string_view layout) {
  return std::ranges::find(group.exports, layout) != group.exports.end();
}

std::vector<Layout> layouts_of(const PublishedGroup& group) {
  std::vector<Layout> layouts{annex_f};
  if (exports(group, "open62541")) layouts.push_back(open62541_layout(group.group));
  if (exports(group, "node-opcua")) layouts.push_back(node_opcua_layout);
  if (exports(group, "milo")) layouts.push_back(milo_layout);
  if (exports(group, "pem")) layouts.push_back(pem_layout);
  return layouts;
}

// With those that it is in.
void add_directory(std::set<std::string>& directories, const std::string& path) {
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
    directories.insert(path.substr(0, slash));
  directories.insert(path);
}

}  // namespace

std::vector<PublishedFile> files_of(const PublishedGroup& group) {
  Files files;
  add_own(files, group.slots);
  if (exports(group, "open62541")) add_own_of_open62541(files, open62541_layout(group.group).root, group.slots);
  if (exports(group, "node-opcua")) add_own_of_node_opcua(files, node_opcua_layout.root, group.slots);
  if (exports(group, "pem")) add_own_as_pem(files, pem_layout.root, group.slots);
  const TrustItems items(group);
  for (const Layout& layout : layouts_of(group)) add_trust(files, layout, items);
  add_bundles(files, items);
  return files.take();
}

std::vector<std::string> directories_of(const PublishedGroup& group) {
  std::set<std::string> directories{"capath"};
  for (const Layout& layout : layouts_of(group)) {
    std::vector<std::string> paths = layout.own;
    for (const std::string& list : {std::string("trusted"), layout.issuers})
      for (const char* kind : {"/certs", "/crl"}) paths.push_back(list + kind);
    paths.push_back(layout.rejected);
    for (const std::string& path : paths) add_directory(directories, layout.root + path);
  }
  return {directories.begin(), directories.end()};
}

bool is_of_rejected(const std::string& path) {
  return ("/" + path).find("/rejected/") != std::string::npos;
}

Manifest manifest_of(const std::vector<PublishedFile>& files) {
  Manifest manifest;
  for (const PublishedFile& file : files)
    manifest.emplace(file.path, FileDigest{sha256(std::as_bytes(std::span(file.content))), file.content.size()});
  return manifest;
}

}  // namespace edgeseal::agent
