#include "agent/renewal/job_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/error.h"
#include "agent/journal.h"

namespace edgeseal::agent {

JobStore::JobStore(State& state, Observer observer) : state_(state), observer_(std::move(observer)) {
  const auto stored = state_.record(jobs_record);
  if (!stored) return;
  try {
    record_ = decode_jobs(*stored);
  } catch (const Error& error) {
    log(Level::error, Event::internal_error,
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
  keep(std::move(next));
  if (observer_.added) observer_.added(job);
  return job.number;
}

void JobStore::change(JobNumber number, const std::function<void(Job&)>& edit) {
  (void)get(number);
  JobRecord next = record_;
  Job& job = *std::ranges::find(next.jobs, number, &Job::number);
  edit(job);
  if (next == record_) return;
  keep(std::move(next));
  if (observer_.changed) observer_.changed(get(number));
  if (has_ended(get(number).state)) forget_oldest();
}

void JobStore::show(JobNumber number, const std::string& stage) {
  (void)get(number);
  std::ranges::find(record_.jobs, number, &Job::number)->stage = stage;
  if (observer_.changed) observer_.changed(get(number));
}

void JobStore::keep(JobRecord record) {
  state_.put_record(jobs_record, encode(record));
  record_ = std::move(record);
}

void JobStore::forget_oldest() {
  const auto ended = [](const Job& job) { return has_ended(job.state); };
  if (static_cast<std::size_t>(std::ranges::count_if(record_.jobs, ended)) <= kept_when_ended) return;
  JobRecord next = record_;
  const auto oldest = std::ranges::find_if(next.jobs, ended);
  const JobNumber number = oldest->number;
  next.jobs.erase(oldest);
  keep(std::move(next));
  if (observer_.removed) observer_.removed(number);
}

}  // namespace edgeseal::agent
