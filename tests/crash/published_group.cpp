#include "tests/crash/published_group.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "tests/crash/view.h"

namespace edgeseal::crash {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Der bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

std::vector<Der> without_duplicates(std::vector<Der> list) {
  std::ranges::sort(list);
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

}  // namespace

PublishedGroup::PublishedGroup(fs::path directory) : directory_(std::move(directory)) {
  if (!fs::is_directory(directory_)) throw Mixed(directory_.native() + " is not published");
  for (const auto& entry : fs::recursive_directory_iterator(directory_))
    if (!entry.is_directory()) files_[fs::relative(entry, directory_)] = content_of(entry);
}

void PublishedGroup::require(bool fits, const std::string& what) const {
  if (!fits) throw Mixed(fmt::format("{}: {}", directory_.native(), what));
}

const std::string& PublishedGroup::content(const std::string& path) const {
  const auto found = files_.find(path);
  require(found != files_.end(), path + " is missing");
  return found->second;
}

void PublishedGroup::require_slot(const std::string& type, const std::vector<Der>& chain, const ProgramKeys& keys) {
  require(bytes_of(content("own/certs/" + type + ".der")) == chain.front(), type + ".der is another certificate");
  const std::string reference = "own/private/" + type + ".pem";
  require(!content(reference).empty(), reference + " is empty");
  require(ProgramKeys::serves(keys.open_reference(directory_ / reference), chain.front()),
          reference + " names another key than that of the certificate");
}

void PublishedGroup::require_first_slot(const std::string& type, const std::vector<Der>& chain, const ProgramKeys& keys,
                                        const std::string& name) {
  const std::string fullchain = content("fullchain.pem"), key = content("own/private/key.pem");
  require(certificates_in(fullchain) == chain, "fullchain.pem is another chain");
  require(key == content("own/private/" + type + ".pem"), "key.pem is another key");
  require(content("own/private/bundle.pem") == key + fullchain, "bundle.pem is not key.pem and fullchain.pem");
  const ProgramKeys::Named named = keys.open(name + "/" + type);
  require(named.chain == chain, "the key socket shows another certificate");
  require(ProgramKeys::serves(named.key, chain.front()), "the key socket signs with another key");
}

void PublishedGroup::require_no_other_slot(const std::vector<std::string>& types) const {
  std::set<std::string> wanted;
  for (const std::string& type : types) {
    wanted.insert("own/certs/" + type + ".der");
    wanted.insert("own/private/" + type + ".pem");
  }
  if (!types.empty()) wanted.insert({"own/private/key.pem", "own/private/bundle.pem", "fullchain.pem"});
  for (const auto& [path, content] : files_)
    if (path.starts_with("own/") || path == "fullchain.pem") require(wanted.contains(path), path + " is left over");
}

std::vector<Der> PublishedGroup::contents_below(const std::string& directory) const {
  std::vector<Der> contents;
  for (const auto& [path, content] : files_)
    if (path.starts_with(directory + "/")) contents.push_back(bytes_of(content));
  return contents;
}

std::vector<Der> PublishedGroup::chain() const {
  const auto found = files_.find("fullchain.pem");
  return found == files_.end() ? std::vector<Der>() : certificates_in(found->second);
}

TrustListView PublishedGroup::trust_list() const {
  return {contents_below("trusted/certs"), contents_below("trusted/crl"), contents_below("issuer/certs"),
          contents_below("issuer/crl")};
}

void PublishedGroup::require_same(const std::string& what, std::vector<Der> shown, std::vector<Der> listed) const {
  require(without_duplicates(std::move(shown)) == without_duplicates(std::move(listed)),
          what + " is not as in the trust list");
}

void PublishedGroup::require_trust_list(const TrustListView& list) const {
  const TrustListView shown = trust_list();
  require_same("trusted/certs", shown.trusted, list.trusted);
  require_same("trusted/crl", shown.trusted_crls, list.trusted_crls);
  require_same("issuer/certs", shown.issuers, list.issuers);
  require_same("issuer/crl", shown.issuer_crls, list.issuer_crls);
  require_same("ca.pem", certificates_in(content("ca.pem")), list.trusted);
  require_same("issuers.pem", certificates_in(content("issuers.pem")), list.issuers);
  std::vector<Der> crls = list.trusted_crls;
  crls.insert(crls.end(), list.issuer_crls.begin(), list.issuer_crls.end());
  require_same("crl.pem", crls_in(content("crl.pem")), crls);
  std::string hashed;
  for (const auto& [path, content] : files_)
    if (path.starts_with("capath/")) hashed += content;
  require_same("capath", certificates_in(hashed), list.trusted);
  require_same("the CRLs of capath", crls_in(hashed), crls);
}

}  // namespace edgeseal::crash
