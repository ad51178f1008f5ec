#include "agent/renewal/job_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/error.h"
#include "agent/failure.h"
#include "agent/journal.h"

namespace edgeseal::agent {

namespace {

// What was under way in the last run nobody has any more.
void let_go(Job& job) {
  if (has_ended(job.state) || awaits_somebody(job.state)) return;
  job.state = JobState::scheduled;
  job.stage.clear();
}

}  // namespace

JobStore::JobStore(State& state, Observer observer) : state_(state), observer_(std::move(observer)) {
  const auto stored = state_.record(jobs_record);
  if (!stored) return;
  try {
    record_ = decode_jobs(*stored);
    std::ranges::for_each(record_.jobs, let_go);
  } catch (const Error& error) {
    log(Level::error, Event::record_damaged,
        fmt::format("the jobs of the last run are forgotten, and certificates are asked for anew: {}", error.what()));
  }
}

const Job& JobStore::get(JobNumber number) const {
  const auto found = std::ranges::find(record_.jobs, number, &Job::number);
  if (found == record_.jobs.end())
    throw Error(Code::not_found, fmt::format("there is no job {}; see edgesealctl job list", number));
  return *found;
}

const Job* JobStore::under_way(const Slot& slot) const {
  const auto found =
      std::ranges::find_if(record_.jobs, [&](const Job& job) { return job.slot == slot && !has_ended(job.state); });
  return found == record_.jobs.end() ? nullptr : &*found;
}

JobNumber JobStore::add(Job job) {
  JobRecord next = record_;
  job.number = next.next++;
  next.jobs.push_back(job);
  write(next);
  record_ = std::move(next);
  if (observer_.added) observer_.added(job);
  return job.number;
}

void JobStore::change(JobNumber number, const std::function<void(Job&)>& edit) {
  JobRecord next = with(number, edit);
  if (next == record_ && written_) return;
  write(next);
  std::swap(record_, next);
  show_changes(number, next);
}

void JobStore::settle(JobNumber number, const std::function<void(Job&)>& edit) {
  JobRecord next = with(number, edit);
  if (next == record_ && written_) return;
  try {
    write(next);
  } catch (const Error& error) {
    written_ = false;
    log_failure(Level::error, fmt::format("what became of job {} is not on the disk yet", number), error);
  }
  std::swap(record_, next);
  show_changes(number, next);
}

// Of those that had ended before the oldest makes room: what becomes of this one is still to be told.
JobRecord JobStore::with(JobNumber number, const std::function<void(Job&)>& edit) const {
  (void)get(number);
  JobRecord next = record_;
  edit(*std::ranges::find(next.jobs, number, &Job::number));
  if (static_cast<std::size_t>(std::ranges::count_if(next.jobs, has_ended, &Job::state)) > kept_when_ended)
    next.jobs.erase(
        std::ranges::find_if(next.jobs, [&](const Job& job) { return job.number != number && has_ended(job.state); }));
  return next;
}

void JobStore::write(const JobRecord& record) {
  state_.put_record(jobs_record, encode(record));
  written_ = true;
}

void JobStore::show_changes(JobNumber number, const JobRecord& before) const {
  if (observer_.changed) observer_.changed(get(number));
  for (const Job& job : before.jobs)
    if (std::ranges::find(record_.jobs, job.number, &Job::number) == record_.jobs.end() && observer_.removed)
      observer_.removed(job.number);
}

void JobStore::show(JobNumber number, const std::string& stage) {
  (void)get(number);
  std::ranges::find(record_.jobs, number, &Job::number)->stage = stage;
  if (observer_.changed) observer_.changed(get(number));
}

}  // namespace edgeseal::agent
