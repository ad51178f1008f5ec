#include "dbus/ctl/completion_values.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "dbus/ctl/attachments.h"
#include "dbus/ctl/bus_names.h"
#include "dbus/ctl/jobs.h"
#include "dbus/ctl/variant_map.h"
#include "dbus/printable_text.h"

namespace edgeseal::ctl {
namespace {

constexpr unsigned kPatience = 2;       // seconds of somebody who pressed TAB: then the program is ended
constexpr size_t kMostAccounts = 1000;  // a directory service may have more

using Candidates = std::vector<Candidate>;

Candidates applications(AgentConnection& agent) {
  Candidates all;
  for (const auto& application : agent.applications()) all.push_back({application.name, application.uri});
  return all;
}

Candidates trust_lists(AgentConnection& agent) {
  Candidates all = applications(agent);
  for (const auto& application : agent.applications()) {
    for (const auto& group : application.groups) all.push_back({application.name + "/" + group.name, application.uri});
  }
  return all;
}

Candidates slots(AgentConnection& agent) {
  Candidates all;
  for (const auto& application : agent.applications()) {
    for (const auto& group : application.groups) {
      for (const auto& type : group.certificate_types)
        all.push_back({application.name + "/" + group.name + "/" + type, application.uri});
    }
  }
  return all;
}

Candidates profiles(AgentConnection& agent) {
  Candidates all;
  agent.with_enrolment([&](dbus::RemoteEnrolment& enrolment) {
    for (const auto& profile : enrolment.Profiles())
      all.push_back({field<std::string>(profile, "name"),
                     field<std::string>(profile, "protocol") + " " + field<std::string>(profile, "url")});
  });
  return all;
}

Candidates jobs(AgentConnection& agent) {
  Candidates all;
  for (const Job& job : read_jobs(agent)) all.push_back({std::to_string(job.number), job.slot + ": " + job.state});
  return all;
}

Candidates adopted_directories(AgentConnection& agent) {
  Candidates all;
  agent.with_directories([&](dbus::RemoteTrustDirectories& directories) {
    for (const auto& adopted : directories.Adopted())
      all.push_back({field<std::string>(adopted, "path"),
                     field<std::string>(adopted, "application") + "/" + field<std::string>(adopted, "group")});
  });
  return all;
}

// None where no systemd answers: other kinds of access rules are there all the same.
Candidates services() try {
  Candidates all;
  for (const auto& name : installed_services()) all.push_back({name, ""});
  return all;
} catch (const sdbus::Error&) {
  return {};
}

Candidates attached_services() {
  Candidates all;
  for (const auto& attachment : Attachments{AttachmentPlaces{}}.list())
    all.push_back({attachment.service, attachment.certificate_group()});
  return all;
}

Candidates accounts(const std::string& before = "") {
  Candidates all;
  setpwent();
  while (const passwd* entry = getpwent()) {
    if (all.size() >= kMostAccounts) break;
    all.push_back({before + entry->pw_name, ""});
  }
  endpwent();
  return all;
}

Candidates account_groups(const std::string& before) {
  Candidates all;
  setgrent();
  while (const group* entry = getgrent()) {
    if (all.size() >= kMostAccounts) break;
    all.push_back({before + entry->gr_name, ""});
  }
  endgrent();
  return all;
}

Candidates access_rules() {
  Candidates all = accounts("user=");
  std::ranges::move(account_groups("group="), std::back_inserter(all));
  for (const auto& service : services()) all.push_back({"unit=" + service.word, ""});
  return all;
}

Candidates values_of_agent(const std::string& kind, AgentConnection& agent) {
  if (kind == "APPLICATION") return applications(agent);
  if (kind == "LIST") return trust_lists(agent);
  if (kind == "SLOT") return slots(agent);
  if (kind == "PROFILE") return profiles(agent);
  if (kind == "JOB") return jobs(agent);
  if (kind == "ADOPTED") return adopted_directories(agent);
  return {};
}

// What isn't printable would end the line of a candidate, or change the terminal of whoever looks at it.
void print(const Candidate& candidate) {
  if (candidate.word.empty() || candidate.word.front() == ':' || !dbus::is_printable(candidate.word)) return;
  const bool described = !candidate.description.empty() && dbus::is_printable(candidate.description);
  std::printf("%s%s%s\n", candidate.word.c_str(), described ? "\t" : "",
              described ? candidate.description.c_str() : "");
}

void print_what_the_shell_knows(const Completion& completion) {
  const std::string& kind = completion.value;
  if (kind == "FILE" || kind == "PATH" || kind == "CERTIFICATE") std::puts(":files");
  if (kind == "DIRECTORY") std::puts(":directories");
  if (kind == "COMMAND") std::printf(":command %zu\n", completion.foreign);
}

}  // namespace

std::vector<Candidate> existing_values(const std::string& kind, AgentConnection& agent) try {
  if (kind == "SERVICE") return services();
  if (kind == "ATTACHED") return attached_services();
  if (kind == "ACCOUNT") return accounts();
  if (kind == "RULE") return access_rules();
  return is_on_bus(dbus::kBusName) ? values_of_agent(kind, agent) : Candidates{};
} catch (const std::exception&) {
  return {};
}

void print_completion(const CLI::App& app, const std::vector<std::string>& words, AgentConnection& agent) {
  const Completion completion = complete(app, words);
  for (const auto& candidate : completion.candidates) print(candidate);
  print_what_the_shell_knows(completion);
  std::fflush(stdout);  // in case that what follows takes too long
  if (completion.value.empty() || words.empty()) return;
  alarm(kPatience);
  for (auto& existing : existing_values(completion.value, agent)) {
    existing.word = completion.before_value + existing.word;
    if (existing.word.starts_with(words.back())) print(existing);
  }
  alarm(0);
}

}  // namespace edgeseal::ctl
