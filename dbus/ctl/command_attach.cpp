#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "dbus/ctl/attaching.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/known_program.h"
#include "dbus/ctl/unit_name.h"

namespace edgeseal::ctl {
namespace {

struct Detachment {
  std::string service;
  std::string application;  // empty: all
};

void require_root() {
  if (geteuid() != 0)
    throw Failure(ExitCode::Usage, "only root can write units of systemd", "be root, or run it by sudo");
  umask(022);
}

nlohmann::json to_json(const AttachmentPlan& plan, bool with_contents) {
  auto files = nlohmann::json::array();
  for (const auto& file : plan.files) {
    nlohmann::json entry{{"path", file.path.string()}};
    if (with_contents) entry["content"] = file.content;
    files.push_back(entry);
  }
  return {{"service", plan.attachment.service},
          {"application", plan.attachment.certificate_group()},
          {"access-rule", plan.rule},
          {"certificate", plan.attachment.certificate().string()},
          {"key", plan.attachment.key().string()},
          {"bundle", plan.attachment.bundle().string()},
          {"configuration", configuration_lines(plan.attachment, AttachmentPlaces{})},
          {"files", files}};
}

void show_files(const AttachmentPlan& plan, const Output& output) {
  for (const auto& file : plan.files) output.print("--- " + file.path.string() + "\n" + file.content + "\n");
  output.print("--- access rule of " + plan.attachment.application + "\n" + plan.rule + "\n");
}

std::string following_text(const Attachment& attachment) {
  switch (attachment.after_renewal) {
    case AfterRenewal::Reload: return "After a renewal it is reloaded by itself.\n";
    case AfterRenewal::Restart: return "After a renewal it is restarted by itself.\n";
    case AfterRenewal::Signal: return "After a renewal its main process gets " + attachment.signal + ".\n";
    case AfterRenewal::Nothing: return "After a renewal reload it by hand.\n";
  }
  return "";
}

std::string after_renewal_text(const Attachment& attachment) {
  if (attachment.hook.empty()) return following_text(attachment);
  return following_text(attachment) + "Then " + attachment.hook.front() + " is run, in " + hook_service_of(attachment) +
         ": journalctl -u " + hook_service_of(attachment) + "\n";
}

void show_result(const AttachmentPlan& plan, const Output& output) {
  const auto& attachment = plan.attachment;
  std::string text =
      "Attached " + attachment.service + " to " + attachment.certificate_group() + " (" + plan.rule + "). Written:\n";
  for (const auto& file : plan.files) text += "  " + file.path.string() + "\n";
  text += "\nPut into its configuration:\n";
  for (const auto& line : configuration_lines(attachment, AttachmentPlaces{})) text += "  " + line + "\n";
  text += "\nThen restart it once, so that it loads the provider: systemctl restart " + attachment.service + "\n";
  output.print(text + after_renewal_text(attachment));
}

void attach_service(const AttachmentRequest& request, bool dry_run, Session& session) {
  if (!dry_run) require_root();
  const Attachments attachments{AttachmentPlaces{}};
  ServiceManager manager;
  const auto service = manager.describe(service_name(request.service));
  const auto plan = make_plan(request, service, find_group(session.agent, request.application), attachments);
  if (!dry_run) attach(plan, attachments, session.agent, manager);
  if (session.output.json()) return session.output.print_json(to_json(plan, dry_run));
  if (dry_run) return show_files(plan, session.output);
  show_result(plan, session.output);
}

// The name that it was attached by; the service itself may be gone by now.
std::string own_name(ServiceManager& manager, const std::string& service) {
  try {
    return manager.describe(service).name;
  } catch (const Failure&) {
    return service;
  }
}

bool is_wanted(const Attachment& attachment, const std::string& service, const std::string& application) {
  return attachment.service == service && (application.empty() || application == attachment.application ||
                                           application == attachment.certificate_group());
}

void show_detached(const Attachment& attachment, AccessAfterDetach access, const Output& output) {
  std::string text = "Detached " + attachment.service + " from " + attachment.certificate_group();
  if (access == AccessAfterDetach::Kept)
    text += "; the access rules of " + attachment.application + " were left as they are";
  output.print(text + ".\n");
}

void detach_service(const Detachment& wanted, Session& session) {
  require_root();
  const Attachments attachments{AttachmentPlaces{}};
  ServiceManager manager;
  const auto service = own_name(manager, service_name(wanted.service));
  auto detached = nlohmann::json::array();
  for (const auto& attachment : attachments.list()) {
    if (!is_wanted(attachment, service, wanted.application)) continue;
    const auto access = detach(attachment, attachments, session.agent, manager);
    detached.push_back({{"service", attachment.service}, {"application", attachment.certificate_group()}});
    if (!session.output.json()) show_detached(attachment, access, session.output);
  }
  if (session.output.json()) return session.output.print_json(nlohmann::json{{"detached", detached}});
  session.output.print(detached.empty()
                           ? "Nothing is attached to " + service + ".\n"
                           : "Restart it, or take the key out of its configuration first: systemctl restart " +
                                 service + "\n");
}

void list(Session& session) {
  auto values = nlohmann::json::array();
  Table table({"SERVICE", "APPLICATION", "CAME WITH THE RULE"});
  for (const auto& attachment : Attachments{AttachmentPlaces{}}.list()) {
    values.push_back({{"service", attachment.service},
                      {"application", attachment.certificate_group()},
                      {"given-rule", attachment.given_rule}});
    table.add({attachment.service, attachment.certificate_group(), or_dash(attachment.given_rule)});
  }
  if (session.output.json()) return session.output.print_json(values);
  if (table.empty()) return session.output.print("No services. Attach one: edgesealctl attach SERVICE APPLICATION\n");
  session.output.print(table);
}

void add_after_renewal(CLI::App& command, const std::shared_ptr<AttachmentRequest>& request) {
  const auto choice = [&](const char* name, AfterRenewal value, const char* text) {
    return command.add_flag_callback(
        name, [request, value] { request->after_renewal = value; }, text);
  };
  auto* reload =
      choice("--reload", AfterRenewal::Reload, "Reload it after a renewal, or restart it where it can't (default)");
  auto* restart = choice("--restart", AfterRenewal::Restart, "Restart it after a renewal");
  auto* nothing = choice("--no-reload", AfterRenewal::Nothing, "Leave it alone after a renewal");
  auto* signal = command
                     .add_option_function<std::string>(
                         "--signal",
                         [request](const std::string& name) {
                           request->after_renewal = AfterRenewal::Signal;
                           request->signal = name;
                         },
                         "Send this signal to its main process after a renewal, like USR1")
                     ->type_name("{HUP,USR1,USR2,WINCH,...}");
  nothing->excludes(reload)->excludes(restart)->excludes(signal);
  restart->excludes(reload)->excludes(signal);
  signal->excludes(reload);
}

// What belongs to a program may begin with a dash, after "--".
void add_hook(CLI::App& command, const std::shared_ptr<AttachmentRequest>& request) {
  auto* program =
      command
          .add_option_function<std::string>(
              "--exec", [request](const std::string& path) { request->hook.insert(request->hook.begin(), path); },
              "Run this program after a renewal, besides, in a sandbox of its own; no shell reads it")
          ->type_name("FILE");
  command
      .add_option_function<std::vector<std::string>>(
          "ARGUMENT",
          [request](const std::vector<std::string>& all) {
            request->hook.insert(request->hook.end(), all.begin(), all.end());
          },
          "Of the program of --exec; after -- where it begins with a dash")
      ->needs(program);
}

}  // namespace

void add_attach(CLI::App& app, Session& session) {
  auto request = std::make_shared<AttachmentRequest>();
  auto dry_run = std::make_shared<bool>(false);
  auto* command = app.add_subcommand("attach", "Let a service of systemd use the keys of an application");
  command->add_option("SERVICE", request->service, "Its unit, like nginx.service")->required();
  command->add_option("APPLICATION", request->application, "APPLICATION[/GROUP]")->type_name("LIST")->required();
  add_after_renewal(*command, request);
  add_hook(*command, request);
  command
      ->add_option("--account", request->account,
                   "Account as which it opens certificate and key; default: User= of its unit")
      ->type_name("ACCOUNT");
  command->add_option("--chroot", request->chroot, "Directory that it changes its root to: gets the key socket, too")
      ->type_name("DIRECTORY");
  command
      ->add_option("--copy-to", request->copy_to,
                   "Directory for copies of certificate and key reference that root owns, where it accepts no others")
      ->type_name("DIRECTORY");
  command->add_flag("--dry-run", *dry_run, "Show what would be written, and change nothing");
  command->footer(
      "Example:\n  edgesealctl attach nginx.service web\n"
      "  edgesealctl attach plc.service plc --signal USR1 --exec /usr/local/libexec/renewed -- --line 4");
  command->callback([request, dry_run, &session] { attach_service(*request, *dry_run, session); });
}

void add_detach(CLI::App& app, Session& session) {
  auto wanted = std::make_shared<Detachment>();
  auto* command = app.add_subcommand("detach", "Undo attach");
  command->add_option("SERVICE", wanted->service, "Its unit, like nginx.service")->type_name("ATTACHED")->required();
  command->add_option("APPLICATION", wanted->application, "APPLICATION[/GROUP]; default: all that it is attached to")
      ->type_name("LIST");
  command->footer("Example:\n  edgesealctl detach nginx.service");
  command->callback([wanted, &session] { detach_service(*wanted, session); });
}

void add_attachments(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("attachments", "List the services that are attached");
  command->footer("Example:\n  edgesealctl attachments");
  command->callback([&session] { list(session); });
}

}  // namespace edgeseal::ctl
