#include "agent/directories/adopted_layout.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

#include "agent/error.h"

namespace edgeseal::agent {

namespace {

constexpr std::string_view annex_f = "annex-f";

PublishedGroup shown(const std::string& layout, const std::string& group) {
  PublishedGroup published{.group = group};
  if (layout != annex_f) published.exports.push_back(layout);
  return published;
}

std::string prefix_of(const std::string& layout) {
  return layout == annex_f ? "" : "export/" + layout + "/";
}

void require_layout(const std::string& layout) {
  if (layout == annex_f || std::ranges::find(layout_names, layout) != layout_names.end()) return;
  throw Error(Code::invalid_argument, fmt::format("no layout is called '{}'; there are {} and {}", layout, annex_f,
                                                  fmt::join(layout_names, ", ")));
}

// Where in the path "trusted" or "issuer" stands; npos: it is the program's.
std::size_t trust_in(std::string_view path) {
  std::size_t begin = 0;
  for (;;) {
    const auto end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    if (name == "trusted" || name == "issuer" || name == "issuers") return begin;
    if (end == path.size()) return std::string_view::npos;
    begin = end + 1;
  }
}

std::vector<Bytes> TrustList::*list_in(std::string_view directory, std::size_t begin) {
  const bool trusted = directory.substr(begin).starts_with("trusted");
  if (directory.ends_with("/certs"))
    return trusted ? &TrustList::trusted_certificates : &TrustList::issuer_certificates;
  if (directory.ends_with("/crl")) return trusted ? &TrustList::trusted_crls : &TrustList::issuer_crls;
  return nullptr;
}

bool is_crl(const PublishedFile& file) {
  return file.path.ends_with(".crl");
}

}  // namespace

AdoptedLayout adopted_layout(const std::string& layout, const std::string& group) {
  require_layout(layout);
  const std::string prefix = prefix_of(layout);
  AdoptedLayout adopted;
  std::set<std::string> shared{""};
  for (const std::string& published : directories_of(shown(layout, group))) {
    if (!published.starts_with(prefix) || (prefix.empty() && published.starts_with("export/"))) continue;
    const std::string path = published.substr(prefix.size());
    const std::size_t begin = trust_in(path);
    if (begin == std::string::npos) continue;
    adopted.trust_directories.push_back(path);
    if (begin > 0) shared.insert(path.substr(0, begin - 1));
    if (const auto list = list_in(path, begin)) adopted.lists.push_back({path, list});
  }
  adopted.shared.assign(shared.begin(), shared.end());
  return adopted;
}

std::vector<PublishedFile> adopted_files(const std::string& layout, const std::string& group, const TrustList& list) {
  require_layout(layout);
  const std::string prefix = prefix_of(layout);
  PublishedGroup published = shown(layout, group);
  published.trust_list = list;
  std::vector<PublishedFile> files;
  for (PublishedFile& file : files_of(published)) {
    if (!file.path.starts_with(prefix) || trust_in(file.path.substr(prefix.size())) == std::string::npos) continue;
    if (prefix.empty() && file.path.starts_with("export/")) continue;
    files.push_back({file.path.substr(prefix.size()), std::move(file.content)});
  }
  std::stable_partition(files.begin(), files.end(), is_crl);
  return files;
}

policy::DirectoryRules adopted_rules(const AdoptedLayout& layout, const std::vector<PublishedFile>& files,
                                     const std::vector<uid_t>& accounts) {
  policy::DirectoryRules rules;
  rules.directory.owners = rules.file.owners = {::geteuid(), 0};
  rules.top.owners = rules.directory.owners;
  rules.top.owners.insert(rules.top.owners.end(), accounts.begin(), accounts.end());
  rules.shared_rule = rules.top;
  rules.shared.insert(layout.shared.begin(), layout.shared.end());
  rules.directories.insert(layout.trust_directories.begin(), layout.trust_directories.end());
  for (const std::string& directory : layout.shared)
    if (!directory.empty()) rules.directories.insert(directory);
  for (const auto& [path, file] : manifest_of(files))
    rules.files.emplace(path, policy::ExpectedFile{file.size, file.sha256});
  return rules;
}

}  // namespace edgeseal::agent
