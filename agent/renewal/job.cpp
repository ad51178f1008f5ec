#include "agent/renewal/job.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "agent/error.h"

namespace edgeseal::agent {

namespace {

using nlohmann::json;
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

template <class Choice, std::size_t Count>
Choice choice_of(const std::array<std::string_view, Count>& names, const json& value) {
  const auto found = std::ranges::find(names, value.get<std::string>());
  if (found == names.end()) throw Error(Code::state_unavailable, "a stored job is in a state that is not known");
  return static_cast<Choice>(found - names.begin());
}

json to_binary(ByteView bytes) {
  const auto* octets = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return json::binary({octets, octets + bytes.size()});
}

Bytes from_binary(const json& value) {
  const auto octets = std::as_bytes(std::span(value.get_binary()));
  return {octets.begin(), octets.end()};
}

json to_binaries(const std::vector<Bytes>& all) {
  json list = json::array();
  for (const Bytes& bytes : all) list.push_back(to_binary(bytes));
  return list;
}

std::vector<Bytes> from_binaries(const json& list) {
  std::vector<Bytes> all;
  for (const json& value : list) all.push_back(from_binary(value));
  return all;
}

tpm::KeyId key_of(const json& value) {
  const Bytes bytes = from_binary(value);
  tpm::KeyId id{};
  if (bytes.size() != id.size()) throw Error(Code::state_unavailable, "a stored job names no key");
  std::ranges::copy(bytes, id.begin());
  return id;
}

json to_json(const RenewalAttempts& attempts) {
  return {{"failures", attempts.failures},
          {"since", attempts.since.time_since_epoch().count()},
          {"at-least", attempts.at_least.count()},
          {"setback", setbacks.at(static_cast<std::size_t>(attempts.setback))}};
}

RenewalTime time_of(const json& value) {
  return RenewalTime(seconds(value.get<std::int64_t>()));
}

RenewalAttempts attempts_of(const json& value) {
  return {value.at("failures"), time_of(value.at("since")), seconds(value.at("at-least").get<std::int64_t>()),
          choice_of<Setback>(setbacks, value.at("setback"))};
}

json to_json(const Job& job) {
  return {{"number", job.number},
          {"profile", job.profile},
          {"slot", {job.slot.application, job.slot.group, job.slot.certificate_type}},
          {"by-hand", job.by_hand},
          {"renews", job.renews},
          {"refused-certificate", job.refused_certificate},
          {"state", state_name(job.state)},
          {"stage", job.stage},
          {"error-class", job.error_class},
          {"message", job.message},
          {"needs", job.needs},
          {"attempts", to_json(job.attempts)},
          {"created", job.created.count()},
          {"request", to_binary(job.request)},
          {"key", to_binary(job.key)},
          {"made-key", job.made_key},
          {"requested-at", job.requested_at.time_since_epoch().count()},
          {"continuation", to_binary(job.continuation)},
          {"secret-spent", job.secret_spent},
          {"proposed", to_binaries(job.proposed)},
          {"approved", to_binaries(job.approved)},
          {"anchors", to_binaries(job.anchors)},
          {"certificate", to_binary(job.certificate)},
          {"chain", to_binaries(job.chain)}};
}

Job job_of(const json& value) {
  Job job;
  const json& slot = value.at("slot");
  job.number = value.at("number");
  job.profile = value.at("profile");
  job.slot = {slot.at(0), slot.at(1), slot.at(2)};
  job.by_hand = value.at("by-hand");
  job.renews = value.at("renews");
  job.refused_certificate = value.at("refused-certificate");
  job.state = choice_of<JobState>(states, value.at("state"));
  job.stage = value.at("stage");
  job.error_class = value.at("error-class");
  job.message = value.at("message");
  job.needs = value.at("needs");
  job.attempts = attempts_of(value.at("attempts"));
  job.created = std::chrono::microseconds(value.at("created").get<std::int64_t>());
  job.request = from_binary(value.at("request"));
  job.key = key_of(value.at("key"));
  job.made_key = value.at("made-key");
  job.requested_at = time_of(value.at("requested-at"));
  job.continuation = from_binary(value.at("continuation"));
  job.secret_spent = value.at("secret-spent");
  job.proposed = from_binaries(value.at("proposed"));
  job.approved = from_binaries(value.at("approved"));
  job.anchors = from_binaries(value.at("anchors"));
  job.certificate = from_binary(value.at("certificate"));
  job.chain = from_binaries(value.at("chain"));
  return job;
}

}  // namespace

std::string_view state_name(JobState state) {
  return states.at(static_cast<std::size_t>(state));
}

Bytes encode(const JobRecord& record) {
  json jobs = json::array();
  for (const Job& job : record.jobs) jobs.push_back(to_json(job));
  const std::vector<std::uint8_t> cbor = json::to_cbor({{"version", version}, {"next", record.next}, {"jobs", jobs}});
  const auto bytes = std::as_bytes(std::span(cbor));
  return {bytes.begin(), bytes.end()};
}

JobRecord decode_jobs(ByteView bytes) {
  try {
    const auto* octets = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const json value = json::from_cbor(octets, octets + bytes.size());
    if (value.at("version") != version)
      throw Error(Code::state_unavailable, "the stored jobs were written by another version of the agent");
    JobRecord record;
    record.next = value.at("next");
    for (const json& job : value.at("jobs")) record.jobs.push_back(job_of(job));
    return record;
  } catch (const json::exception& error) {
    throw Error(Code::state_unavailable, fmt::format("the stored jobs can't be read: {}", error.what()));
  }
}

}  // namespace edgeseal::agent
