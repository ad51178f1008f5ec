#include "agent/staging/staged_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "agent/error.h"

namespace edgeseal::agent {

namespace {

using nlohmann::json;

constexpr int version = 1;
constexpr std::array<std::string_view, 3> phases = {"staged", "verifying", "failed"};

json to_binary(const Bytes& bytes) {
  const auto* octets = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return json::binary({octets, octets + bytes.size()});
}

Bytes from_binary(const json& value) {
  const auto octets = std::as_bytes(std::span(value.get_binary()));
  return {octets.begin(), octets.end()};
}

json to_json(const StagedEntry& entry) {
  return {{"url", entry.url},
          {"certificate", to_binary(entry.certificate)},
          {"role", entry.role},
          {"notes", entry.notes},
          {"problem", entry.problem},
          {"way", entry.source.way},
          {"origin", entry.source.origin},
          {"uid", entry.source.uid},
          {"staged-at", std::chrono::floor<std::chrono::seconds>(entry.staged_at.time_since_epoch()).count()},
          {"slot", {entry.slot.application, entry.slot.group, entry.slot.certificate_type}}};
}

StagedEntry entry_of(const json& value) {
  StagedEntry entry;
  entry.url = value.at("url");
  entry.certificate = from_binary(value.at("certificate"));
  entry.role = value.at("role");
  entry.notes = value.at("notes").get<std::vector<std::string>>();
  entry.problem = value.at("problem");
  entry.source = {value.at("way"), value.at("origin"), value.at("uid")};
  entry.staged_at = std::chrono::sys_seconds(std::chrono::seconds(value.at("staged-at").get<std::int64_t>()));
  const json& slot = value.at("slot");
  entry.slot = {slot.at(0), slot.at(1), slot.at(2)};
  return entry;
}

StagedPhase phase_of(const std::string& name) {
  const auto found = std::ranges::find(phases, name);
  if (found == phases.end()) throw Error(Code::security_checks_failed, "what is staged has an unknown phase");
  return static_cast<StagedPhase>(found - phases.begin());
}

}  // namespace

std::string_view phase_name(StagedPhase phase) {
  return phases[static_cast<std::size_t>(phase)];
}

bool StagedSet::complete() const {
  return std::ranges::none_of(entries, [](const StagedEntry& entry) { return entry.certificate.empty(); });
}

Bytes encode(const StagedSet& set) {
  json entries = json::array();
  for (const StagedEntry& entry : set.entries) entries.push_back(to_json(entry));
  const json value = {{"version", version},
                      {"application", set.group.application},
                      {"group", set.group.group},
                      {"phase", phase_name(set.phase)},
                      {"needs-setup", set.needs_setup},
                      {"problem", set.problem},
                      {"entries", entries}};
  const std::vector<std::uint8_t> cbor = json::to_cbor(value);
  const auto bytes = std::as_bytes(std::span(cbor));
  return {bytes.begin(), bytes.end()};
}

StagedSet decode_staged_set(ByteView bytes) {
  try {
    const auto* octets = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const json value = json::from_cbor(octets, octets + bytes.size());
    if (value.at("version") != version)
      throw Error(Code::security_checks_failed, "what is staged was written by another version of the agent");
    StagedSet set;
    set.group = {value.at("application"), value.at("group")};
    set.phase = phase_of(value.at("phase"));
    set.needs_setup = value.at("needs-setup");
    set.problem = value.at("problem");
    for (const json& entry : value.at("entries")) set.entries.push_back(entry_of(entry));
    return set;
  } catch (const json::exception& error) {
    throw Error(Code::security_checks_failed, fmt::format("what is staged can't be read: {}", error.what()));
  }
}

}  // namespace edgeseal::agent
