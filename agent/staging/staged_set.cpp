#include "agent/staging/staged_set.h"

#include <algorithm>
#include <array>

#include "agent/state/record_json.h"

namespace edgeseal::agent {

namespace {

constexpr int version = 1;
constexpr std::array<std::string_view, 3> phases = {"staged", "verifying", "failed"};

Json to_json(const StagedEntry& entry) {
  return {{"url", entry.url},
          {"certificate", to_binary(entry.certificate)},
          {"role", entry.role},
          {"notes", entry.notes},
          {"problem", entry.problem},
          {"way", entry.source.way},
          {"origin", entry.source.origin},
          {"uid", entry.source.uid},
          {"staged-at", std::chrono::floor<std::chrono::seconds>(entry.staged_at.time_since_epoch()).count()},
          {"slot", entry.slot}};
}

StagedEntry entry_of(const Json& value) {
  StagedEntry entry;
  entry.url = value.at("url");
  entry.certificate = from_binary(value.at("certificate"));
  entry.role = value.at("role");
  entry.notes = value.at("notes").get<std::vector<std::string>>();
  entry.problem = value.at("problem");
  entry.source = {value.at("way"), value.at("origin"), value.at("uid")};
  entry.staged_at = std::chrono::sys_seconds(std::chrono::seconds(value.at("staged-at").get<std::int64_t>()));
  entry.slot = value.at("slot");
  return entry;
}

}  // namespace

std::string_view phase_name(StagedPhase phase) {
  return phases[static_cast<std::size_t>(phase)];
}

bool StagedSet::complete() const {
  return std::ranges::none_of(entries, [](const StagedEntry& entry) { return entry.certificate.empty(); });
}

Bytes encode(const StagedSet& set) {
  Json entries = Json::array();
  for (const StagedEntry& entry : set.entries) entries.push_back(to_json(entry));
  return to_cbor({{"version", version},
                  {"application", set.group.application},
                  {"group", set.group.group},
                  {"phase", phase_name(set.phase)},
                  {"needs-setup", set.needs_setup},
                  {"problem", set.problem},
                  {"entries", entries}});
}

StagedSet decode_staged_set(ByteView bytes) {
  return from_cbor("what is staged", bytes, [](const Json& value) {
    if (value.at("version") != version)
      throw Error(Code::security_checks_failed, "what is staged was written by another version of the agent");
    StagedSet set;
    set.group = {value.at("application"), value.at("group")};
    set.phase = static_cast<StagedPhase>(index_in(phases, value.at("phase")));
    set.needs_setup = value.at("needs-setup");
    set.problem = value.at("problem");
    for (const Json& entry : value.at("entries")) set.entries.push_back(entry_of(entry));
    return set;
  });
}

}  // namespace edgeseal::agent
