#include "dbus/ctl/doctor/authorities.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "dbus/ctl/doctor/description.h"
#include "dbus/ctl/timeline.h"
#include "dbus/ctl/timestamp.h"

namespace edgeseal::ctl {
namespace {

// What helps where an authority can't be worked with, by the class of the error (Job1.Fail). Other classes say nothing
// against it: it thinks, the clock is wrong, or the agent itself refuses.
struct AuthorityFix {
  std::string_view error_class;
  const char* fix;
};
constexpr const char* kCompareTrust =
    "compare URL and anchors of the profile with the server: edgesealctl profile list, edgesealctl trust show";
constexpr const char* kMakeKnown = "make the device known to the authority, or give a secret: edgesealctl job secret";
constexpr const char* kMendRules = "mend the rules of the authority for this device, or [request] in the profile";
constexpr std::array kAuthorityFixes = {
    AuthorityFix{"transport", "is the network up? edgesealctl profile list has the URL"},
    AuthorityFix{"server-untrusted", kCompareTrust},
    AuthorityFix{"auth-refused", kCompareTrust},
    AuthorityFix{"rollover", kCompareTrust},
    AuthorityFix{"redirect", "give the profile the URL that the message names, if that is right"},
    AuthorityFix{"credentials", kMakeKnown},
    AuthorityFix{"expired-needs-bootstrap", kMakeKnown},
    AuthorityFix{"protection", "compare secret, user and anchors of the profile with those of the authority"},
    AuthorityFix{"weak-protection",
                 "have the authority protect its messages as cmp.md of the package edgeseal-doc asks for"},
    AuthorityFix{"replay", "see what stands between this device and the authority"},
    AuthorityFix{"policy", "mend the profile, or have the authority answer otherwise, as the message says"},
    AuthorityFix{"rejected", kMendRules},
    AuthorityFix{"key-mismatch", kMendRules},
    AuthorityFix{"unsuitable-certificate", kMendRules}};

// None: the class says nothing against the authority.
const char* fix_of(std::string_view error_class) {
  const auto known = std::ranges::find(kAuthorityFixes, error_class, &AuthorityFix::error_class);
  return known == kAuthorityFixes.end() ? nullptr : known->fix;
}

Findings failed_tries_of(const ProfileFact& profile, const std::vector<Job>& jobs) {
  Findings found;
  for (const auto& job : jobs) {
    if (job.has_ended() || job.profile != profile.name) continue;
    const char* fix = fix_of(job.error_class);
    if (fix == nullptr) continue;
    found.push_back({Verdict::Warning,
                     fmt::format("profile {}: the last try at its authority came to nothing ({}): {}", profile.name,
                                 job.error_class, job.message),
                     fmt::format("{}; try now: edgesealctl renew {}", fix, job.slot)});
  }
  return found;
}

// The newest job that its authority has answered, be it by having it wait. None: the agent keeps none.
const Job* last_answered(const ProfileFact& profile, const std::vector<Job>& jobs) {
  const Job* last = nullptr;
  for (const auto& job : jobs) {
    const bool is_answered = job.state == "done" || (!job.has_ended() && job.error_class == "waiting");
    if (is_answered && job.profile == profile.name && (last == nullptr || last->number < job.number)) last = &job;
  }
  return last;
}

bool is_asked_by_edgeseal(const ProfileFact& profile) {
  return profile.protocol == "est" || profile.protocol == "cmp";
}

// A helper alone knows how its authority is reached.
bool has_authority_elsewhere(const ProfileFact& profile) {
  return is_asked_by_edgeseal(profile) || profile.protocol == "helper";
}

bool can_be_contacted(const ProfileFact& profile) {
  return is_asked_by_edgeseal(profile) && !profile.url.empty();
}

std::string way_to_ask(const ProfileFact& profile, const std::string& command) {
  const std::string by_job = command + " asks it for a certificate";
  return can_be_contacted(profile) ? "edgesealctl doctor --contact asks it who it is; " + by_job : by_job;
}

constexpr std::chrono::days kLately{7};

Findings silence_of(const ProfileFact& profile, const Facts& facts) {
  const Job* last = last_answered(profile, *facts.jobs);
  if (last == nullptr)
    return {{Verdict::NotSeen, fmt::format("profile {}: no answer of its authority is known", profile.name),
             way_to_ask(profile, fmt::format("edgesealctl enroll {}, or edgesealctl renew,", profile.name))}};
  const Day day(std::chrono::seconds(last->created / 1'000'000));
  if (facts.now - day < kLately) return {};
  return {{Verdict::NotSeen,
           fmt::format("profile {}: its authority answered last to the job of {}", profile.name,
                       timestamp_text(last->created)),
           way_to_ask(profile, "edgesealctl renew " + last->slot)}};
}

// What became of the contact that was made for this.
Finding judged(const ContactFact& contact) {
  const auto found = [&](Verdict verdict, std::string_view what, const char* fix) {
    const auto said = contact.error.empty() ? "" : fmt::format(" ({}): {}", contact.error, contact.message);
    return Finding{verdict, fmt::format("profile {}: {} {}{}", contact.profile, contact.url, what, said), fix};
  };
  const char* fix = fix_of(contact.error);
  if (contact.error.empty() && contact.url.starts_with("http:"))
    return found(Verdict::Well, "answers; without TLS its messages alone can say who it is", "");
  if (contact.error.empty()) return found(Verdict::Well, "answers and is believed", "");
  if (contact.error == "cancelled") return found(Verdict::NotSeen, "could not be contacted", "");
  if (contact.error == "transport") return found(Verdict::Warning, "gives no answer", fix);
  if (contact.error == "rejected")
    return found(Verdict::Warning, "does not serve there", "compare url and label of the profile with the server");
  if (contact.error == "redirect") return found(Verdict::Warning, "does not serve there", fix);
  if (contact.error == "policy") return found(Verdict::Warning, "can't be contacted as the profile has it", fix);
  return found(Verdict::Warning, "answers and is not believed",
               fix != nullptr ? fix : "have a time server set the clock");
}

const ContactFact* contact_of(const ProfileFact& profile, const Facts& facts) {
  if (!facts.contacts || !*facts.contacts) return nullptr;
  const auto found = std::ranges::find(**facts.contacts, profile.name, &ContactFact::profile);
  return found == (*facts.contacts)->end() ? nullptr : &*found;
}

}  // namespace

Findings authorities_are_reached(const Facts& facts) {
  if (!facts.jobs) return not_seen(facts.jobs);
  if (!facts.profiles) return not_seen(facts.profiles);
  Findings found;
  if (facts.contacts && !*facts.contacts) found = not_seen(*facts.contacts);
  for (const auto& profile : *facts.profiles) {
    if (!has_authority_elsewhere(profile)) continue;
    Findings of_profile = failed_tries_of(profile, *facts.jobs);
    if (const auto* contact = contact_of(profile, facts))
      of_profile.push_back(judged(*contact));
    else if (of_profile.empty())
      of_profile = silence_of(profile, facts);
    std::ranges::move(of_profile, std::back_inserter(found));
  }
  return found;
}

}  // namespace edgeseal::ctl
