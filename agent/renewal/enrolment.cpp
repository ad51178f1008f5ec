#include "agent/renewal/enrolment.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/error.h"
#include "agent/failure.h"
#include "agent/renewal/certificate_validity.h"
#include "agent/renewal/expiry_notice.h"

// The part of Enrolment that says what is due.
namespace edgeseal::agent {

namespace {

constexpr std::chrono::hours longest_look{1};  // whatever the clocks do meanwhile
constexpr std::chrono::seconds state_pause = std::chrono::minutes(1);
constexpr const char* without_profile = "no profile renews it: have a new certificate made, or write a profile";

bool failed_by_clock(const Job& job) {
  return job.state == JobState::scheduled && job.error_class == "clock";
}

JobStore::Observer observer_of(const Enrolment::World& world) {
  return {world.job_added, world.job_changed, world.job_removed};
}

}  // namespace

Enrolment::Enrolment(const Services& services, Settings settings, World world, ByteView device,
                     policy::UniqueFd clock_set)
    : services_(services),
      settings_(std::move(settings)),
      world_(std::move(world)),
      profiles_(services.state, settings_.profiles),
      jobs_(services.state, observer_of(world_)),
      plan_(Jitter(device)),
      secrets_(settings_.credentials_directory),
      local_(services.keys),
      clock_watch_(services.loop, std::move(clock_set), [this] { clock_was_set(); }) {
  timer_ = services_.loop.add_timer([this] { look_now(); });
}

// Later, so that whoever tells of a change is done with it.
void Enrolment::look() {
  timer_.set_time(services_.loop.now());
}

// Who failed by the clock alone waits no longer.
void Enrolment::clock_was_set() {
  for (const Job& job : jobs_.all())
    if (failed_by_clock(job)) plan_.demand(job.slot.key_name());
  look();
}

void Enrolment::look_now() {
  timer_.set_time(services_.loop.now() + std::chrono::minutes(1));  // whatever fails below
  try {
    remove_left_keys();
    follow_profiles();
    forget_left_behind();
    end_overdue_runs();
    reconsider();
    drop_outdated();
    start_due();
    call_service();
    notice_ends();
    arm();
  } catch (const Error& error) {
    log_failure(Level::error, "renewal is held up, and tried again", error);
  }
}

RenewalMoment Enrolment::now() {
  return time_.read(world_.clocks());
}

// The first profile that names a slot has it; one with a mistake has those of its jobs.
void Enrolment::follow_profiles() {
  const RenewalMoment moment = now();
  std::vector<Kept> next;
  for (const ProfileFile& file : profiles_.all()) {
    if (!file.profile) continue;
    for (const std::string& name : file.profile->slots) {
      const auto slot = slot_of(name);
      if (!slot || std::ranges::find(next, *slot, &Kept::slot) != next.end()) continue;
      if (const Job* job = jobs_.under_way(*slot); job != nullptr && waits_for_profile(*job)) continue;
      next.push_back({*slot, file.name, validity_of(services_.state, *slot)});
      plan_.put(slot->key_name(),
                {file.profile->authority(), file.profile->schedule, next.back().validity, file.profile->automatic},
                moment);
    }
  }
  const std::vector<Kept> before = std::exchange(kept_, std::move(next));  // once all of it could be read
  for (const Kept& one : before)
    if (kept(one.slot) == nullptr) plan_.remove(one.slot.key_name());
  for_each_job([&](const Job& job) {
    const bool was_kept = std::ranges::find(before, job.slot, &Kept::slot) != before.end();
    if (!has_ended(job.state) && kept(job.slot) != nullptr && !was_kept) take_up(job);
  });
}

// What somebody approves meanwhile, or carries, is not asked for twice because of a mistake in a file.
bool Enrolment::waits_for_profile(const Job& job) const {
  return !has_ended(job.state) && profiles_.has_mistake(job.profile);
}

// Nothing for an application that is not there (yet).
std::optional<Slot> Enrolment::slot_of(const std::string& name) {
  try {
    return services_.keys.resolve(name);
  } catch (const Error& error) {
    if (error.code() != Code::not_found) throw;
    return std::nullopt;
  }
}

// What the last run left, or a profile with a mistake held up: it is tried at once, or at the time of its next try.
void Enrolment::take_up(const Job& job) {
  const auto in_force = services_.state.intact_certificate(job.slot);
  if (!job.certificate.empty() && in_force && in_force->certificate == job.certificate)
    return end(job.number, JobState::done);
  plan_.demand(job.slot.key_name());
  const bool was_given = !awaits_somebody(job.state) && job.attempts.setback == Setback::needs_person;  // what it asked
  if (!was_given && !failed_by_clock(job)) plan_.restore(job.slot.key_name(), job.attempts);
}

// What is wrong with one of them holds up none of the others.
void Enrolment::for_each_job(const std::function<void(const Job&)>& step) {
  const std::vector<Job> all = jobs_.all();
  for (const Job& job : all) {
    try {
      step(job);
    } catch (const Error& error) {
      refuse(job.number, error);
    }
  }
}

// Of a key that was being made nobody has said whose it is; a job that was cancelled meanwhile needs none.
void Enrolment::remove_left_keys() {
  if (left_keys_removed_) return;
  const std::vector<Job> left = jobs_.all();
  for (const Job& job : left) {
    if (job.made_key && job.key == KeyId{}) own_pending_key(job.number, {});
    if (job.state == JobState::cancelled) remove_key(jobs_.get(job.number));
  }
  left_keys_removed_ = true;
}

void Enrolment::forget_left_behind() {
  const std::vector<Job> all = jobs_.all();
  for (const Job& job : all) {
    if (has_ended(job.state) || job.state == JobState::installing || waits_for_profile(job)) continue;
    const Kept* known = kept(job.slot);
    if (known == nullptr || known->profile != job.profile) end(job.number, JobState::cancelled);
  }
}

void Enrolment::start_due() {
  if (busy() || locked()) return;
  for (const std::string& name : plan_.start(now())) {
    const auto found = std::ranges::find_if(kept_, [&](const Kept& one) { return one.slot.key_name() == name; });
    if (found == kept_.end()) {
      plan_.remove(name);
      continue;
    }
    std::optional<JobNumber> number;
    try {
      const Job* known = jobs_.under_way(found->slot);
      number = known != nullptr ? known->number : begin(*found, AskedBy::plan);
      prepare(*number);
    } catch (const Error& error) {
      if (number)
        refuse(*number, error);
      else
        plan_.failed(name, Setback::refused, state_pause, now());
    }
  }
}

JobNumber Enrolment::begin(const Kept& kept, AskedBy asked_by) {
  Job job;
  job.by_hand = asked_by == AskedBy::person;
  job.profile = kept.profile;
  job.slot = kept.slot;
  job.created = now().day;
  const JobNumber number = jobs_.add(std::move(job));
  if (world_.changed) world_.changed();
  return number;
}

void Enrolment::notice_ends() {
  const RenewalMoment moment = now();
  for (const ApplicationRecord& application : services_.state.applications())
    for (const SlotDeclaration& declaration : application.slots) {
      const Slot slot{application.name, declaration.group, declaration.certificate_type};
      const Kept* known = kept(slot);
      const auto validity = known != nullptr ? known->validity : validity_of(services_.state, slot);
      const auto days = validity ? expiry_notice(*validity, moment.day) : std::nullopt;
      if (!days) continue;
      const auto key = services_.state.key(slot, KeyStatus::active);
      if (!key) continue;
      const auto [told, is_new] = told_.try_emplace(key->id, *days);
      if (!is_new && told->second <= *days) continue;
      told->second = *days;
      tell_end(slot, *days, validity->end);
    }
}

void Enrolment::tell_end(const Slot& slot, unsigned days, RenewalTime end) {
  const Job* job = jobs_.under_way(slot);
  const std::string needs = kept(slot) == nullptr ? without_profile : job != nullptr ? job->needs : "";
  services_.audit.record(Level::warning, "certificate-expiring",
                         fmt::format("the certificate of {} ends in {} days or less{}", slot.key_name(), days,
                                     needs.empty() ? "" : "; " + needs),
                         {{"key", slot.key_name()}, {"days", std::to_string(days)}});
  if (world_.expiring) world_.expiring(slot, days, end, needs);
}

void Enrolment::end_overdue_runs() {
  const RenewalTime elapsed = now().elapsed;
  std::vector<JobNumber> overdue;
  for (const auto& [number, run] : runs_)
    if (run.until <= elapsed) overdue.push_back(number);
  for (const JobNumber number : overdue) {
    if (world_.job_cancelled) world_.job_cancelled(number);
    lost(number, fmt::format("there was no answer within {} seconds", settings_.job_time.count()));
  }
}

void Enrolment::arm() {
  const RenewalMoment moment = now();
  std::chrono::seconds pause = longest_look;
  if (const auto next = plan_.next(moment); next && !busy() && !locked())
    pause = std::min(pause, *next - moment.elapsed);
  for (const auto& [number, run] : runs_) pause = std::min(pause, run.until - moment.elapsed);
  if (next_call_) pause = std::min(pause, *next_call_ - moment.elapsed);
  timer_.set_time(services_.loop.now() + std::max(pause, std::chrono::seconds(1)));
}

const Enrolment::Kept* Enrolment::kept(const Slot& slot) const {
  const auto found = std::ranges::find(kept_, slot, &Kept::slot);
  return found == kept_.end() ? nullptr : &*found;
}

const Enrolment::Kept& Enrolment::require_kept(const Slot& slot) const {
  if (const Kept* found = kept(slot)) return *found;
  if (const Job* job = jobs_.under_way(slot)) (void)profiles_.get(job->profile);  // where it waits for its profile
  throw Error(Code::not_found, fmt::format("no profile names {}; remedy: add it to the slots of one in "
                                           "/etc/edgeseal/enrolment.d, and run edgesealctl config apply",
                                           slot.key_name()));
}

std::optional<RenewalTime> Enrolment::next_try(const Slot& slot) {
  const RenewalMoment moment = now();
  const auto next = plan_.next(slot.key_name(), moment);
  if (!next) return std::nullopt;
  return moment.day + (*next - moment.elapsed);
}

std::vector<Enrolment::Renewal> Enrolment::renewals() {
  std::vector<Renewal> all;
  for (const Kept& one : kept_) {
    const std::string name = one.slot.key_name();
    const RenewalAttempts* attempts = plan_.attempts(name);
    const Job* job = jobs_.under_way(one.slot);
    all.push_back({one.slot, one.profile, one.validity, plan_.due(name), next_try(one.slot),
                   attempts == nullptr ? 0 : attempts->failures, job == nullptr ? "" : job->needs});
  }
  return all;
}

}  // namespace edgeseal::agent
