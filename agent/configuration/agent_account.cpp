#include "agent/configuration/agent_account.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "agent/configuration/configuration_surroundings.h"
#include "agent/error.h"
#include "policy/file_facts.h"

namespace edgeseal::agent {

namespace {

namespace fs = std::filesystem;

// On the way to something a directory need not be readable.
mode_t needed(const struct stat& found, bool is_goal) {
  const mode_t entering = S_ISDIR(found.st_mode) ? S_IXOTH : 0;
  return is_goal ? S_IROTH | entering : entering;
}

bool lets_agent_in(const struct stat& found, mode_t wanted, const std::string& image) {
  constexpr unsigned from_others_to_group = 3;
  const mode_t of_group = wanted << from_others_to_group;
  return (found.st_mode & wanted) == wanted ||
         ((found.st_mode & of_group) == of_group && group_in_image(image, agent_account) == found.st_gid);
}

}  // namespace

void read_as(const std::string& account) {
  const passwd* entry = ::geteuid() == 0 ? ::getpwnam(account.c_str()) : nullptr;
  [[maybe_unused]] const bool done = entry != nullptr && ::initgroups(entry->pw_name, entry->pw_gid) == 0 &&
                                     ::setgid(entry->pw_gid) == 0 && ::setuid(entry->pw_uid) == 0;
}

void require_readable(const std::string& path, const std::string& image) {
  if (image.empty() || !path.starts_with(image + "/")) return;
  for (fs::path at = path; at.native().size() > image.size(); at = at.parent_path()) {
    struct stat found {};
    if (::lstat(at.c_str(), &found) != 0 || lets_agent_in(found, needed(found, at == path), image)) continue;
    throw Error(Code::invalid_argument,
                fmt::format("{}: mode {} keeps {} from reading it; remedy: chmod a+rX {}", at.string(),
                            policy::octal(found.st_mode), agent_account, policy::shell_word(at)));
  }
}

}  // namespace edgeseal::agent
