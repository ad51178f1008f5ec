#include "policy/directory_rules.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "policy/directory_entry.h"
#include "policy/file_facts.h"

namespace edgeseal::policy {
namespace {

constexpr std::size_t max_depth = 32;

class Judge {
 public:
  Judge(std::string path, const DirectoryRules& rules, const ContentDigest& digest, const Mend& mend,
        const JudgementLimits& limits)
      : path_(std::move(path)), rules_(rules), digest_(digest), mend_(mend), limits_(limits) {}

  Judgement judge(DirectoryEntry top) {
    judge_entry(top, "", rules_.top);
    judge_contents(top, "", 0);
    name_missing();
    return std::move(judgement_);
  }

 private:
  [[nodiscard]] std::string shown(const std::string& path) const { return path.empty() ? path_ : joined(path_, path); }

  void report(Fault fault, const std::string& path, std::string found, std::string wanted, std::string remedy) {
    report({fault, printable(shown(path)), std::move(found), std::move(wanted), std::move(remedy)});
  }
  void report(Finding finding) {
    if (judgement_.findings.size() < limits_.findings) return judgement_.findings.push_back(std::move(finding));
    ++judgement_.more_findings;
  }

  // Owner, group, access. What could be mended is judged again: only what holds now counts as mended.
  void judge_entry(DirectoryEntry& entry, const std::string& path, const EntryRule& rule) {
    std::vector<Finding> findings = findings_of(entry, shown(path), rule);
    const bool mendable = entry.is_directory() || entry.status.st_nlink == 1;
    if (!findings.empty() && mend_ && mendable && mend_(entry.fd.get(), rule) &&
        ::fstatat(entry.fd.get(), "", &entry.status, AT_EMPTY_PATH) == 0 &&
        findings_of(entry, shown(path), rule).empty()) {
      judgement_.mended.insert(judgement_.mended.end(), findings.begin(), findings.end());
      return;
    }
    for (Finding& finding : findings) report(std::move(finding));
  }

  void judge_contents(const DirectoryEntry& directory, const std::string& path, std::size_t depth) {
    const auto names = names_in(directory.fd.get(), limits_.entries - entries_ + 1);
    if (!names) return report_unreadable(path, errno);
    entries_ += names->size();
    if (entries_ > limits_.entries || depth > max_depth)
      return report(Fault::too_large, path, "more entries or deeper than is judged",
                    std::to_string(limits_.entries) + " entries at most", "ls -l " + shell_word(shown(path)));
    for (const std::string& name : *names)
      judge_name(directory, name, path.empty() ? name : path + "/" + name, rules_.shared.contains(path), depth);
  }

  void judge_name(const DirectoryEntry& directory, const std::string& name, const std::string& path, bool shared,
                  std::size_t depth) {
    const auto file = rules_.files.find(path);
    const bool place = rules_.places.contains(path);
    const bool is_directory = rules_.directories.contains(path);
    const bool expected = file != rules_.files.end() || place || is_directory;
    if (!expected && shared) return;
    DirectoryEntry entry = open_entry(directory.fd.get(), name);
    if (entry.error == ENOENT) return;  // gone meanwhile: missing, where it was expected
    seen_.insert(path);
    if (entry.error == EXDEV && place) return;  // its own rules say so
    if (entry.error != 0) return report_unreadable(path, entry.error);
    if (!expected) return report_foreign(entry, path);
    if (!judge_kind(entry, path, file == rules_.files.end() ? S_IFDIR : S_IFREG) || place) return;
    if (file != rules_.files.end()) return judge_file(entry, path, file->second);
    const bool is_shared = rules_.shared_rule && rules_.shared.contains(path);
    judge_entry(entry, path, is_shared ? *rules_.shared_rule : rules_.directory);
    judge_contents(entry, path, depth + 1);
  }

  void judge_file(DirectoryEntry& entry, const std::string& path, const ExpectedFile& expected) {
    if (entry.status.st_nlink > 1)
      report(Fault::hard_link, path, std::to_string(entry.status.st_nlink) + " hard links", "one",
             "find / -xdev -samefile " + shell_word(shown(path)));
    judge_entry(entry, path, rules_.file);
    const auto size = static_cast<std::uint64_t>(entry.status.st_size);
    if (size != expected.size)
      return report(Fault::content, path, std::to_string(size) + " bytes", std::to_string(expected.size) + " bytes",
                    "");
    const UniqueFd readable = reopen(entry.fd.get(), O_RDONLY | O_NONBLOCK);
    if (!readable) return report_unreadable(path, errno);
    const auto digest = digest_(readable.get());
    if (!digest) return report_unreadable(path, errno);
    if (*digest != expected.digest) report(Fault::content, path, "other content", "the content that was published", "");
  }

  bool judge_kind(const DirectoryEntry& entry, const std::string& path, mode_t kind) {
    if ((entry.status.st_mode & S_IFMT) == kind) return true;
    report(Fault::kind, path, std::string("a ") + kind_of(entry.status.st_mode), std::string("a ") + kind_of(kind),
           removal(entry, path));
    return false;
  }

  void report_foreign(const DirectoryEntry& entry, const std::string& path) {
    report(Fault::foreign, path, std::string("a ") + kind_of(entry.status.st_mode) + " that does not belong here",
           "nothing", removal(entry, path));
  }

  void report_unreadable(const std::string& path, int error) {
    if (error == EXDEV)
      return report(Fault::mount, path, "another file system is mounted over it", "no mount point",
                    "umount " + shell_word(shown(path)));
    report(Fault::unreadable, path, std::string("cannot be read: ") + std::strerror(error), "readable by the agent",
           "ls -ld " + shell_word(shown(path)));
  }

  [[nodiscard]] std::string removal(const DirectoryEntry& entry, const std::string& path) const {
    return (entry.is_directory() ? "rm -r " : "rm ") + shell_word(shown(path));
  }

  // The topmost only: a directory stands for all that was in it.
  void name_missing() {
    std::set<std::string> missing;
    const auto name_once = [&](const std::string& path) {
      if (seen_.contains(path)) return;
      const auto slash = path.rfind('/');
      const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
      const bool parent_is_there = parent.empty() || (seen_.contains(parent) && !missing.contains(parent));
      missing.insert(path);
      if (parent_is_there && entered(parent)) report(Fault::missing, path, "does not exist", "exists", "");
    };
    for (const std::string& directory : rules_.directories) name_once(directory);
    for (const auto& [file, unused] : rules_.files) name_once(file);
  }

  // What is in the place of the directory has its own finding.
  [[nodiscard]] bool entered(const std::string& directory) const {
    const std::string path = printable(shown(directory));
    return std::none_of(judgement_.findings.begin(), judgement_.findings.end(), [&](const Finding& finding) {
      return finding.path == path && (finding.fault == Fault::kind || finding.fault == Fault::mount ||
                                      finding.fault == Fault::unreadable || finding.fault == Fault::too_large);
    });
  }

  const std::string path_;
  const DirectoryRules& rules_;
  const ContentDigest& digest_;
  const Mend& mend_;
  const JudgementLimits limits_;
  Judgement judgement_;
  std::size_t entries_ = 0;
  std::set<std::string> seen_;
};

}  // namespace

Judgement judge_directory(int directory, const std::string& path, const DirectoryRules& rules,
                          const ContentDigest& digest, const Mend& mend, const JudgementLimits& limits) {
  DirectoryEntry top = open_entry(directory, ".");
  Judgement unreadable;
  if (!top.is_directory()) {
    unreadable.findings.push_back(
        {Fault::kind, printable(path), top.fd ? "no directory" : std::strerror(top.error), "a directory", ""});
    return unreadable;
  }
  return Judge(path, rules, digest, mend, limits).judge(std::move(top));
}

}  // namespace edgeseal::policy
