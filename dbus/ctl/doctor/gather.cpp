#include "dbus/ctl/doctor/gather.h"

#include <grp.h>
#include <pwd.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "dbus/ctl/accounts.h"
#include "dbus/ctl/described_keys.h"
#include "dbus/ctl/doctor/description.h"
#include "dbus/ctl/doctor/provider_probe.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/tpm_wait.h"
#include "dbus/ctl/variant_map.h"
#include "dbus/ctl/waiting_settings.h"

namespace edgeseal::ctl {
namespace {

// How long the agent is waited for: where the call may start it, where it looks something up, where it reads its log,
// where edgeseal-enroll is to connect to authorities, some time after it did so last.
constexpr std::chrono::seconds kStart{30}, kAnswer{10}, kVerification{60}, kContacts{90};

constexpr std::array kUnits = {"edgeseald.service", "edgeseald.socket", "edgeseald.timer"};

template <class Read>
auto known(const Read& read) -> Known<decltype(read())> {
  try {
    return {read(), ""};
  } catch (const Failure& failure) {
    return {std::nullopt, failure.what(), failure.remedy, failure.kind};
  }
}

std::vector<ProfileFact> read_profiles(AgentConnection& agent) {
  std::vector<ProfileFact> profiles;
  agent.with_enrolment([&](dbus::RemoteEnrolment& enrolment) {
    for (const auto& profile : enrolment.Profiles())
      profiles.push_back({field<std::string>(profile, "name"), field<std::string>(profile, "protocol"),
                          field<std::string>(profile, "problem"), field<std::string>(profile, "url")});
  });
  return profiles;
}

std::vector<ContactFact> contact_authorities(AgentConnection& agent) {
  std::vector<ContactFact> contacts;
  agent.with_enrolment([&](dbus::RemoteEnrolment& enrolment) {
    for (const auto& contact : enrolment.CheckAuthorities())
      contacts.push_back({field<std::string>(contact, "profile"), field<std::string>(contact, "url"),
                          field<std::string>(contact, "error"), field<std::string>(contact, "message")});
  });
  return contacts;
}

// Whom the configuration names; where the agent does not say so, as it is without one.
struct NamedAccounts {
  std::string enrolment = "edgeseal-enroll";
  std::string administrators = "edgeseal-admin";  // a group; empty: root alone
};

NamedAccounts named_accounts(const Facts& facts) {
  NamedAccounts named;
  if (!facts.description) return named;
  const auto said = member_of(*facts.description, "accounts");
  const auto take = [&](const char* name, std::string& account) {
    if (member_of(said, name).is_string()) account = text_of(said, name);
  };
  take("enrolment", named.enrolment);
  take("administrators", named.administrators);
  return named;
}

// Who may mostly ask. Others do not: a refusal would be an entry in the audit log.
void require_administrator(const std::string& administrators, const char* what) {
  if (geteuid() == 0 || is_in_group(administrators)) return;
  throw Failure(ExitCode::Refused,
                "only root" + (administrators.empty() ? "" : " and the group " + administrators) + " may " + what);
}

AuditFact verify_audit(AgentConnection& agent, const std::string& administrators) {
  require_administrator(administrators, "read it");
  VariantMap verdict;
  try {
    agent.with_audit([&](dbus::RemoteAudit& remote) { verdict = remote.Verify(); });
  } catch (const Failure& failure) {
    if (failure.kind != "ResourceUnavailable") throw;
    return {.read_problem = failure.what()};
  }
  return {field<bool>(verdict, "intact"), field<std::uint64_t>(verdict, "lost"), field<std::string>(verdict, "anchor"),
          field<std::string>(verdict, "problem"), field<std::string>(verdict, "write-problem")};
}

// An application whose file is gone hides none.
std::vector<std::string> read_waiting_settings(AgentConnection& agent, const std::string& administrators) {
  require_administrator(administrators, "compare them");
  std::vector<std::string> waiting;
  agent.with_configuration([&](dbus::RemoteConfiguration& configuration) {
    waiting = waiting_settings(configuration.Plan({{"delete", sdbus::Variant(true)}}));
  });
  return waiting;
}

// Asks the agent as long as it answers.
class Questions {
 public:
  explicit Questions(AgentConnection& agent) : agent_(agent) {}

  template <class Read>
  Known<std::invoke_result_t<const Read&, AgentConnection&>> ask(std::chrono::seconds limit, const Read& read) {
    if (!silence_.empty()) return {std::nullopt, silence_};
    agent_.set_time_limit(limit);
    try {
      return {read(agent_), ""};
    } catch (const Failure& failure) {
      if (failure.code == ExitCode::NotReachable) silence_ = failure.what();
      return {std::nullopt, failure.what(), failure.remedy, failure.kind};
    }
  }

 private:
  AgentConnection& agent_;
  std::string silence_;  // why it does not answer any more
};

void ask_agent(Facts& facts, AgentConnection& agent, Contacts contacts) {
  Questions questions(agent);
  facts.description = questions.ask(kStart, [](AgentConnection& asked) {
    await_tpm(asked);
    return asked.describe();
  });
  facts.renewals = questions.ask(kAnswer, read_renewals);
  facts.jobs = questions.ask(kAnswer, read_jobs);
  facts.profiles = questions.ask(kAnswer, read_profiles);
  if (contacts == Contacts::Wanted) facts.contacts = questions.ask(kContacts, contact_authorities);
  facts.metrics = questions.ask(kAnswer, read_metrics);
  const std::string administrators = named_accounts(facts).administrators;
  facts.audit =
      questions.ask(kVerification, [&](AgentConnection& asked) { return verify_audit(asked, administrators); });
  facts.waiting_settings =
      questions.ask(kAnswer, [&](AgentConnection& asked) { return read_waiting_settings(asked, administrators); });
}

// As the agent says, which its configuration may have somewhere else.
DoctorPlaces places_of(const Facts& facts, DoctorPlaces places) {
  if (!facts.description) return places;
  const auto said = member_of(*facts.description, "places");
  const auto take = [&](const char* name, std::filesystem::path& place) {
    if (const auto text = text_of(said, name); !text.empty()) place = text;
  };
  take("configuration", places.configuration);
  take("state", places.state);
  take("key-socket", places.key_socket);
  return places;
}

bool is_member(const char* account, const char* group_name) {
  const group* entry = getgrnam(group_name);
  for (char** member = entry == nullptr ? nullptr : entry->gr_mem; member != nullptr && *member != nullptr; ++member)
    if (std::strcmp(*member, account) == 0) return true;
  return false;
}

void look_at_accounts(Facts& facts) {
  const auto [enrolment, administrators] = named_accounts(facts);
  facts.accounts = {{"account edgeseal", account_exists("edgeseal")},
                    {"edgeseal in the group tss", is_member("edgeseal", "tss")}};
  if (!enrolment.empty()) facts.accounts["account " + enrolment] = account_exists(enrolment);
  if (!administrators.empty()) facts.accounts["group " + administrators] = getgrnam(administrators.c_str()) != nullptr;
  if (const passwd* agent = getpwnam("edgeseal")) facts.agent_account = agent->pw_uid;
}

std::vector<ConfigurationMistake> check_configuration_in(const std::filesystem::path& directory) {
  if (geteuid() != 0) throw Failure(ExitCode::Refused, "only root can read all of the configuration");
  return check_configuration({directory.string()}, "");
}

// What the agent publishes: the directories of groups and the files of keys, which programs open.
std::vector<FileFact> published_files(const Facts& facts) {
  std::vector<FileFact> files;
  for_each_group(facts, [&](const std::string&, const nlohmann::json& group) {
    for (const char* part : {"", "own/private", "trusted/certs", "issuer/certs"})
      files.push_back(file_fact(std::filesystem::path(text_of(group, "directory")) / part));
  });
  return files;
}

// Whoever else asks for a key is counted and logged as one who tried.
bool may_use_keys(const nlohmann::json& application) {
  if (geteuid() == 0 || lets_in("user=" + text_of(application, "account"))) return true;
  const auto rules = member_of(application, "access");
  return std::ranges::any_of(rules, [](const auto& rule) { return rule.is_string() && lets_in(rule); });
}

// The agent says where it is published; the files of the attachment need not.
std::filesystem::path published_directory(const Facts& facts, const Attachment& attachment) {
  const auto groups = member_of(application_of(facts, attachment.application), "groups");
  return text_of(member_of(groups, attachment.group.c_str()), "directory");
}

AttachedFact attached_fact(const Facts& facts, Attachment attachment, ServiceManager& manager,
                           const AttachmentPlaces& places) {
  AttachedFact fact;
  attachment.published = published_directory(facts, attachment);
  fact.service = known([&] { return manager.state(attachment.service); });
  fact.watch = known([&] { return manager.state(path_unit_of(attachment)); });
  const auto service = known([&] { return manager.describe(attachment.service); });
  fact.account = !attachment.account.empty() ? attachment.account : service ? service->account : "";
  if (fact.service && fact.service->main_process != 0) fact.process = process_fact(fact.service->main_process);
  auto files = written_paths(attachment, places);
  files.push_back(places.openssl_configuration);
  for (const auto& path : files)
    if (file_fact(path).is_missing) fact.missing_files.push_back(path.string());
  if (attachment.published.empty())
    fact.reads_key.why_not = "the agent does not say where its key is published";
  else
    fact.reads_key = can_read(fact.account, attachment.key());
  fact.attachment = std::move(attachment);
  return fact;
}

void look_at_attachments(Facts& facts, ServiceManager& manager, const AttachmentPlaces& places) {
  auto all = known([&] { return Attachments(places).list(); });
  facts.attached.why_not = all.why_not;
  if (!all) return;
  facts.attached.value.emplace();
  for (auto& attachment : *all.value)
    facts.attached.value->push_back(attached_fact(facts, std::move(attachment), manager, places));
}

// As libcrypto finds it for this program, else as attached services are given it.
std::filesystem::path provider_configuration(const DoctorPlaces& places) {
  const char* given = std::getenv("OPENSSL_CONF");
  return given != nullptr && *given != '\0' ? std::filesystem::path(given) : places.attachments.openssl_configuration;
}

void look_at_provider(Facts& facts, const DoctorPlaces& places) {
  std::vector<std::string> asked, not_asked;
  if (facts.description) {
    for (const auto& slot : described_slots(*facts.description)) {
      if (slot.certificate_until.empty() || !slot.active) continue;
      const bool may = may_use_keys(application_of(facts, slot.name.application));
      (may ? asked : not_asked).push_back(slot.name.text());
    }
  }
  facts.provider = probe_provider(provider_configuration(places), asked);
  facts.provider.not_asked = std::move(not_asked);
}

bool is_clock_synchronised() {
  timex kernel{};
  const int state = adjtimex(&kernel);  // a container may not ask
  return state >= 0 && state != TIME_ERROR && (kernel.status & STA_UNSYNC) == 0;
}

}  // namespace

Facts gather(AgentConnection& agent, ServiceManager& manager, const DoctorPlaces& usual_places, Contacts contacts) {
  Facts facts;
  facts.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  facts.installed_version = EDGESEAL_VERSION;
  ask_agent(facts, agent, contacts);
  const DoctorPlaces places = places_of(facts, usual_places);
  for (const char* unit : kUnits) facts.units[unit] = known([&] { return manager.state(unit); });
  look_at_accounts(facts);
  facts.mistakes = known([&] { return check_configuration_in(places.configuration); });
  facts.configuration = file_facts_below(places.configuration);
  facts.state = {file_fact(places.state), file_fact(places.state / "state"), file_fact(places.state / "pki")};
  facts.published = published_files(facts);
  facts.key_socket = {problem_of_socket(places.key_socket), ""};
  facts.clock_synchronised = is_clock_synchronised();
  facts.journal_persistent = keeps_journal(places.journal);
  look_at_provider(facts, places);
  look_at_attachments(facts, manager, places.attachments);
  return facts;
}

}  // namespace edgeseal::ctl
