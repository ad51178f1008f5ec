#include "dbus/ctl/attaching.h"

#include <algorithm>

#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {
namespace {

void give_access(const AttachmentPlan& plan, AgentConnection& agent) {
  if (plan.rule_is_there) return;
  agent.with_application(plan.attachment.application,
                         [&](dbus::RemoteApplication& application) { application.AddAccessRule(plan.rule); });
}

bool is_needed_by_another(const Attachment& attachment, const Attachments& attachments) {
  return std::ranges::any_of(attachments.list(), [&](const Attachment& other) {
    return !other.is_same(attachment) && other.application == attachment.application &&
           other.given_rule == attachment.given_rule;
  });
}

bool can_be_taken(const Application& application, const std::string& rule) {
  return application.origin == "bus" && std::ranges::find(application.access, rule) != application.access.end();
}

AccessAfterDetach take_access(const Attachment& attachment, const Attachments& attachments, AgentConnection& agent) {
  if (attachment.given_rule.empty() || is_needed_by_another(attachment, attachments)) return AccessAfterDetach::Kept;
  const auto all = agent.applications();
  const auto found = std::ranges::find(all, attachment.application, &Application::name);
  if (found == all.end() || !can_be_taken(*found, attachment.given_rule)) return AccessAfterDetach::Kept;
  agent.with_application(attachment.application, [&](dbus::RemoteApplication& application) {
    application.RemoveAccessRule(attachment.given_rule);
  });
  return AccessAfterDetach::Taken;
}

}  // namespace

// The files say how to undo it, so they come first and go last.
void attach(const AttachmentPlan& plan, const Attachments& attachments, AgentConnection& agent,
            ServiceManager& manager) {
  const auto before = attachments.find(plan.attachment);
  attachments.put(plan.attachment, plan.files);
  try {
    give_access(plan, agent);
  } catch (const Failure&) {
    if (!before) attachments.remove(plan.attachment);
    throw;
  }
  if (before && before->given_rule != plan.attachment.given_rule) (void)take_access(*before, attachments, agent);
  const auto path_unit = path_unit_of(plan.attachment);
  manager.stop(path_unit);
  manager.reload();
  if (plan.attachment.is_watched()) manager.start(path_unit);
}

// The watch ends before the access does: publishing for fewer readers looks like a renewal. The mount point goes when
// no reload is under way that began before: it would make it again.
AccessAfterDetach detach(const Attachment& attachment, const Attachments& attachments, AgentConnection& agent,
                         ServiceManager& manager) {
  manager.stop(path_unit_of(attachment));
  manager.stop(reload_service_of(attachment));
  manager.stop(hook_service_of(attachment));
  const auto access = take_access(attachment, attachments, agent);
  attachments.remove(attachment);
  manager.reload();
  manager.wait_for_job(attachment.service);
  Attachments::remove_mount_point(attachment);
  return access;
}

}  // namespace edgeseal::ctl
