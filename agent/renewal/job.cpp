#include "agent/renewal/job.h"

#include <algorithm>
#include <array>
#include <limits>

#include "agent/state/record_json.h"

namespace edgeseal::agent {

namespace {

using std::chrono::seconds;

constexpr int version = 1;
constexpr std::array<std::string_view, 10> states = {"scheduled",
                                                     "preparing",
                                                     "ready",
                                                     "running",
                                                     "awaiting-approval",
                                                     "awaiting-credential",
                                                     "awaiting-certificate",
                                                     "installing",
                                                     "done",
                                                     "cancelled"};
constexpr std::array<std::string_view, 4> setbacks = {"unreachable", "refused", "postponed", "needs-person"};

constexpr seconds latest{9'200'000'000};  // since 1970: a clock of nanoseconds says no more
constexpr std::int64_t most_jobs = std::int64_t{1} << 62;

Json to_binaries(const std::vector<Bytes>& all) {
  Json list = Json::array();
  for (const Bytes& bytes : all) list.push_back(to_binary(bytes));
  return list;
}

std::vector<Bytes> from_binaries(const Json& list) {
  std::vector<Bytes> all;
  for (const Json& value : list) all.push_back(from_binary(value));
  return all;
}

tpm::KeyId key_of(const Json& value) {
  const Bytes bytes = from_binary(value);
  tpm::KeyId id{};
  if (bytes.size() != id.size()) throw Error(Code::security_checks_failed, "a stored job names no key");
  std::ranges::copy(bytes, id.begin());
  return id;
}

Json to_json(const RenewalAttempts& attempts) {
  return {{"failures", attempts.failures},
          {"since", attempts.since.time_since_epoch().count()},
          {"at-least", attempts.at_least.count()},
          {"setback", setbacks.at(static_cast<std::size_t>(attempts.setback))}};
}

// Not negative, and no fraction.
std::int64_t integer_of(const Json& value, std::int64_t most) {
  const std::int64_t integer = value.is_number_integer() ? value.get<std::int64_t>() : -1;
  if (integer < 0 || integer > most)
    throw Error(Code::security_checks_failed, "a stored job has a number that no agent writes");
  return integer;
}

JobNumber number_of(const Json& value) {
  return static_cast<JobNumber>(integer_of(value, most_jobs));
}

seconds seconds_of(const Json& value) {
  return seconds(integer_of(value, latest.count()));
}

RenewalTime time_of(const Json& value) {
  return RenewalTime(seconds_of(value));
}

RenewalAttempts attempts_of(const Json& value) {
  const auto failures = integer_of(value.at("failures"), std::numeric_limits<unsigned>::max());
  return {static_cast<unsigned>(failures), time_of(value.at("since")), seconds_of(value.at("at-least")),
          static_cast<Setback>(index_in(setbacks, value.at("setback")))};
}

Json to_json(const Job& job) {
  return {{"number", job.number},
          {"profile", job.profile},
          {"slot", job.slot},
          {"by-hand", job.by_hand},
          {"renews", job.renews},
          {"refused-certificate", job.refused_certificate},
          {"state", state_name(job.state)},
          {"stage", job.stage},
          {"error-class", job.error_class},
          {"message", job.message},
          {"needs", job.needs},
          {"attempts", to_json(job.attempts)},
          {"created", job.created.time_since_epoch().count()},
          {"request", to_binary(job.request)},
          {"key", to_binary(job.key)},
          {"made-key", job.made_key},
          {"requested-at", job.requested_at.time_since_epoch().count()},
          {"continuation", to_binary(job.continuation)},
          {"terms", to_binary(job.terms)},
          {"secret-spent", job.secret_spent},
          {"proposed", to_binaries(job.proposed)},
          {"approved", to_binaries(job.approved)},
          {"anchors", to_binaries(job.anchors)},
          {"certificate", to_binary(job.certificate)},
          {"chain", to_binaries(job.chain)},
          {"modified", job.modified}};
}

Job job_of(const Json& value) {
  Job job;
  job.number = number_of(value.at("number"));
  job.profile = value.at("profile");
  job.slot = value.at("slot");
  job.by_hand = value.at("by-hand");
  job.renews = value.at("renews");
  job.refused_certificate = value.at("refused-certificate");
  job.state = static_cast<JobState>(index_in(states, value.at("state")));
  job.stage = value.at("stage");
  job.error_class = value.at("error-class");
  job.message = value.at("message");
  job.needs = value.at("needs");
  job.attempts = attempts_of(value.at("attempts"));
  job.created =
      Job::Time(std::chrono::microseconds(integer_of(value.at("created"), std::chrono::microseconds(latest).count())));
  job.request = from_binary(value.at("request"));
  job.key = key_of(value.at("key"));
  job.made_key = value.at("made-key");
  job.requested_at = time_of(value.at("requested-at"));
  job.continuation = from_binary(value.at("continuation"));
  if (value.contains("terms")) job.terms = from_binary(value.at("terms"));
  job.secret_spent = value.at("secret-spent");
  job.proposed = from_binaries(value.at("proposed"));
  job.approved = from_binaries(value.at("approved"));
  job.anchors = from_binaries(value.at("anchors"));
  job.certificate = from_binary(value.at("certificate"));
  job.chain = from_binaries(value.at("chain"));
  job.modified = value.value("modified", false);  // not written by 0.1.0
  return job;
}

}  // namespace

std::string_view state_name(JobState state) {
  return states.at(static_cast<std::size_t>(state));
}

Bytes encode(const JobRecord& record) {
  Json jobs = Json::array();
  for (const Job& job : record.jobs) jobs.push_back(to_json(job));
  return to_cbor({{"version", version}, {"next", record.next}, {"jobs", jobs}});
}

JobRecord decode_jobs(ByteView bytes) {
  return from_cbor("the record of jobs", bytes, [](const Json& value) {
    if (value.at("version") != version)
      throw Error(Code::security_checks_failed, "the stored jobs were written by another version of the agent");
    JobRecord record;
    record.next = number_of(value.at("next"));
    for (const Json& job : value.at("jobs")) record.jobs.push_back(job_of(job));
    return record;
  });
}

}  // namespace edgeseal::agent
