#include "dbus/ctl/renewal_hook.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/unit_name.h"
#include "dbus/ctl/unit_sandbox.h"

namespace edgeseal::ctl {
namespace {

constexpr std::size_t kMostArguments = 64;
constexpr std::size_t kMostBytes = 1024;

constexpr const char* kRestricted = R"(
# --- Restrict: a program that nobody here knows ---

DynamicUser=yes
PrivateUsers=yes
MemoryMax=256M
TasksMax=64
TimeoutStartSec=5min
)";

bool fits_into_a_line(const std::string& argument) {
  return argument.size() <= kMostBytes &&
         std::ranges::none_of(argument, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

std::string assignment(const std::string& name, const std::string& value) {
  return quoted_word(fmt::format("{}={}", name, value));
}

}  // namespace

std::vector<std::string> checked_hook(const std::vector<std::string>& hook) {
  if (hook.empty()) return {};
  std::vector<std::string> checked = hook;
  checked[0] = plain_path(hook[0], "--exec");
  if (!std::filesystem::is_regular_file(checked[0]) || ::access(checked[0].c_str(), X_OK) != 0)
    throw Failure(ExitCode::Usage, checked[0] + " is no program that can be run", "give --exec an executable file");
  if (hook.size() > kMostArguments + 1 || !std::ranges::all_of(hook, fits_into_a_line))
    throw Failure(ExitCode::Usage, "the arguments of --exec are too many, too long, or have control characters",
                  "write a program that knows them");
  return checked;
}

// The certificate comes from systemd: an account of no lasting name can read no directory.
std::string hook_service(const Attachment& attachment) {
  const std::string certificate = (attachment.published / "fullchain.pem").string();
  std::vector<std::string> words;
  std::ranges::transform(attachment.hook, std::back_inserter(words), quoted_word);
  const std::string program = fmt::format(
      "[Unit]\nDescription=Program that follows renewals of {} for {}\nConditionPathExists={}\n"
      "# However many renewals follow each "
      "other.\nStartLimitIntervalSec=0\n\n[Service]\nType=oneshot\n{}ExecStart={}\n",
      attachment.certificate_group(), attachment.service, certificate, kMayBeEnded, fmt::join(words, " "));
  const std::string environment = fmt::format(
      "Environment={} {} {}\n", assignment("EDGESEAL_APPLICATION", attachment.application),
      assignment("EDGESEAL_GROUP", attachment.group), assignment("EDGESEAL_DIRECTORY", attachment.published.string()));
  return program + environment +
         "\n# --- Grant: the new certificate, and never a key ---\n\nLoadCredential=fullchain.pem:" + certificate +
         "\n" + kRestricted + kUnitSandbox;
}

}  // namespace edgeseal::ctl
