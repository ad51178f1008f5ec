#include "dbus/ctl/attachment.h"

#include <map>
#include <sstream>
#include <string_view>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/renewal_hook.h"
#include "dbus/ctl/unit_name.h"

namespace edgeseal::ctl {
namespace {

constexpr std::string_view kHeader = "# Written by edgesealctl attach";
constexpr std::string_view kRecord = "[X-Edgeseal]";  // systemd leaves sections of such names to others
constexpr std::string_view kSocketDirectory = "/run/edgeseal";
constexpr size_t kMostNameBytes = 255;

std::string stem(const char* kind, const Attachment& attachment) {
  return std::string("edgeseal-") + kind + "-" + std::string(stem_of(attachment.service)) + "." +
         attachment.application + "." + attachment.group;
}

std::filesystem::path drop_in_path(const Attachment& attachment, const AttachmentPlaces& places) {
  return places.units / (attachment.service + ".d") /
         ("50-edgeseal-" + attachment.application + "." + attachment.group + ".conf");
}

std::string with_header(const Attachment& attachment, const std::string& content) {
  return headed("edgesealctl detach " + attachment.service + " " + attachment.certificate_group(), content);
}

std::string record(const Attachment& attachment) {
  std::string text = "\n" + std::string(kRecord) + "\nService=" + attachment.service +
                     "\nApplication=" + attachment.application + "\nGroup=" + attachment.group + "\n";
  if (!attachment.given_rule.empty()) text += "GivenRule=" + attachment.given_rule + "\n";
  if (!attachment.chroot.empty()) text += "Chroot=" + attachment.chroot.string() + "\n";
  if (attachment.copies) text += "Copies=" + attachment.copies->directory.string() + "\n";
  return text;
}

// `source`: directory of what is published, or empty for the working directory.
std::string install_command(const Attachment& attachment, const std::filesystem::path& source) {
  std::string command = "install --owner=root --group=" + attachment.copies->group +
                        " --mode=0640 --target-directory=" + attachment.copies->directory.string();
  for (const char* path : {"own/private/key.pem", "own/private/bundle.pem", "fullchain.pem"})
    command += " " + (source / path).string();
  return command + "\n";
}

std::string drop_in(const Attachment& attachment, const AttachmentPlaces& places) {
  std::string units = "edgeseald.socket";
  if (attachment.is_watched()) units += " " + path_unit_of(attachment);
  std::string text = "[Unit]\nWants=" + units + "\nAfter=" + units +
                     "\n\n[Service]\nEnvironment=OPENSSL_CONF=" + places.openssl_configuration.string() + "\n";
  if (attachment.needs_unix_sockets) text += "RestrictAddressFamilies=AF_UNIX\n";
  if (!attachment.chroot.empty()) {
    const std::string directory(kSocketDirectory);
    text += "BindReadOnlyPaths=" + directory + ":" + attachment.chroot.string() + directory + "\n";
  }
  if (attachment.copies) text += "ExecStartPre=+" + install_command(attachment, attachment.published);
  return with_header(attachment, text + record(attachment));
}

std::string path_unit(const Attachment& attachment) {
  return with_header(attachment, "[Unit]\nDescription=Renewals of " + attachment.certificate_group() + " for " +
                                     attachment.service + "\n\n[Path]\nPathChanged=" + attachment.published.string() +
                                     "\n" + record(attachment));
}

// A service that does not run is told nothing: "-".
std::string following_command(const Attachment& attachment) {
  const std::string service = quoted_word(attachment.service) + "\n";
  switch (attachment.after_renewal) {
    case AfterRenewal::Reload: return "ExecStart=systemctl --no-block try-reload-or-restart " + service;
    case AfterRenewal::Restart: return "ExecStart=systemctl --no-block try-restart " + service;
    case AfterRenewal::Signal:
      return "ExecStart=-systemctl kill --kill-who=main --signal=" + attachment.signal + " " + service;
    case AfterRenewal::Nothing: return "";
  }
  return "";
}

// The manager queues the reload and this service ends at once, so that it is ready for the next renewal; a hook that
// still runs begins anew. Both copies are taken from one generation, that of the working directory; where that is gone
// meanwhile, again.
std::string reload_service(const Attachment& attachment) {
  std::string text =
      "[Unit]\nDescription=Renewal of " + attachment.certificate_group() + " for " + attachment.service +
      "\n# However many renewals follow each other.\nStartLimitIntervalSec=0\n\n[Service]\nType=oneshot\n";
  if (attachment.copies) {
    text += "WorkingDirectory=" + attachment.published.string() + "\nExecStart=" + install_command(attachment, "") +
            "Restart=on-failure\nRestartSec=1s\n";
  }
  text += following_command(attachment);
  if (!attachment.hook.empty())
    text += "ExecStart=systemctl --no-block restart " + quoted_word(hook_service_of(attachment)) + "\n";
  return with_header(attachment, text + record(attachment));
}

std::map<std::string, std::string> recorded_values(const std::string& content) {
  std::map<std::string, std::string> values;
  std::istringstream lines(content);
  bool in_record = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('[')) in_record = line == kRecord;
    const auto equals = line.find('=');
    if (in_record && equals != std::string::npos) values[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return values;
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

std::vector<AttachmentFile> files_of(const Attachment& attachment, const AttachmentPlaces& places) {
  const auto paths = paths_of(attachment, places);
  if (reload_service_of(attachment).size() >= kMostNameBytes)
    throw Failure(ExitCode::Usage, "the names of service and application are too long together");
  std::vector<AttachmentFile> files{{paths[0], drop_in(attachment, places)}};
  if (!attachment.is_watched()) return files;
  files.push_back({paths[1], path_unit(attachment)});
  files.push_back({paths[2], reload_service(attachment)});
  if (!attachment.hook.empty())
    files.push_back({paths[3], with_header(attachment, hook_service(attachment) + record(attachment))});
  return files;
}

std::optional<Attachment> recorded_attachment(const std::string& content) {
  if (!is_ours(content)) return std::nullopt;
  auto values = recorded_values(content);
  Attachment attachment;
  attachment.service = values["Service"];
  attachment.application = values["Application"];
  attachment.group = values["Group"];
  attachment.given_rule = values["GivenRule"];
  attachment.chroot = values["Chroot"];
  if (values.contains("Copies")) attachment.copies = Copies{values["Copies"], ""};
  if (attachment.service.empty() || attachment.application.empty() || attachment.group.empty()) return std::nullopt;
  return attachment;
}

bool is_ours(const std::string& content) {
  return content.starts_with(kHeader);
}

std::string headed(const std::string& undo, const std::string& content) {
  return std::string(kHeader) + "; undone by: " + undo + "\n\n" + content;
}

}  // namespace edgeseal::ctl
