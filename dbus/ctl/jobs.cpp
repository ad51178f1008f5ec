#include "dbus/ctl/jobs.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <thread>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/hexadecimal.h"
#include "dbus/ctl/renewals.h"
#include "dbus/ctl/table.h"
#include "dbus/ctl/terminal.h"
#include "dbus/ctl/timestamp.h"
#include "dbus/ctl/variant_map.h"

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
class JobLine {
 public:
  JobLine() = default;
  ~JobLine() {
    if (on_terminal_ && !shown_.empty()) std::fputs("\r\033[K", stderr);
  }
  JobLine(const JobLine&) = delete;
  JobLine& operator=(const JobLine&) = delete;

  void show(const Job& job) {
    std::string text = job.slot + ": " + job.state + (remark(job).empty() ? "" : " (" + remark(job) + ")");
    if (text == shown_) return;
    const std::string line = printable(text);
    if (on_terminal_)  // a letter less: the cursor stays in the line
      std::fprintf(stderr, "\r%s\033[K", cut_to_width(line, terminal_width(STDERR_FILENO) - 1).c_str());
    else
      std::fprintf(stderr, "%s\n", line.c_str());
    shown_ = std::move(text);
  }

 private:
  const bool on_terminal_ = isatty(STDERR_FILENO) == 1;
  std::string shown_;
};

// All of one moment.
Job job_of(std::uint64_t number, const VariantMap& properties) {
  Job job;
  job.number = number;
  job.state = field<std::string>(properties, "State");
  job.profile = field<std::string>(properties, "Profile");
  job.slot = field<std::string>(properties, "Slot");
  job.operation = field<std::string>(properties, "Operation");
  job.stage = field<std::string>(properties, "Stage");
  job.error_class = field<std::string>(properties, "ErrorClass");
  job.message = field<std::string>(properties, "Message");
  job.needs = field<std::string>(properties, "Needs");
  job.failures = field<std::uint32_t>(properties, "Failures");
  job.next_try = field<std::uint64_t>(properties, "NextTry");
  job.created = field<std::uint64_t>(properties, "Created");
  job.fingerprints = field<std::vector<Der>>(properties, "Fingerprints");
  job.request = field<Der>(properties, "Request");
  return job;
}

// None: it was removed after it had been seen.
std::optional<Job> read_listed(AgentConnection& agent, std::uint64_t number) try {
  return read_job(agent, number);
} catch (const Failure&) {
  if (agent.jobs().contains(number)) throw;
  return std::nullopt;
}

std::uint64_t microseconds_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

// Of its slot; where nobody saw which that is, of all of its profile. Of a renewal it tells nothing: there was one
// before.
bool has_certificate(const Job& job, AgentConnection& agent) {
  if (job.operation != "enroll") return false;
  auto slots = read_renewals(agent);
  std::erase_if(slots, [&](const Renewal& slot) {
    return job.slot.empty() ? slot.profile != job.profile : slot.slot != job.slot;
  });
  return !slots.empty() &&
         std::ranges::all_of(slots, [](const Renewal& slot) { return slot.expires > microseconds_now(); });
}

// The agent keeps some of those that have ended, and no longer this one.
Job forgotten(Job job, AgentConnection& agent) {
  const bool done = has_certificate(job, agent);
  job.state = done ? "done" : "ended";
  job.stage.clear();
  job.next_try = 0;
  job.needs = done ? "" : "what came of it is not kept any more: edgesealctl renew";
  return job;
}

Job looked_at(const Job& last, AgentConnection& agent) {
  auto job = read_listed(agent, last.number);
  return job ? std::move(*job) : forgotten(last, agent);
}

}  // namespace

Job read_job(AgentConnection& agent, std::uint64_t number) {
  return job_of(number, agent.job(number));
}

std::vector<Job> read_jobs(AgentConnection& agent) {
  std::vector<Job> jobs;
  for (const auto& [number, properties] : agent.jobs()) jobs.push_back(job_of(number, properties));
  return jobs;
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
          {"next-try", time_json(job.next_try)},
          {"created", time_json(job.created)},
          {"fingerprints", fingerprints}};
}

void print_jobs(const std::vector<Job>& jobs, const Output& output) {
  if (output.json()) return output.print_json(json_list(jobs, to_json));
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
  if (!job.error_class.empty())
    table.add({"Last error", job.error_class + ": " + job.message}, Colour::Warning);
  else if (!job.message.empty())
    table.add({"Remark", job.message}, Colour::Warning);
  if (job.failures > 0) table.add({"Failures", std::to_string(job.failures)});
  if (job.next_try != 0) table.add({"Next try", timestamp_text(job.next_try)});
  if (!job.needs.empty()) table.add({"Needs", job.needs}, Colour::Warning);
  for (const Der& fingerprint : job.fingerprints) table.add({"SHA-256", to_hex(fingerprint)});
  output.print(table);
}

std::vector<Job> wait_for(std::vector<Job> jobs, const std::optional<std::chrono::seconds>& at_most,
                          AgentConnection& agent) {
  const auto begin = std::chrono::steady_clock::now();
  JobLine line;
  for (;;) {
    for (Job& job : jobs)
      if (job.goes_on()) job = looked_at(job, agent);
    const auto open = std::ranges::find_if(jobs, &Job::goes_on);
    const auto waited = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin);
    if (open == jobs.end() || (at_most && waited >= *at_most)) return jobs;
    line.show(*open);
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

std::uint64_t job_number(const std::string& path) {
  const std::string digits = path.substr(path.rfind('/') + 1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc() && end == digits.data() + digits.size() && number != 0) return number;
  throw Failure(ExitCode::Usage, "a job has a number", "see: edgesealctl job list");
}

}  // namespace edgeseal::ctl
