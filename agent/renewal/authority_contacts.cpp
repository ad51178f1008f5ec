#include "agent/renewal/authority_contacts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace edgeseal::agent {

namespace {

constexpr const char* not_seen = "cancelled";
constexpr const char* see_service = "remedy: systemctl status edgeseal-enroll.service";

// A helper alone knows how to reach its authority; a server that has to be found is nobody's yet.
bool can_be_seen(const ProfileFile& file) {
  return file.profile && !file.profile->url.empty() && needs_network(file.profile->protocol) &&
         file.profile->protocol != EnrolmentProtocol::helper;
}

}  // namespace

AuthorityContacts::AuthorityContacts(EventLoop& loop, Enrolment& enrolment, Waiting waiting, Times times)
    : loop_(loop), enrolment_(enrolment), waiting_(std::move(waiting)), times_(times) {
  timer_ = loop.add_timer([this] { act(); });
}

void AuthorityContacts::check(Answer<Found> answer) {
  if (askers_.size() >= max_askers)
    throw Error(Code::too_many_operations,
                "enough callers wait for contacts with authorities; remedy: try again later");
  askers_.push_back(std::move(answer));
  if (is_under_way()) return;
  const EventLoop::Time now = loop_.now();
  timer_.set_time(begun_ ? std::max(now, *begun_ + times_.between) : now);
}

void AuthorityContacts::act() {
  if (!is_under_way()) return begin();
  if (!missing_.empty()) {
    const std::string reason = std::exchange(missing_, {});
    timer_.set_time(*begun_ + times_.round);
    if (waiting().size() == contacts_.size()) end_where(waits, reason);
    return;
  }
  end_where([](const Contact&) { return true; },
            fmt::format("the enrolment service has not seen it in time; {}", see_service));
}

void AuthorityContacts::begin() {
  for (const ProfileFile& file : enrolment_.profiles().all())
    if (can_be_seen(file)) contacts_.emplace(file.name, Contact{file.profile->url, {}, {}});
  if (contacts_.empty()) return tell({});
  begun_ = loop_.now();
  called_again_ = false;
  missing_.clear();
  timer_.set_time(*begun_ + times_.round);
  call();
}

// For what waits.
void AuthorityContacts::call() {
  for (const std::string& profile : waiting()) waiting_(profile);
}

std::vector<std::string> AuthorityContacts::waiting() const {
  std::vector<std::string> names;
  for (const auto& [name, contact] : contacts_)
    if (waits(contact)) names.push_back(name);
  return names;
}

dbus::JobWork AuthorityContacts::take(const std::string& profile, const std::string& runner) {
  const auto found = contacts_.find(profile);
  if (found == contacts_.end() || !waits(found->second))
    throw Error(Code::invalid_state, fmt::format("no contact of profile {:.64} waits to be taken", profile));
  found->second.runner = runner;
  try {
    dbus::JobWork work = enrolment_.server_of(enrolment_.profiles().get(profile));
    work.seconds = static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(times_.round).count());
    return work;
  } catch (const Error& error) {
    report(profile, runner, {not_seen, error.what()});
    throw;
  }
}

void AuthorityContacts::report(const std::string& profile, const std::string& runner,
                               const dbus::ContactOutcome& outcome) {
  if (!outcome.failure_class.empty()) Enrolment::require_class(outcome.failure_class);
  const auto found = contacts_.find(profile);
  if (found == contacts_.end() || found->second.runner != runner || found->second.outcome)
    throw Error(Code::invalid_state,
                fmt::format("the contact of profile {:.64} is not yours, or not any more", profile));
  found->second.outcome = outcome;
  end_when_seen();
}

void AuthorityContacts::runner_vanished(const std::string& runner) {
  end_where([&](const Contact& contact) { return contact.runner == runner; },
            "the enrolment service has ended meanwhile; remedy: journalctl -u edgeseal-enroll.service");
}

// It may have ended for want of work while this came: the next one is for it. One more that ends is not called again.
void AuthorityContacts::service_left() {
  if (!called_again_) {
    called_again_ = true;
    return call();
  }
  end_where(waits, fmt::format("the enrolment service ends before it looks; {}", see_service));
}

// Somebody may be there whom the bus doesn't start.
void AuthorityContacts::service_missing(const std::string& problem) {
  if (waiting().empty()) return;
  missing_ = fmt::format("nobody looks: {:.200}; {}", problem, see_service);
  timer_.set_time(std::min(loop_.now() + times_.unattended, *begun_ + times_.round));
}

// `chosen`: of those without an outcome.
void AuthorityContacts::end_where(const std::function<bool(const Contact&)>& chosen, const std::string& reason) {
  for (auto& [name, contact] : contacts_)
    if (!contact.outcome && chosen(contact)) contact.outcome = {not_seen, reason};
  end_when_seen();
}

void AuthorityContacts::end_when_seen() {
  if (!is_under_way() ||
      !std::ranges::all_of(contacts_, [](const auto& one) { return one.second.outcome.has_value(); }))
    return;
  Found found;
  for (const auto& [name, contact] : contacts_) found.push_back({name, contact.url, *contact.outcome});
  contacts_.clear();
  timer_.disable();
  tell(found);
}

void AuthorityContacts::tell(const Found& found) {
  for (const Answer<Found>& answer : std::exchange(askers_, {})) answer(found);
}

}  // namespace edgeseal::agent
