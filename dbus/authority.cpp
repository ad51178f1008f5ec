#include "dbus/authority.h"

#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "dbus/bus_error.h"
#include "dbus/generated/privileges.h"

namespace edgeseal::dbus {
namespace {

std::optional<gid_t> group_id(const std::string& name) {
  group entry{};
  group* found = nullptr;
  std::vector<char> buffer(1024);
  int error = 0;
  while ((error = getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found)) == ERANGE &&
         buffer.size() < 1024 * 1024) {
    buffer.resize(buffer.size() * 2);
  }
  if (error != 0 || found == nullptr) return std::nullopt;
  return entry.gr_gid;
}

constexpr const char* kMustDelegate =
    "; or call as the account of the application for one of its clients: options session, security-mode and roles";

std::string reason(Polkit::Verdict verdict) {
  switch (verdict) {
    case Polkit::Verdict::Absent: return "there is no polkit to ask";
    case Polkit::Verdict::Challenge: return "polkit wants you to authenticate: call with interactive authorization";
    case Polkit::Verdict::Silent: return "polkit did not answer, its journal says why";
    default: return "polkit refused";
  }
}

bool is_for_administrators(Privilege privilege) {
  return privilege != Privilege::ReportPresence && privilege != Privilege::RunJobs;
}

// polkit knows a group by its rules, and not by its name here.
std::string else_be(Privilege privilege, Polkit::Verdict verdict, const std::string& admin_group) {
  if (privilege == Privilege::RunJobs) return "; else be root or the account of [enrolment] in edgeseal.toml";
  const bool group_helps =
      verdict == Polkit::Verdict::Absent && is_for_administrators(privilege) && !admin_group.empty();
  return "; else be root" + (group_helps ? " or in the group " + admin_group : "");
}

CallError refusal(const Question& question, Polkit::Verdict verdict, const std::string& admin_group) {
  return {"UserAccessDenied", "this needs the polkit action " + std::string(polkit_action(question.privilege)) +
                                  ", and " + reason(verdict) + else_be(question.privilege, verdict, admin_group) +
                                  (question.must_delegate ? kMustDelegate : "")};
}

}  // namespace

Authority::Authority(sdbus::IConnection& connection, const AccountPort& accounts, AuditPort& audit,
                     OnboardingPort& onboarding, const EnrolmentPort& enrolment, std::string admin_group,
                     PolkitLimits limits)
    : accounts_(accounts),
      audit_(audit),
      onboarding_(onboarding),
      enrolment_(enrolment),
      admin_group_(std::move(admin_group)),
      credentials_(connection),
      polkit_(connection, limits) {}

std::optional<Caller> Authority::known(const std::string& bus_name) const {
  const Credentials* credentials = credentials_.find(bus_name);
  if (credentials == nullptr) return std::nullopt;
  return Caller{bus_name, credentials->uid, credentials->pid};
}

void Authority::decide(Question question, Identified identified, Answer answer) {
  const std::string bus_name = question.bus_name;
  credentials_.ask(bus_name, [this, question = std::move(question), identified = std::move(identified),
                              answer = std::move(answer)](const auto& credentials) {
    if (!credentials) {
      return answer({{question.bus_name}, CallError("UserAccessDenied", "the bus doesn't tell who calls")});
    }
    const Caller caller{question.bus_name, credentials->uid, credentials->pid};
    try {
      identified(caller);
      if (allowed_at_once(question, credentials->uid)) return answer({caller, std::nullopt});
      ask_polkit(question, *credentials, answer);
    } catch (...) {
      answer({caller, caller_error(audit_, "the decision on a call")});
    }
  });
}

bool Authority::allowed_at_once(const Question& question, uid_t uid) const {
  if (uid == 0) return true;
  if (question.privilege == Privilege::RunJobs) return enrolment_.runs_jobs(uid);
  if (question.privilege == Privilege::Inhibit) return accounts_.is_account(uid);
  if (!belongs_to_applications(question.privilege) || question.application.empty() || question.must_delegate) {
    return false;
  }
  const auto account = accounts_.account_of(question.application);
  if (account && *account == uid) return true;
  return question.delegated && onboarding_.may_configure(uid, question.application);
}

bool Authority::allowed_without_polkit(const Question& question, const Credentials& credentials) const {
  if (question.privilege == Privilege::Inspect) return true;
  if (admin_group_.empty() || !is_for_administrators(question.privilege)) return false;
  const auto administrators = group_id(admin_group_);
  return administrators && std::ranges::find(credentials.groups, *administrators) != credentials.groups.end();
}

void Authority::ask_polkit(const Question& question, const Credentials& credentials, const Answer& answer) {
  const auto on_verdict = [this, question, credentials, answer](Polkit::Verdict verdict) {
    const Caller caller{question.bus_name, credentials.uid, credentials.pid};
    const bool allowed = verdict == Polkit::Verdict::Yes ||
                         (verdict == Polkit::Verdict::Absent && allowed_without_polkit(question, credentials));
    if (allowed) return answer({caller, std::nullopt});
    answer({caller, refusal(question, verdict, admin_group_)});
  };
  polkit_.check(question.bus_name, polkit_action(question.privilege), question.interactive, on_verdict);
}

}  // namespace edgeseal::dbus
