#include "dbus/ctl/jobs.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <thread>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/hexadecimal.h"
#include "dbus/ctl/table.h"
#include "dbus/ctl/timestamp.h"

namespace edgeseal::ctl {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{500};

Colour colour_of(const Job& job) {
  return job.waits_for_somebody() || job.failures > 0 ? Colour::Warning : Colour::Plain;
}

// What a reader wants to know first.
std::string remark(const Job& job) {
  if (!job.needs.empty()) return job.needs;
  if (!job.stage.empty()) return job.stage;
  return job.has_ended() ? "" : job.message;
}

// One line that changes, on a terminal; elsewhere a line for each change.
class Progress {
 public:
  Progress() = default;
  ~Progress() {
    if (on_terminal_) std::fputs("\r\033[K", stderr);
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const Job& job) {
    std::string text = job.slot + ": " + job.state + (remark(job).empty() ? "" : " (" + remark(job) + ")");
    if (text == shown_) return;
    std::fprintf(stderr, on_terminal_ ? "\r%s\033[K" : "%s\n", printable(text).c_str());
    shown_ = std::move(text);
  }

 private:
  const bool on_terminal_ = isatty(STDERR_FILENO) == 1;
  std::string shown_;
};

// Done, or as far as it gets without a person.
Job settled(std::uint64_t number, AgentConnection& agent, Progress& progress) {
  for (;;) {
    Job job = read_job(agent, number);
    if (job.has_ended() || job.waits_for_somebody()) return job;
    progress.show(job);
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

}  // namespace

Job read_job(AgentConnection& agent, std::uint64_t number) {
  Job job;
  job.number = number;
  agent.with_job(number, [&](dbus::RemoteJob& remote) {
    job.state = remote.State();
    job.profile = remote.Profile();
    job.slot = remote.Slot();
    job.operation = remote.Operation();
    job.stage = remote.Stage();
    job.error_class = remote.ErrorClass();
    job.message = remote.Message();
    job.needs = remote.Needs();
    job.failures = remote.Failures();
    job.next_try = remote.NextTry();
    job.created = remote.Created();
    job.fingerprints = remote.Fingerprints();
    job.request = remote.Request();
  });
  return job;
}

nlohmann::json to_json(const Job& job) {
  auto fingerprints = nlohmann::json::array();
  for (const Der& fingerprint : job.fingerprints) fingerprints.push_back(to_hex(fingerprint));
  return {{"job", job.number},
          {"state", job.state},
          {"profile", job.profile},
          {"slot", job.slot},
          {"operation", job.operation},
          {"stage", job.stage},
          {"error-class", job.error_class},
          {"message", job.message},
          {"needs", job.needs},
          {"failures", job.failures},
          {"next-try", job.next_try == 0 ? "" : timestamp_text(job.next_try)},
          {"created", timestamp_text(job.created)},
          {"fingerprints", fingerprints}};
}

void print_jobs(const std::vector<Job>& jobs, const Output& output) {
  if (output.json()) {
    auto all = nlohmann::json::array();
    for (const Job& job : jobs) all.push_back(to_json(job));
    return output.print_json(all);
  }
  Table table({"JOB", "STATE", "SLOT", "PROFILE", "FAILURES", "NEXT TRY", ""});
  for (const Job& job : jobs)
    table.add({std::to_string(job.number), job.state, job.slot, job.profile, std::to_string(job.failures),
               timestamp_text(job.next_try), remark(job)},
              colour_of(job));
  if (table.empty()) return output.print("There are no jobs.\n");
  output.print(table);
}

void print_job(const Job& job, const Output& output) {
  if (output.json()) return output.print_json(to_json(job));
  Table table;
  table.add({"Job", std::to_string(job.number)});
  table.add({"State", job.state}, colour_of(job));
  table.add({"Slot", job.slot});
  table.add({"Profile", job.profile});
  table.add({"Operation", job.operation});
  if (!job.stage.empty()) table.add({"Stage", job.stage});
  if (!job.error_class.empty()) table.add({"Last error", job.error_class + ": " + job.message}, Colour::Warning);
  if (job.failures > 0) table.add({"Failures", std::to_string(job.failures)});
  if (job.next_try != 0) table.add({"Next try", timestamp_text(job.next_try)});
  if (!job.needs.empty()) table.add({"Needs", job.needs}, Colour::Warning);
  for (const Der& fingerprint : job.fingerprints) table.add({"SHA-256", to_hex(fingerprint)});
  output.print(table);
}

bool wait_for(const std::vector<std::uint64_t>& numbers, AgentConnection& agent) {
  std::vector<Job> jobs;
  Progress progress;
  for (const std::uint64_t number : numbers) jobs.push_back(settled(number, agent, progress));
  return std::ranges::all_of(jobs, [](const Job& job) { return job.state == "done"; });
}

std::uint64_t job_number(const std::string& path) {
  const std::string digits = path.substr(path.rfind('/') + 1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc() && end == digits.data() + digits.size() && number != 0) return number;
  throw Failure(ExitCode::Usage, "a job has a number", "see: edgesealctl job list");
}

}  // namespace edgeseal::ctl
