#include <array>
#include <map>

#include "agent/metrics/metric_family.h"
#include "agent/metrics/metrics.h"
#include "agent/renewal/certificate_validity.h"

namespace edgeseal::agent {

namespace {

using Families = std::vector<dbus::MetricFamily>;

constexpr std::array healths = {TpmHealth::absent,     TpmHealth::ready,    TpmHealth::busy,    TpmHealth::slow,
                                TpmHealth::locked_out, TpmHealth::replaced, TpmHealth::degraded};

MetricFamily health_metric(const TpmState& state) {
  std::vector<std::string_view> names;
  for (const TpmHealth health : healths) names.push_back(health_name(health));
  return stateset("edgeseal_tpm_health", "How the TPM does, as edgesealctl status shows it.", names,
                  health_name(state.health));
}

std::string key_label(const Slot& slot) {
  return slot.group.empty() ? slot.application : slot.key_name();
}

double seconds_of(RenewalTime time) {
  return static_cast<double>(time.time_since_epoch().count());
}

void add_known(Families& families, const std::string& name, const std::string& help, std::optional<double> value) {
  if (value) families.push_back(gauge(name, help, *value));
}

std::optional<double> number(const std::optional<std::uint64_t>& value) {
  if (!value) return std::nullopt;
  return static_cast<double>(*value);
}

}  // namespace

Families tpm_metrics(const TpmWorker& tpm, const CommandTimes& commands) {
  MetricFamily durations = histograms("edgeseal_tpm_operation_duration_seconds",
                                      "How long the TPM took; sign and rsa-private are one command each.");
  MetricFamily failures = counters("edgeseal_tpm_operation_failures", "Operations that the TPM refused.");
  for (std::size_t i = 0; i < CommandTimes::names.size(); ++i) {
    const CommandTimes::Times& times = commands.of(static_cast<TpmOperation>(i));
    const Labels labels{{"operation", std::string(CommandTimes::names[i])}};
    add_histogram(durations, labels, times.taken);
    failures.samples.push_back({"_total", labels, static_cast<double>(times.failures.load())});
  }
  return {health_metric(tpm.state()), durations, failures,
          gauge("edgeseal_tpm_queue_length", "Requests to the TPM that have no answer yet, that at hand included.",
                static_cast<double>(tpm.pending()))};
}

Families key_socket_metrics(const KeySocket& socket) {
  MetricFamily signatures = counters("edgeseal_signatures", "Signatures that programs asked for, by key and result.");
  MetricFamily decryptions = counters("edgeseal_decryptions", "Decryptions that programs asked for, likewise.");
  MetricFamily refusals = counters("edgeseal_key_socket_refusals", "Requests and clients that were not served at all.");
  for (const auto& [slot, counts] : socket.uses().all(KeyUse::sign))
    add_counts(signatures, "result", counts, {{"key", key_label(slot)}});
  for (const auto& [slot, counts] : socket.uses().all(KeyUse::decrypt))
    add_counts(decryptions, "result", counts, {{"key", key_label(slot)}});
  add_counts(refusals, "reason", socket.uses().refusals());
  return {signatures, decryptions, refusals,
          gauge("edgeseal_key_socket_clients", "Programs that are connected to the key socket.",
                static_cast<double>(socket.connections()))};
}

Families certificate_metrics(State& state, std::chrono::system_clock::time_point now) {
  MetricFamily ends = gauges("edgeseal_certificate_expiry_timestamp_seconds",
                             "When the certificate in force of a slot ends, since 1970.");
  MetricFamily left = gauges("edgeseal_certificate_remaining_seconds",
                             "How long it lasts yet, by the clock of the agent; negative: it has ended.");
  MetricFamily slots = gauges("edgeseal_slots", "Slots of applications, with and without a certificate.");
  std::array<double, 2> count{};
  const double day = std::chrono::duration<double>(now.time_since_epoch()).count();
  for (const ApplicationRecord& application : state.applications()) {
    for (const SlotDeclaration& declared : application.slots) {
      const Slot slot{application.name, declared.group, declared.certificate_type};
      const auto validity = validity_of(state, slot);
      ++count[validity ? 1 : 0];
      if (!validity) continue;
      add_gauge(ends, {{"key", slot.key_name()}}, seconds_of(validity->end));
      add_gauge(left, {{"key", slot.key_name()}}, seconds_of(validity->end) - day);
    }
  }
  add_gauge(slots, {{"certificate", "no"}}, count[0]);
  add_gauge(slots, {{"certificate", "yes"}}, count[1]);
  return {ends, left, slots};
}

Families renewal_metrics(Enrolment& enrolment) {
  MetricFamily due = gauges("edgeseal_renewal_due_timestamp_seconds", "When the certificate of a slot is renewed.");
  MetricFamily failures = gauges("edgeseal_renewal_failures", "Tries to renew it that failed in a row.");
  MetricFamily needs = gauges("edgeseal_renewal_needs_somebody", "1: it does not go on by itself.");
  for (const Enrolment::Renewal& renewal : enrolment.renewals()) {
    const Labels labels{{"key", renewal.slot.key_name()}, {"profile", renewal.profile}};
    if (renewal.due) add_gauge(due, labels, seconds_of(*renewal.due));
    add_gauge(failures, labels, renewal.failures);
    add_gauge(needs, labels, renewal.needs.empty() ? 0 : 1);
  }
  std::map<JobState, int> count;
  for (const Job& job : enrolment.jobs().all()) ++count[job.state];
  MetricFamily jobs = gauges("edgeseal_jobs", "Enrolments and renewals, by state.");
  for (int i = 0; i <= static_cast<int>(JobState::cancelled); ++i) {
    const auto state = static_cast<JobState>(i);
    add_gauge(jobs, {{"state", std::string(state_name(state))}}, count[state]);
  }
  return {due, failures, needs, jobs};
}

Families process_metrics(const ProcessFacts& process) {
  Families families;
  add_known(families, "edgeseal_process_resident_memory_bytes", "Resident memory of the agent.",
            number(process.resident_bytes));
  add_known(families, "edgeseal_process_virtual_memory_bytes", "Virtual memory of the agent.",
            number(process.virtual_bytes));
  add_known(families, "edgeseal_process_open_fds", "Descriptors that the agent has open.",
            number(process.open_descriptors));
  add_known(families, "edgeseal_process_max_fds", "Descriptors that it may have open.",
            number(process.most_descriptors));
  add_known(families, "edgeseal_process_start_time_seconds", "When the agent was started, since 1970.",
            process.started);
  if (process.processor_seconds)
    families.push_back(counter("edgeseal_process_cpu_seconds", "Time of processors that the agent has used.",
                               *process.processor_seconds));
  return families;
}

}  // namespace edgeseal::agent
