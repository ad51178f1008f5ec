// edgesealctl enroll, renew, profile: certificates that come from an authority.

#include <algorithm>
#include <chrono>
#include <optional>

#include "dbus/ctl/commands.h"
#include "dbus/ctl/duration.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/jobs.h"
#include "dbus/ctl/renewals.h"
#include "dbus/ctl/secret_file.h"
#include "dbus/ctl/slot.h"
#include "dbus/ctl/timestamp.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

struct Wanted {
  std::string profile, slot, secret_file;
  bool wait = false;
  std::optional<std::chrono::seconds> timeout;  // none: as long as it takes
};

Job ordered(const std::string& path, const char* operation, const Wanted& wanted) {
  Job job;
  job.number = job_number(path);
  job.profile = wanted.profile;
  job.slot = wanted.slot;
  job.operation = operation;
  return job;
}

// What somebody waited for in vain.
void complain_of(const Job& job, std::chrono::seconds timeout) {
  const std::string error = job.error_class.empty() ? "" : ": " + job.error_class + ": " + job.message;
  complain(job.slot + " has no new certificate after " + duration_text(timeout) + " (" + job.state + ")" + error,
           "the job goes on: edgesealctl job show " + std::to_string(job.number));
}

// Exit status 1 where somebody waits for a certificate that did not come.
void tell(std::vector<Job> jobs, const Wanted& wanted, Session& session) {
  const auto one_look = std::optional(std::chrono::seconds(0));
  jobs = wait_for(std::move(jobs), wanted.wait ? wanted.timeout : one_look, session.agent);
  print_jobs(jobs, session.output);
  if (!wanted.wait) return;
  for (const Job& job : jobs) {
    if (job.goes_on()) complain_of(job, *wanted.timeout);
    if (job.state != "done") session.status = static_cast<int>(ExitCode::Refused);
  }
}

void tell_nothing_to_do(const Wanted& wanted, const Output& output) {
  if (output.json()) return output.print_json(nlohmann::json::array());
  output.print(wanted.slot.empty() ? "All slots of " + printable(wanted.profile) + " have their certificates.\n"
                                   : printable(wanted.slot) + " has its certificate.\n");
}

// As the profile has it, of the beginning of it.
std::string whole_slot(const std::string& text, AgentConnection& agent) {
  return text.empty() || std::ranges::count(text, '/') >= 2 ? text : find_slot(agent, text).text();
}

void enroll(Wanted wanted, Session& session) {
  wanted.slot = whole_slot(wanted.slot, session.agent);
  VariantMap options;
  std::optional<SecretFile> secret;
  put(options, "slot", wanted.slot);
  if (!wanted.secret_file.empty()) {
    secret.emplace(SecretFile::read_line(wanted.secret_file, kMostSecretBytes));
    options.emplace("secret", sdbus::Variant(secret->descriptor()));
  }
  std::vector<Job> jobs;
  try {
    session.agent.with_enrolment([&](dbus::RemoteEnrolment& enrolment) {
      for (const auto& path : enrolment.Enroll(wanted.profile, options))
        jobs.push_back(ordered(path, "enroll", wanted));
    });
  } catch (const Failure& failure) {
    if (failure.kind != "NothingToDo") throw;
    return tell_nothing_to_do(wanted, session.output);
  }
  tell(std::move(jobs), wanted, session);
}

void renew(const Wanted& wanted, Session& session) {
  std::vector<Job> jobs;
  session.agent.with_enrolment([&](dbus::RemoteEnrolment& enrolment) {
    jobs.push_back(ordered(enrolment.Renew(wanted.slot), "renew", wanted));
  });
  tell(std::move(jobs), wanted, session);
}

// Its URL, or the type of service that it looks for.
std::string server_of(const VariantMap& profile) {
  const auto url = field<std::string>(profile, "url");
  return url.empty() ? field<std::string>(profile, "discover") : url;
}

nlohmann::json to_json(const VariantMap& profile) {
  return {{"name", field<std::string>(profile, "name")},
          {"origin", field<std::string>(profile, "origin")},
          {"protocol", field<std::string>(profile, "protocol")},
          {"url", field<std::string>(profile, "url")},
          {"discover", field<std::string>(profile, "discover")},
          {"slots", field<std::vector<std::string>>(profile, "slots")},
          {"automatic", field<bool>(profile, "automatic")},
          {"first-contact", field<std::string>(profile, "first-contact")},
          {"problem", field<std::string>(profile, "problem")}};
}

void list_profiles(Session& session) {
  std::vector<VariantMap> profiles;
  session.agent.with_enrolment([&](dbus::RemoteEnrolment& enrolment) { profiles = enrolment.Profiles(); });
  if (session.output.json()) return session.output.print_json(json_list(profiles, to_json));
  Table table({"PROFILE", "PROTOCOL", "SERVER", "SLOTS", "PROBLEM"});
  for (const auto& profile : profiles) {
    const auto problem = field<std::string>(profile, "problem");
    table.add({field<std::string>(profile, "name"), field<std::string>(profile, "protocol"), server_of(profile),
               joined(field<std::vector<std::string>>(profile, "slots")), problem},
              problem.empty() ? Colour::Plain : Colour::Warning);
  }
  if (table.empty()) return session.output.print("There are no profiles; see /etc/edgeseal/enrolment.d.\n");
  session.output.print(table);
}

void list_renewals(Session& session) {
  auto all = nlohmann::json::array();
  Table table({"SLOT", "PROFILE", "EXPIRES", "DUE", "NEXT TRY", "FAILURES", "NEEDS"});
  for (const auto& renewal : read_renewals(session.agent)) {
    all.push_back({{"slot", renewal.slot},
                   {"profile", renewal.profile},
                   {"expires", time_json(renewal.expires)},
                   {"due", time_json(renewal.due)},
                   {"next-try", time_json(renewal.next_try)},
                   {"failures", renewal.failures},
                   {"needs", renewal.needs}});
    table.add({renewal.slot, renewal.profile, timestamp_text(renewal.expires), timestamp_text(renewal.due),
               timestamp_text(renewal.next_try), std::to_string(renewal.failures), renewal.needs},
              renewal.needs.empty() ? Colour::Plain : Colour::Warning);
  }
  if (session.output.json()) return session.output.print_json(all);
  if (table.empty()) return session.output.print("No slot has a profile.\n");
  session.output.print(table);
}

void add_wait(CLI::App& command, const std::shared_ptr<Wanted>& wanted, const char* description) {
  auto* wait = command.add_flag("--wait", wanted->wait, description);
  command
      .add_option_function<std::string>(
          "--timeout", [wanted](const std::string& text) { wanted->timeout = parse_duration(text, "--timeout"); },
          "Wait no longer, and end with 1 while the job goes on: 90s, 10m")
      ->needs(wait);
}

}  // namespace

void add_enroll(CLI::App& app, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = app.add_subcommand("enroll", "Get certificates for the slots of an enrolment profile");
  command->add_option("PROFILE", wanted->profile, "Name of a profile, see: edgesealctl profile list")->required();
  command->add_option("--slot", wanted->slot, "APPLICATION[/GROUP[/TYPE]]; default: all slots of the profile")
      ->type_name("SLOT");
  command
      ->add_option("--secret-file", wanted->secret_file,
                   "File with a one-time secret; - is the standard input. It is never given as an argument")
      ->type_name("FILE");
  add_wait(*command, wanted, "Wait for the certificates; exit status 1 where one needs somebody");
  command->footer("Example:\n  edgesealctl enroll plant --secret-file otp --wait");
  command->callback([wanted, &session] { enroll(*wanted, session); });
}

void add_renew(CLI::App& app, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = app.add_subcommand("renew", "Renew the certificate of a slot now, or show when each is due");
  command->add_option("SLOT", wanted->slot, "APPLICATION/GROUP/TYPE, or the beginning of it");
  add_wait(*command, wanted, "Wait for the certificate; exit status 1 where it needs somebody");
  command->footer("Example:\n  edgesealctl renew web/https/https --wait\n  edgesealctl renew");
  command->callback([wanted, &session] { wanted->slot.empty() ? list_renewals(session) : renew(*wanted, session); });
}

void add_profile(CLI::App& app, Session& session) {
  struct Given {
    std::string name, file;
  };
  auto given = std::make_shared<Given>();
  auto* command = app.add_subcommand("profile", "Where certificates come from");
  command->add_subcommand("list", "Show the enrolment profiles and what is wrong with them")->callback([&session] {
    list_profiles(session);
  });
  auto* set = command->add_subcommand("set", "Add a profile, or replace one that was added so");
  set->add_option("NAME", given->name, "Its name")->type_name("PROFILE")->required();
  set->add_option("FILE", given->file, "What would stand in enrolment.d; - is the standard input")->required();
  set->callback([given, &session] {
    const std::string text = read_file(given->file);
    session.agent.with_enrolment([&](dbus::RemoteEnrolment& enrolment) { enrolment.SetProfile(given->name, text); });
    list_profiles(session);
  });
  auto* remove = command->add_subcommand("remove", "Remove a profile that was added so");
  remove->add_option("NAME", given->name, "Its name")->type_name("PROFILE")->required();
  remove->callback([given, &session] {
    session.agent.with_enrolment([&](dbus::RemoteEnrolment& enrolment) { enrolment.RemoveProfile(given->name); });
    list_profiles(session);
  });
  command->require_subcommand(1);
}

}  // namespace edgeseal::ctl
