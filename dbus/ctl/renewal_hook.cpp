#include "dbus/ctl/renewal_hook.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/unit_name.h"

namespace edgeseal::ctl {
namespace {

constexpr std::size_t kMostArguments = 64;
constexpr std::size_t kMostBytes = 1024;

constexpr const char* kSandbox = R"(DynamicUser=yes
UMask=0077
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateMounts=yes
PrivateDevices=yes
PrivateNetwork=yes
PrivateIPC=yes
PrivateUsers=yes
IPAddressDeny=any
RestrictAddressFamilies=AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
LimitCORE=0
MemoryMax=256M
TasksMax=64
TimeoutStartSec=5min
)";

bool fits_into_a_line(const std::string& argument) {
  return argument.size() <= kMostBytes &&
         std::ranges::none_of(argument, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

std::string assignment(const std::string& name, const std::string& value) {
  return " " + quoted_word(name + "=" + value);
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
  std::string text =
      "[Unit]\nDescription=Program that follows renewals of " + attachment.certificate_group() + " for " +
      attachment.service + "\nConditionPathExists=" + certificate +
      "\n# However many renewals follow each other.\nStartLimitIntervalSec=0\n\n[Service]\nType=oneshot\n"
      "ExecStart=";
  for (const std::string& word : attachment.hook)
    text += (&word == &attachment.hook.front() ? "" : " ") + quoted_word(word);
  text += "\nEnvironment=" + assignment("EDGESEAL_APPLICATION", attachment.application).substr(1) +
          assignment("EDGESEAL_GROUP", attachment.group) +
          assignment("EDGESEAL_DIRECTORY", attachment.published.string());
  return text + "\nLoadCredential=fullchain.pem:" + certificate + "\n" + kSandbox;
}

}  // namespace edgeseal::ctl
