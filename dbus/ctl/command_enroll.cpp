// edgesealctl enroll, renew, profile: certificates that come from an authority.

#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/jobs.h"
#include "dbus/ctl/secret_file.h"
#include "dbus/ctl/timestamp.h"

namespace edgeseal::ctl {
namespace {

constexpr size_t kMostSecretBytes = 1024;

using Properties = std::map<std::string, sdbus::Variant>;

struct Wanted {
  std::string profile, slot, secret_file;
  bool wait = false;
};

template <class T>
T field(const Properties& map, const char* name) {
  const auto found = map.find(name);
  if (found == map.end() || !found->second.containsValueOfType<T>()) return T{};
  return found->second.get<T>();
}

// Exit status 1 where somebody waits for a certificate that did not come.
void tell(const std::vector<std::uint64_t>& numbers, bool wait, Session& session) {
  if (wait && !wait_for(numbers, session.agent)) session.status = static_cast<int>(ExitCode::Refused);
  std::vector<Job> jobs;
  for (const std::uint64_t number : numbers) jobs.push_back(read_job(session.agent, number));
  print_jobs(jobs, session.output);
}

void enroll(const Wanted& wanted, Session& session) {
  Properties options;
  std::optional<SecretFile> secret;
  if (!wanted.slot.empty()) options.emplace("slot", sdbus::Variant(wanted.slot));
  if (!wanted.secret_file.empty()) {
    secret.emplace(SecretFile::read(wanted.secret_file, kMostSecretBytes + 2));
    secret->drop_line_end();
    options.emplace("secret", sdbus::Variant(secret->descriptor()));
  }
  std::vector<std::uint64_t> numbers;
  session.agent.with_enrolment([&](dbus::RemoteEnrolment& enrolment) {
    for (const auto& path : enrolment.Enroll(wanted.profile, options)) numbers.push_back(job_number(path));
  });
  tell(numbers, wanted.wait, session);
}

void renew(const Wanted& wanted, Session& session) {
  std::uint64_t number = 0;
  session.agent.with_enrolment(
      [&](dbus::RemoteEnrolment& enrolment) { number = job_number(enrolment.Renew(wanted.slot)); });
  tell({number}, wanted.wait, session);
}

// Its URL, or the type of service that it looks for.
std::string server_of(const Properties& profile) {
  const auto url = field<std::string>(profile, "url");
  return url.empty() ? field<std::string>(profile, "discover") : url;
}

nlohmann::json to_json(const Properties& profile) {
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
  std::vector<Properties> profiles;
  session.agent.with_enrolment([&](dbus::RemoteEnrolment& enrolment) { profiles = enrolment.Profiles(); });
  if (session.output.json()) {
    auto all = nlohmann::json::array();
    for (const auto& profile : profiles) all.push_back(to_json(profile));
    return session.output.print_json(all);
  }
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
  std::vector<Properties> renewals;
  session.agent.with_enrolment([&](dbus::RemoteEnrolment& enrolment) { renewals = enrolment.Renewals(); });
  auto all = nlohmann::json::array();
  Table table({"SLOT", "PROFILE", "EXPIRES", "DUE", "NEXT TRY", "FAILURES", "NEEDS"});
  for (const auto& renewal : renewals) {
    const std::vector<std::string> row = {field<std::string>(renewal, "slot"),
                                          field<std::string>(renewal, "profile"),
                                          timestamp_text(field<std::uint64_t>(renewal, "expires")),
                                          timestamp_text(field<std::uint64_t>(renewal, "due")),
                                          timestamp_text(field<std::uint64_t>(renewal, "next-try")),
                                          std::to_string(field<std::uint32_t>(renewal, "failures")),
                                          field<std::string>(renewal, "needs")};
    all.push_back({{"slot", row[0]},
                   {"profile", row[1]},
                   {"expires", row[2]},
                   {"due", row[3]},
                   {"next-try", row[4]},
                   {"failures", field<std::uint32_t>(renewal, "failures")},
                   {"needs", row[6]}});
    table.add(row, row[6].empty() ? Colour::Plain : Colour::Warning);
  }
  if (session.output.json()) return session.output.print_json(all);
  if (table.empty()) return session.output.print("No slot has a profile.\n");
  session.output.print(table);
}

}  // namespace

void add_enroll(CLI::App& app, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = app.add_subcommand("enroll", "Get certificates for the slots of an enrolment profile");
  command->add_option("PROFILE", wanted->profile, "Name of a profile, see: edgesealctl profile list")->required();
  command->add_option("--slot", wanted->slot, "APPLICATION/GROUP/TYPE; default: all slots of the profile");
  command->add_option("--secret-file", wanted->secret_file,
                      "File with a one-time secret; - is the standard input. It is never given as an argument");
  command->add_flag("--wait", wanted->wait, "Wait for the certificates; exit status 1 where one needs somebody");
  command->footer("Example:\n  edgesealctl enroll plant --secret-file otp --wait");
  command->callback([wanted, &session] { enroll(*wanted, session); });
}

void add_renew(CLI::App& app, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = app.add_subcommand("renew", "Renew the certificate of a slot now, or show when each is due");
  command->add_option("SLOT", wanted->slot, "APPLICATION/GROUP/TYPE, or the beginning of it");
  command->add_flag("--wait", wanted->wait, "Wait for the certificate; exit status 1 where it needs somebody");
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
  set->add_option("NAME", given->name, "Its name")->required();
  set->add_option("FILE", given->file, "What would stand in enrolment.d; - is the standard input")->required();
  set->callback([given, &session] {
    const std::string text = read_file(given->file);
    session.agent.with_enrolment([&](dbus::RemoteEnrolment& enrolment) { enrolment.SetProfile(given->name, text); });
    list_profiles(session);
  });
  auto* remove = command->add_subcommand("remove", "Remove a profile that was added so");
  remove->add_option("NAME", given->name, "Its name")->required();
  remove->callback([given, &session] {
    session.agent.with_enrolment([&](dbus::RemoteEnrolment& enrolment) { enrolment.RemoveProfile(given->name); });
    list_profiles(session);
  });
  command->require_subcommand(1);
}

}  // namespace edgeseal::ctl
