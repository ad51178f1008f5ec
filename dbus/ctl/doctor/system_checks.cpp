// What the machine has to have for the agent and its programs.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "dbus/ctl/attachment_record.h"
#include "dbus/ctl/doctor/check.h"
#include "dbus/ctl/doctor/description.h"

namespace edgeseal::ctl {
namespace {

constexpr mode_t kWritableByOthers = 0022;
constexpr const char* kTimer = "edgeseald.timer";

// What it is where a file is missing.
struct Missing {
  Verdict verdict = Verdict::Failure;
  std::string fix = "install the package edgeseal again";
};

// Of `allowed`, and written by nobody else.
Findings trusted_files(const std::vector<FileFact>& files, const std::vector<uid_t>& allowed,
                       const Missing& missing = {}) {
  Findings found;
  for (const auto& file : files) {
    if (file.is_missing)
      found.push_back({missing.verdict, file.path + " is missing", missing.fix});
    else if (!file.error.empty())
      found.push_back({Verdict::NotSeen, file.path + ": " + file.error, ""});
    else if (std::ranges::find(allowed, file.owner) == allowed.end())
      found.push_back({Verdict::Failure, fmt::format("{} belongs to the account {}", file.path, file.owner),
                       fmt::format("chown {} {}", allowed.front(), file.path)});
    else if ((file.mode & kWritableByOthers) != 0)
      found.push_back({Verdict::Failure,
                       fmt::format("{} may be written by others (mode {:04o})", file.path, file.mode & 07777),
                       "chmod go-w " + file.path});
  }
  return found;
}

std::vector<uid_t> agent_or_root(const Facts& facts) {
  return facts.agent_account ? std::vector<uid_t>{*facts.agent_account, 0} : std::vector<uid_t>{0};
}

// A mistake costs its setting, its application or its profile, and nothing else shows it.
Findings configuration_is_right(const Facts& facts) {
  if (!facts.mistakes) return not_seen(facts.mistakes);
  Findings found;
  for (const auto& mistake : *facts.mistakes)
    if (mistake.is_error())
      found.push_back({Verdict::Failure, mistake.told(), "mend it, then: edgesealctl config apply"});
  return found;
}

// That the files have mistakes, each by itself, is another finding.
Findings settings_are_in_force(const Facts& facts) {
  const auto& waiting = facts.waiting_settings;
  if (!waiting && waiting.kind == "InvalidArgument")
    return {{Verdict::NotSeen, "the configuration has mistakes: edgesealctl config check", ""}};
  if (!waiting) return not_seen(waiting);
  if (waiting->empty()) return {};
  return {{Verdict::Warning,
           fmt::format("edgeseal.toml differs from what the agent runs with: {}", fmt::join(*waiting, ", ")),
           "edgesealctl config apply --restart"}};
}

Findings configuration_is_trusted(const Facts& facts) {
  return trusted_files(facts.configuration, {0, facts.agent_account.value_or(0)});
}

Findings state_is_private(const Facts& facts) {
  const Missing missing = facts.description ? Missing{} : Missing{Verdict::NotSeen, ""};  // it may be somewhere else
  Findings found = trusted_files(facts.state, agent_or_root(facts), missing);
  const FileFact& inner = facts.state.at(1);
  if (inner.error.empty() && !inner.is_missing && (inner.mode & 0077) != 0)
    found.push_back({Verdict::Failure,
                     fmt::format("{} can be entered by others (mode {:04o})", inner.path, inner.mode & 07777),
                     "chmod 0700 " + inner.path});
  return found;
}

Findings published_is_trusted(const Facts& facts) {
  Findings found = trusted_files(facts.published, agent_or_root(facts),
                                 {Verdict::Failure, "systemctl restart edgeseald.service publishes it again"});
  for_each_group(facts, [&](const std::string& name, const nlohmann::json& group) {
    if (member_of(group, "published") == false)
      found.push_back(
          {Verdict::Failure, name + " is not published yet: programs have what was there before",
           "journalctl -u edgeseald.service -b says why; then at once: systemctl restart edgeseald.service"});
  });
  return found;
}

Findings unit_is(const Facts& facts, const std::string& name, const std::string& fix) {
  const auto unit = facts.units.find(name);
  if (unit == facts.units.end() || !unit->second)
    return {{Verdict::NotSeen, unit == facts.units.end() ? name : unit->second.why_not, ""}};
  if (unit->second->active == "active") return {};
  return {{Verdict::Failure, fmt::format("{} is {} ({})", name, unit->second->active, unit->second->load), fix}};
}

Findings key_socket_listens(const Facts& facts) {
  Findings found = unit_is(facts, "edgeseald.socket", "systemctl enable --now edgeseald.socket");
  if (!facts.key_socket)
    found.push_back({Verdict::NotSeen, facts.key_socket.why_not, ""});
  else if (!facts.key_socket->empty())
    found.push_back({Verdict::Failure, *facts.key_socket, "systemctl restart edgeseald.socket"});
  return found;
}

// A package enables it for the next boot; until then the agent runs from the first call on.
Findings timer_runs(const Facts& facts) {
  const auto unit = facts.units.find(kTimer);
  if (unit != facts.units.end() && unit->second && unit->second->file == "enabled") return {};
  return unit_is(facts, kTimer, fmt::format("systemctl enable --now {}", kTimer));
}

Findings accounts_are_there(const Facts& facts) {
  Findings found;
  for (const auto& [name, is_there] : facts.accounts)
    if (!is_there)
      found.push_back(
          {Verdict::Failure, name + ": there is no such account, group or member",
           "systemd-sysusers; or name one that is there: edgeseal.toml, [enrolment] account, [bus] admin-group"});
  return found;
}

Findings provider_loads(const Facts& facts) {
  if (!facts.provider.problem.empty())
    return {{Verdict::Failure, "a program can't load the provider: " + facts.provider.problem,
             "install openssl-provider-edgeseal; is its module where libcrypto looks? openssl version -m"}};
  if (!facts.provider.stands_aside.empty())
    return {{Verdict::Failure, "the provider is loaded, and stands aside: " + facts.provider.stands_aside,
             "mend the openssl.cnf that OPENSSL_CONF names; edgesealctl openssl-conf prints one that is right"}};
  Findings found;
  for (const auto& [key, problem] : facts.provider.keys)
    if (!problem.empty())
      found.push_back({Verdict::Failure, fmt::format("the provider does not find the key {}: {}", key, problem),
                       "edgesealctl application show " + key.substr(0, key.find('/'))});
  if (!facts.provider.not_asked.empty())
    found.push_back({Verdict::NotSeen,
                     fmt::format("no access rule names you, so it was not asked for: {}",
                                 fmt::join(facts.provider.not_asked, ", ")),
                     "as root: edgesealctl doctor"});
  if (found.empty() && facts.provider.keys.empty())
    found.push_back({Verdict::NotSeen, "it is loaded; there is no key yet that it could find", ""});
  return found;
}

bool names(const nlohmann::json& application, const std::string& rule) {
  for (const auto& text : member_of(application, "access"))
    if (text == rule) return true;
  return false;
}

std::string attach_again(const Attachment& attachment) {
  const auto command = attach_command(attachment);
  if (attachment.is_known_whole) return command;
  return command +
         ", with the --reload, --restart, --signal, --no-reload, --exec and --account that it had: an earlier "
         "version did not record them";
}

// The rule that came with the attachment; without one, any that may name the service.
Findings access_of(const Facts& facts, const AttachedFact& fact) {
  const auto& attachment = fact.attachment;
  const bool may_be_root = fact.account.empty() && attachment.given_rule.empty();  // which needs none
  if (!facts.description || may_be_root) return {};
  const auto application = application_of(facts, attachment.application);
  if (application.is_null())
    return {{Verdict::Failure,
             fmt::format("{}: there is no application {}", attachment.service, attachment.application),
             "edgesealctl detach " + attachment.service}};
  const bool is_let_in = attachment.given_rule.empty() ? !member_of(application, "access").empty()
                                                       : names(application, attachment.given_rule);
  if (is_let_in) return {};
  return {{Verdict::Failure,
           fmt::format("{}: no access rule of {} lets it use the key", attachment.service, attachment.application),
           attach_again(attachment)}};
}

// Where it is not known whether there is to be one, what systemd has tells it.
bool is_without_watch(const AttachedFact& fact) {
  if (!fact.watch || fact.watch->active == "active") return false;
  return fact.attachment.is_known_whole ? fact.attachment.is_watched() : fact.watch->load == "loaded";
}

// A service that a timer, a socket or somebody starts may be down.
bool is_down(const UnitState& service) {
  if (service.active == "failed") return true;
  const bool is_to_run = service.type != "oneshot" && service.file.starts_with("enabled");
  return is_to_run && service.active != "active" && service.active != "reloading";
}

Findings attached_unit(const AttachedFact& fact) {
  Findings found;
  const auto& service = fact.attachment.service;
  if (!fact.service)
    found.push_back({Verdict::NotSeen, service + ": " + fact.service.why_not, ""});
  else if (fact.service->load == "not-found")
    found.push_back(
        {Verdict::Failure, service + " is attached, but systemd has no such unit", "edgesealctl detach " + service});
  else if (is_down(*fact.service))
    found.push_back({Verdict::Warning, fmt::format("{} is {}", service, fact.service->active),
                     fmt::format("journalctl -u {} says why; then: systemctl start {}", service, service)});
  if (is_without_watch(fact))
    found.push_back({Verdict::Failure, service + ": nothing watches for its renewals",
                     fact.watch->load == "loaded" ? "systemctl start " + path_unit_of(fact.attachment)
                                                  : attach_again(fact.attachment)});
  return found;
}

// Its program says no more than that the key is none.
Findings attached_process(const AttachedFact& fact) {
  const auto& process = fact.process;
  const auto& service = fact.attachment.service;
  if (!process && process.why_not.empty()) return {};
  if (!process) return {{Verdict::NotSeen, service + ": " + process.why_not, "as root: edgesealctl doctor"}};
  if (process->has_provider) return {};
  if (process->is_secure)
    return {{Verdict::Failure,
             service + " runs without the provider: libcrypto ignores OPENSSL_CONF in a program whose file has "
                       "capabilities, and in one that SELinux confines",
             "AmbientCapabilities= in its unit instead of setcap; SELinux: setsebool -P edgeseal_attach_daemons on; "
             "then: systemctl restart " +
                 service}};
  if (!process->has_libcrypto)
    return {{Verdict::NotSeen, service + ": its main process has loaded no libcrypto, and the provider neither", ""}};
  return {{Verdict::Warning,
           service + " runs without the provider: it was not restarted since it was attached, or drops OPENSSL_CONF",
           fmt::format("systemctl restart {}; where that does not help, this says what takes it away: {}", service,
                       attach_again(fact.attachment))}};
}

Findings attached_works(const Facts& facts, const AttachedFact& fact) {
  const auto& attachment = fact.attachment;
  const auto again = attach_again(attachment);
  Findings found = attached_unit(fact);
  std::ranges::move(attached_process(fact), std::back_inserter(found));
  for (const auto& path : fact.missing_files)
    found.push_back({Verdict::Failure, fmt::format("{}: {} is missing", attachment.service, path), again});
  if (!fact.reads_key)
    found.push_back({Verdict::NotSeen, attachment.service + ": " + fact.reads_key.why_not, ""});
  else if (!*fact.reads_key)
    found.push_back({Verdict::Failure,
                     fmt::format("{}: the account {} can't read {}", attachment.service,
                                 fact.account.empty() ? "root" : fact.account, attachment.key().string()),
                     again});
  std::ranges::move(access_of(facts, fact), std::back_inserter(found));
  return found;
}

Findings attachments_work(const Facts& facts) {
  if (!facts.attached) return not_seen(facts.attached);
  Findings found;
  for (const auto& fact : *facts.attached) std::ranges::move(attached_works(facts, fact), std::back_inserter(found));
  return found;
}

Findings journal_is_kept(const Facts& facts) {
  if (!facts.journal_persistent) return not_seen(facts.journal_persistent);
  if (*facts.journal_persistent) return {};
  return {{Verdict::Warning, "the journal is lost at each boot, and what it has of the audit with it",
           "mkdir -p /var/log/journal && systemctl restart systemd-journald; or /etc/systemd/journald.conf, "
           "Storage=persistent"}};
}

constexpr std::array kChecks = {
    Check{"configuration", "The configuration has no mistakes", configuration_is_right},
    Check{"settings", "The agent runs with what edgeseal.toml says", settings_are_in_force},
    Check{"configuration-files", "Nobody but root and the agent may write the configuration", configuration_is_trusted},
    Check{"state-files", "Nobody but the agent may write or read its state", state_is_private},
    Check{"published-files", "All is published, and nobody but the agent may write it", published_is_trusted},
    Check{"accounts", "Accounts and groups are there", accounts_are_there},
    Check{"key-socket", "The key socket listens", key_socket_listens},
    Check{"timer", "The timer starts the agent for renewals", timer_runs},
    Check{"provider", "A program can load the provider and find its key", provider_loads},
    Check{"attachments", "Attached services have what they need", attachments_work},
    Check{"journal", "The journal survives a boot", journal_is_kept}};

}  // namespace

std::span<const Check> system_checks() {
  return kChecks;
}

}  // namespace edgeseal::ctl
