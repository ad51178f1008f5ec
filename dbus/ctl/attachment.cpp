#include "dbus/ctl/attachment.h"

#include <fmt/format.h>

#include <string_view>

#include "dbus/ctl/attachment_record.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/renewal_hook.h"
#include "dbus/ctl/unit_name.h"
#include "dbus/ctl/unit_sandbox.h"

namespace edgeseal::ctl {
namespace {

constexpr std::string_view kHeader = "# Written by edgesealctl attach";
constexpr std::string_view kSocketDirectory = "/run/edgeseal";
constexpr size_t kMostNameBytes = 255;
constexpr const char* kRestricted = R"(
# --- Restrict: what it says goes to systemd alone ---

# Together with ProcSubset=, systemd leaves it out of ProtectSystem=.
ReadOnlyPaths=/run
# Which of what was published it has followed
RuntimeDirectory=edgeseal-reload
RuntimeDirectoryPreserve=yes
MemoryMax=64M
TasksMax=8
)";

std::string stem(const char* kind, const Attachment& attachment) {
  return fmt::format("edgeseal-{}-{}.{}.{}", kind, stem_of(attachment.service), attachment.application,
                     attachment.group);
}

std::filesystem::path drop_in_path(const Attachment& attachment, const AttachmentPlaces& places) {
  return places.units / (attachment.service + ".d") /
         fmt::format("50-edgeseal-{}.{}.conf", attachment.application, attachment.group);
}

std::string with_header(const Attachment& attachment, const std::string& content) {
  return headed(fmt::format("edgesealctl detach {} {}", attachment.service, attachment.certificate_group()), content);
}

// `source`: directory of what is published, or empty for the working directory.
std::string install_command(const Attachment& attachment, const std::filesystem::path& source) {
  std::string command = fmt::format("install --owner=root --group={} --mode=0640 --target-directory={}",
                                    attachment.copies->group, attachment.copies->directory.string());
  for (const char* path : {"own/private/key.pem", "own/private/bundle.pem", "fullchain.pem"})
    command += fmt::format(" {}", (source / path).string());
  return command;
}

std::string drop_in(const Attachment& attachment, const AttachmentPlaces& places) {
  std::string units = "edgeseald.socket";
  if (attachment.is_watched()) units += fmt::format(" {}", path_unit_of(attachment));
  std::string text = fmt::format("[Unit]\nWants={0}\nAfter={0}\n\n[Service]\nEnvironment=OPENSSL_CONF={1}\n", units,
                                 places.openssl_configuration.string());
  if (attachment.needs_unix_sockets) text += "RestrictAddressFamilies=AF_UNIX\n";
  // "-": where the agent is gone, the service starts without it.
  if (!attachment.chroot.empty())
    text += fmt::format("BindReadOnlyPaths=-{0}:{1}{0}\n", kSocketDirectory, attachment.chroot.string());
  if (attachment.copies) text += fmt::format("ExecStartPre=+{}\n", install_command(attachment, attachment.published));
  return with_header(attachment, text + record_of(attachment));
}

std::string path_unit(const Attachment& attachment) {
  return with_header(attachment, fmt::format("[Unit]\nDescription=Renewals of {} for {}\n\n[Path]\nPathChanged={}\n{}",
                                             attachment.certificate_group(), attachment.service,
                                             attachment.published.string(), record_of(attachment)));
}

// For a shell whose second argument is the service. One that does not run is told nothing: "|| :".
std::string following_command(const Attachment& attachment) {
  switch (attachment.after_renewal) {
    case AfterRenewal::Reload: return R"(systemctl --no-block try-reload-or-restart "$2"; )";
    case AfterRenewal::Restart: return R"(systemctl --no-block try-restart "$2"; )";
    case AfterRenewal::Signal:
      return fmt::format(R"(systemctl kill --kill-who=main --signal={} "$2" || :; )", attachment.signal);
    case AfterRenewal::Nothing: return "";
  }
  return "";
}

// The manager queues the reload and this service ends at once, so that it is ready for the next renewal; systemd does
// not watch while it runs, so that what was published meanwhile is followed before it ends. Whether programs would read
// something else than last time shows in the time of the directory; of what the first run finds after a boot nothing is
// known. A hook that still runs begins anew. All copies are taken from one generation, that of the working directory;
// where that is gone meanwhile, again.
std::string reload_command(const Attachment& attachment) {
  std::string command =
      R"sh(ExecStart=/bin/sh -ec 'followed="$RUNTIME_DIRECTORY/$0"; until now=$(stat -c %%y "$1" || echo gone); )sh"
      R"sh([ "$now" = "$(cat "$followed" 2>/dev/null || :)" ]; do )sh";
  if (attachment.copies) command += fmt::format(R"(cd "$1"; {}; )", install_command(attachment, ""));
  command += following_command(attachment);
  if (!attachment.hook.empty()) command += R"(systemctl --no-block restart "$3"; )";
  command += fmt::format(R"(echo "$now" >"$followed"; done' %n {} {})", attachment.published.string(),
                         quoted_word(attachment.service));
  if (!attachment.hook.empty()) command += fmt::format(" {}", quoted_word(hook_service_of(attachment)));
  return command + "\n";
}

// Of a service that is root's, for systemd obeys root.
std::string granted(const Attachment& attachment) {
  if (!attachment.copies)
    return "\n# --- Grant: root, whom systemd obeys, and a look at what is published ---\n"
           "\n# Where it is only the agent and the readers of the application come in.\n"
           "CapabilityBoundingSet=CAP_DAC_READ_SEARCH\n";
  return fmt::format(
      "\n# --- Grant: root, whom systemd obeys, and the copies ---\n"
      "\n# What is published is the agent's; the copies are for the group of the service.\n"
      "CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE\nSystemCallFilter=@chown\n"
      "# Wherever it is, below /home and /tmp, too.\nProtectHome=tmpfs\nBindPaths={}\n",
      attachment.copies->directory.string());
}

std::string reload_service(const Attachment& attachment) {
  std::string text = fmt::format(
      "[Unit]\nDescription=Renewal of {} for {}\n"
      "# However many renewals follow each other.\nStartLimitIntervalSec=0\n\n[Service]\nType=oneshot\n{}{}",
      attachment.certificate_group(), attachment.service, kMayBeEnded, reload_command(attachment));
  if (attachment.copies) text += "Restart=on-failure\nRestartSec=1s\n";
  return with_header(attachment, text + kRestricted + kUnitSandbox + granted(attachment) + record_of(attachment));
}

}  // namespace

std::filesystem::path Attachment::certificate() const {
  return (copies ? copies->directory : published) / "fullchain.pem";
}

std::filesystem::path Attachment::key() const {
  return copies ? copies->directory / "key.pem" : published / "own/private/key.pem";
}

std::filesystem::path Attachment::bundle() const {
  return copies ? copies->directory / "bundle.pem" : published / "own/private/bundle.pem";
}

std::string path_unit_of(const Attachment& attachment) {
  return stem("reload", attachment) + ".path";
}

std::string reload_service_of(const Attachment& attachment) {
  return stem("reload", attachment) + ".service";
}

std::string hook_service_of(const Attachment& attachment) {
  return stem("hook", attachment) + ".service";
}

std::vector<std::filesystem::path> paths_of(const Attachment& attachment, const AttachmentPlaces& places) {
  return {drop_in_path(attachment, places), places.units / path_unit_of(attachment),
          places.units / reload_service_of(attachment), places.units / hook_service_of(attachment)};
}

std::vector<std::filesystem::path> written_paths(const Attachment& attachment, const AttachmentPlaces& places) {
  auto paths = paths_of(attachment, places);
  const bool is_followed = attachment.is_known_whole && attachment.is_watched();
  paths.resize(!is_followed ? 1 : attachment.hook.empty() ? 3 : 4);
  return paths;
}

std::vector<AttachmentFile> files_of(const Attachment& attachment, const AttachmentPlaces& places) {
  const auto paths = paths_of(attachment, places);
  if (reload_service_of(attachment).size() >= kMostNameBytes)
    throw Failure(ExitCode::Usage, "the names of service and application are too long together");
  std::vector<AttachmentFile> files{{paths[0], drop_in(attachment, places)}};
  if (!attachment.is_watched()) return files;
  files.push_back({paths[1], path_unit(attachment)});
  files.push_back({paths[2], reload_service(attachment)});
  if (!attachment.hook.empty())
    files.push_back({paths[3], with_header(attachment, hook_service(attachment) + record_of(attachment))});
  return files;
}

bool is_ours(const std::string& content) {
  return content.starts_with(kHeader);
}

std::string headed(const std::string& undo, const std::string& content) {
  return fmt::format("{}; undone by: {}\n\n{}", kHeader, undo, content);
}

}  // namespace edgeseal::ctl
