#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/crash/program_keys.h"

namespace edgeseal::crash {

struct TrustListView {
  std::vector<Der> trusted, trusted_crls, issuers, issuer_crls;
};

// The published directory of a group, read once. Every require_... throws Mixed where it does not fit what the agent
// says.
class PublishedGroup {
 public:
  explicit PublishedGroup(std::filesystem::path directory);

  // `chain` begins with the certificate of the slot.
  void require_slot(const std::string& type, const std::vector<Der>& chain, const ProgramKeys& keys);
  // What the group shows of its first slot under names that programs know.
  void require_first_slot(const std::string& type, const std::vector<Der>& chain, const ProgramKeys& keys,
                          const std::string& name);
  void require_no_other_slot(const std::vector<std::string>& types) const;
  void require_trust_list(const TrustListView& list) const;

  // The chain of its first slot; empty: there is none.
  [[nodiscard]] std::vector<Der> chain() const;
  [[nodiscard]] TrustListView trust_list() const;

 private:
  [[nodiscard]] const std::string& content(const std::string& path) const;
  [[nodiscard]] std::vector<Der> contents_below(const std::string& directory) const;
  void require(bool fits, const std::string& what) const;
  void require_same(const std::string& what, std::vector<Der> shown, std::vector<Der> listed) const;

  std::filesystem::path directory_;
  std::map<std::string, std::string> files_;  // content by relative path
};

}  // namespace edgeseal::crash
