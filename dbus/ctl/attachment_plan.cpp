#include "dbus/ctl/attachment_plan.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "dbus/ctl/accounts.h"
#include "dbus/ctl/environment_file.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/known_program.h"
#include "dbus/ctl/openssl_configuration.h"
#include "dbus/ctl/renewal_hook.h"
#include "dbus/ctl/signal_name.h"
#include "dbus/ctl/unit_name.h"

namespace edgeseal::ctl {
namespace {

constexpr std::string_view kVariable = "OPENSSL_CONF";

// Two of them in one environment: one would silently lose, to a file or to UnsetEnvironment= always ours.
void require_free_environment(const ServiceFacts& service, const AttachmentPlaces& places) {
  const std::string ours = std::string(kVariable) + "=" + places.openssl_configuration.string();
  const auto require_ours = [&](const std::string& assignment, const std::string& place) {
    if (assignment.starts_with(std::string(kVariable) + "=") && assignment != ours)
      throw Failure(ExitCode::Usage, fmt::format("{} sets {} already, in {}", service.name, assignment, place),
                    "take that out of there, or put what edgesealctl openssl-conf prints into the file that it names");
  };
  for (const auto& assignment : service.environment) require_ours(assignment, "its unit");
  for (const auto& [file, assignment] : assignments_in(service.environment_files, kVariable))
    require_ours(assignment, file);
  for (const auto& unset : service.unset_environment)
    if (unset == kVariable || unset == ours)
      throw Failure(ExitCode::Usage, fmt::format("{} has UnsetEnvironment={}", service.name, unset),
                    "take that out of its unit: it finds the provider by that variable");
}

void require_lasting_account(const ServiceFacts& service) {
  if (!service.dynamic_user || lasting_account_exists(service.account)) return;
  throw Failure(ExitCode::Usage,
                service.name + " has DynamicUser=yes: its account is there only while it runs, and keeps no access",
                fmt::format("give it a User= that is an account of this machine: systemctl edit {}", service.name));
}

// Who opens the files of the program, empty for root.
std::string account_of(const AttachmentRequest& request, const ServiceFacts& service, const KnownProgram& program) {
  const std::string account = !request.account.empty()          ? request.account
                              : !service.account.empty()        ? service.account
                              : account_exists(program.account) ? program.account
                                                                : "";
  return account == "root" || account == "0" ? "" : account;
}

std::filesystem::path chroot_of(const AttachmentRequest& request, const KnownProgram& program) {
  if (!request.chroot.empty()) return plain_path(request.chroot, "--chroot");
  return std::filesystem::is_directory(program.chroot) ? program.chroot : "";
}

void require_free(const std::filesystem::path& copy) {
  if (!std::filesystem::exists(std::filesystem::symlink_status(copy))) return;
  throw Failure(ExitCode::Usage, copy.string() + " exists, and would be replaced after each renewal",
                "give another directory to --copy-to, or move it away");
}

// Those of an earlier attachment of the same service and group may be replaced, nobody else's.
void require_free(const std::filesystem::path& directory, const Attachment& attachment,
                  const Attachments& attachments) {
  for (const auto& other : attachments.list()) {
    if (!other.copies || other.copies->directory != directory) continue;
    if (other.is_same(attachment)) return;
    throw Failure(ExitCode::Usage, directory.string() + " has the copies for " + other.service + " already",
                  "give another directory to --copy-to");
  }
  for (const auto& name : Copies::names) require_free(directory / name);
}

// Root writes there later: whoever could exchange a directory on the way would choose where. In a sticky one of root's
// nobody can.
void require_roots_alone(const std::filesystem::path& directory) {
  for (auto path = directory;; path = path.parent_path()) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0)
      throw Failure(ExitCode::Refused, path.string() + ": " + std::strerror(errno), "");
    const bool sticky = path != directory && (found.st_mode & S_ISVTX) != 0;
    const bool others_write = (found.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky;
    if ((found.st_uid != 0 && found.st_uid != ::geteuid()) || others_write)
      throw Failure(
          ExitCode::Usage,
          fmt::format("{} can be changed by others than root, who would choose what root replaces after each renewal",
                      path.string()),
          "give a directory of root's to --copy-to, and all above it root's: install -d /etc/SERVICE-tls");
    if (path == path.parent_path()) return;
  }
}

std::optional<Copies> copies_of(const AttachmentRequest& request, const std::string& account,
                                const Attachment& attachment, const Attachments& attachments) {
  if (request.copy_to.empty()) {
    if (!known_program(attachment.service).wants_copies) return std::nullopt;
    throw Failure(ExitCode::Usage, attachment.service + " accepts only a key file that it or root owns",
                  "give --copy-to with a directory where copies for it can be");
  }
  const std::filesystem::path directory = plain_path(request.copy_to, "--copy-to");
  if (!std::filesystem::is_directory(directory))
    throw Failure(ExitCode::Usage, directory.string() + " is no directory", "make it first");
  if (const auto target = std::filesystem::canonical(directory); target != directory)
    throw Failure(ExitCode::Usage, directory.string() + " leads over a link to " + target.string(),
                  "give that to --copy-to");
  require_roots_alone(directory);
  require_free(directory, attachment, attachments);
  return Copies{directory, primary_group_of(account.empty() ? "root" : account)};
}

// A rule that another group of the same application brought goes with the last of them.
bool came_with_attachment(const std::vector<Attachment>& all, const Attachment& wanted, const std::string& rule) {
  return std::ranges::any_of(all, [&](const Attachment& other) {
    return other.service == wanted.service && other.application == wanted.application && other.given_rule == rule;
  });
}

// Attached before, to this group or another, it may use them by a drop-in; and by that alone nothing but them where its
// own unit has no restriction any more.
bool needs_unix_sockets(const ServiceFacts& service, const std::vector<Attachment>& all) {
  if (!service.unix_sockets || service.only_unix_sockets) return !service.unix_sockets;
  return std::ranges::any_of(
      all, [&](const Attachment& other) { return other.service == service.name && other.needs_unix_sockets; });
}

void require_changeable(const Application& application, const std::string& rule) {
  if (application.origin == "bus") return;
  const std::string file = application.origin == "withdrawn" ? "a file that is gone" : application.origin;
  throw Failure(ExitCode::Refused, application.name + " is declared by " + file + ", which gives the service no access",
                fmt::format("add \"{}\" to its list access there, edgesealctl config apply, then attach", rule));
}

}  // namespace

AttachmentPlan make_plan(const AttachmentRequest& request, const ServiceFacts& service, const ChosenGroup& chosen,
                         const Attachments& attachments) {
  const auto program = known_program(service.name);
  const auto account = account_of(request, service, program);
  require_lasting_account(service);
  require_free_environment(service, attachments.places());

  AttachmentPlan plan;
  plan.rule = (account.empty() ? "" : "user=" + account + ",") + "unit=" + service.name;
  plan.rule_is_there = std::ranges::find(chosen.application.access, plan.rule) != chosen.application.access.end();
  if (!plan.rule_is_there) require_changeable(chosen.application, plan.rule);

  auto& attachment = plan.attachment;
  attachment.service = service.name;
  attachment.application = chosen.application.name;
  attachment.group = chosen.group.name;
  attachment.published = plain_path(chosen.group.directory, "the directory of " + attachment.certificate_group());
  if (!plan.rule_is_there || came_with_attachment(attachments.list(), attachment, plan.rule))
    attachment.given_rule = plan.rule;
  attachment.after_renewal = request.after_renewal;
  if (request.after_renewal == AfterRenewal::Signal) attachment.signal = signal_name(request.signal);
  attachment.hook = checked_hook(request.hook);
  attachment.account = request.account;
  attachment.chroot = chroot_of(request, program);
  attachment.copies = copies_of(request, account, attachment, attachments);
  attachment.needs_unix_sockets = needs_unix_sockets(service, attachments.list());

  const auto& places = attachments.places();
  plan.files = files_of(attachment, places);
  plan.files.push_back({places.openssl_configuration, headed("edgesealctl detach of the last service that uses it",
                                                             openssl_configuration(SystemOpenssl::find(), {}))});
  attachments.check(plan.files);
  return plan;
}

}  // namespace edgeseal::ctl
