#include "agent/journal.h"

#include <array>

namespace edgeseal::agent {

namespace {

struct EventId {
  Event event;
  journal::MessageId id;
};

constexpr std::array event_ids = {
    EventId{Event::started, {"c9ec26f2d5324f86a8a32dcf73bcbf12"}},
    EventId{Event::stopping, {"5ebd044e03f949ed8b223c089f158dd5"}},
    EventId{Event::bus_lost, {"bbc475ac19524946af8bf53b3ed7a785"}},
    EventId{Event::tpm_hung, {"7cf2824204ff459e9aa36ef3d62a19f5"}},
    EventId{Event::tpm_ready, {"b9af0446d4df4cdba8b6e9ac75b196b8"}},
    EventId{Event::tpm_absent, {"e0b049a89db845eda1037778512fd7d1"}},
    EventId{Event::tpm_busy, {"5a1cf1247b5d4f6296c2e11782f42706"}},
    EventId{Event::tpm_slow, {"b19d1b6a2c69462bb788878b91160304"}},
    EventId{Event::tpm_locked_out, {"c4bb62ca00e646268b829ddcd6fed391"}},
    EventId{Event::tpm_replaced, {"a381f1e8298a4d628dc36d80dfaf2a47"}},
    EventId{Event::tpm_degraded, {"98c6c1cefc924116ad3344d424c60825"}},
    EventId{Event::tpm_answers_in_clear, {"e9ba5901ad2b46ffa1643a5d6eabc516"}},
    EventId{Event::application_created, {"28b822bd579b42e087352ed3624b90e8"}},
    EventId{Event::application_deleted, {"be4ab56a1aa04e5fa5081799ea370761"}},
    EventId{Event::deletion_failed, {"cfb07b87d0c84d96a607707fe3f5bae7"}},
    EventId{Event::configuration_not_in_force, {"c703c8a37f534559b43d86d842c4c8fd"}},
    EventId{Event::key_created, {"391ae620edab4fbc81a99a9b5d4f0bff"}},
    EventId{Event::key_not_exempt, {"afe19c5c0c9c4e34b8427b1781c52781"}},
    EventId{Event::no_spare_key, {"c4aedaaf2b6144558523948690a1d915"}},
    EventId{Event::key_destroyed, {"92e1ba5dd6f14187b52887f46bbc4f52"}},
    EventId{Event::certificate_installed, {"50b15aa9f926472a8aad9841e781e8cb"}},
    EventId{Event::changes_confirmed, {"acdc3f70c0c2408b9208af26e801bfd3"}},
    EventId{Event::not_published, {"3c80a0d8d5244db3abc3eea9f78a56bb"}},
    EventId{Event::directory_unguarded, {"05b76596cbed4940a65eea1bee06dff7"}},
    EventId{Event::call_decided, {"a498bcc24aa84e6299be2170e70a8bcf"}},
    EventId{Event::key_use_denied, {"e2302d91a04f409e8d7b8fa74eb8f96c"}},
    EventId{Event::client_fault, {"c98fb092250744dbbb0b30e111d513a1"}},
    EventId{Event::out_of_descriptors, {"a44bbcc4c4c747ac85a0868b7efe61fa"}},
    EventId{Event::refused_to_start, {"cd9534ece1bb4378986bed070354d3a4"}},
    EventId{Event::pcr_policy, {"d90f920cbd8f44ffaa630db744068801"}},
    EventId{Event::presence_switch_lost, {"732ad3b96a324fd8b33c78d4eae87ba6"}},
    EventId{Event::state_anchor, {"be885f4d9ec34e8a886f88627c0dfac9"}},
    EventId{Event::permissions_repaired, {"09340873fcb24c6ead77d8423a4533ef"}},
    EventId{Event::state_repaired, {"37e2cbbe1ae84322b09b094d7964de6c"}},
    EventId{Event::record_damaged, {"99f7b47e963e4744ad85695680e66e1c"}},
    EventId{Event::disk_trouble, {"fcfb9196bef840b7b2d2e9bcf94dc025"}},
    EventId{Event::put_off, {"00084fd0d54d4c268311fc7257216c9e"}},
    EventId{Event::step_failed, {"a2277d809a6d42ed8354cd2553756619"}},
    EventId{Event::enrolment_unattended, {"8028a6b3aa31466fa664de61393c3303"}},
    EventId{Event::internal_error, {"a625f81260704325a19e38758aaf1281"}},
};

constexpr bool ids_in_order() {
  for (std::size_t i = 0; i < event_ids.size(); ++i)
    if (event_ids[i].event != static_cast<Event>(i)) return false;
  return event_ids.size() == static_cast<std::size_t>(Event::internal_error) + 1;
}
static_assert(ids_in_order());

}  // namespace

void log(Level level, journal::MessageId id, const std::string& message, std::span<const Field> fields) {
  journal::write("edgeseald", level, id, message, fields);
}

void log(Level level, Event event, const std::string& message, std::span<const Field> fields) {
  log(level, event_ids[static_cast<std::size_t>(event)].id, message, fields);
}

}  // namespace edgeseal::agent
