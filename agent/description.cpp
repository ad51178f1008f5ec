#include "agent/description.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/certificates/certificate.h"
#include "agent/keys/pss_key.h"

namespace edgeseal::agent {

namespace {

using Json = nlohmann::ordered_json;

Json describe_certificate(const CertificateRecord& record) {
  const CertificateSummary summary = summarize(record.certificate);
  return {
      {"subject", summary.subject},       {"issuer", summary.issuer},       {"serial-number", summary.serial_number},
      {"not-before", summary.not_before}, {"not-after", summary.not_after}, {"sha256", summary.sha256_fingerprint},
      {"issuers", record.issuers.size()}};
}

std::string_view policy_name(KeyPolicy policy) {
  return policy == KeyPolicy::authorised ? "authorised" : "pcr";
}

Json describe_key(const std::optional<KeyRecord>& key) {
  if (!key) return {};
  return {{"id", hexadecimal(key->id)},
          {"algorithm", algorithm_name(key->algorithm)},
          {"pss", pss_restriction(key->public_key).has_value()},
          {"protection", protection_name(key->protection)},
          {"exposed", key->exposed},
          {"policy", key->policy == KeyPolicy::none ? Json() : Json(policy_name(key->policy))},
          {"pcrs", pcr_numbers(key->pcrs)},
          {"resealed", key->next_object.has_value()}};
}

using RetiredLives = std::vector<RetiredKeys::Life>;

Json describe_retired(const RetiredLives& lives, const Slot& slot) {
  Json keys = Json::array();
  for (const RetiredKeys::Life& life : lives)
    if (life.key.slot == slot)
      keys.push_back({{"id", hexadecimal(life.key.id)},
                      {"retired-seconds", life.retired.count()},
                      {"unused-seconds", life.unused.count()},
                      {"remaining-seconds", life.left.count()}});
  return keys;
}

Json describe_certificate(State& state, const Slot& slot) {
  const auto certificate = state.intact_certificate(slot);
  return certificate ? describe_certificate(*certificate) : Json();
}

Json describe_slot(State& state, const RetiredLives& retired, const Slot& slot, const KeyDeclaration& declared) {
  return {{"certificate-type", slot.certificate_type},
          {"key-name", slot.key_name()},
          {"key-algorithm", algorithm_name(declared.algorithm)},
          {"key-pss", declared.rsa_use == RsaUse::pss},
          {"key-protection", protection_name(declared.protection)},
          {"pcrs", pcr_numbers(declared.pcrs)},
          {"active-key", describe_key(state.key(slot, KeyStatus::active))},
          {"pending-key", describe_key(state.key(slot, KeyStatus::pending))},
          {"retired-keys", describe_retired(retired, slot)},
          {"certificate", describe_certificate(state, slot)}};
}

Json time_text(State::Clock::time_point time) {
  if (time == State::Clock::time_point{}) return {};
  return fmt::format("{:%FT%TZ}", fmt::gmtime(State::Clock::to_time_t(time)));
}

// Null while the TPM has not opened the seal: nobody knows then whether the stored list is good.
Json describe_trust_list(TrustLists& lists, const dbus::GroupName& group) {
  try {
    const TrustListRecord& record = lists.record(group);
    return {{"trusted-certificates", record.list.trusted_certificates.size()},
            {"trusted-crls", record.list.trusted_crls.size()},
            {"issuer-certificates", record.list.issuer_certificates.size()},
            {"issuer-crls", record.list.issuer_crls.size()},
            {"last-update", time_text(record.last_update)},
            {"update-frequency-ms", record.update_frequency.count()},
            {"validation-options", record.validation_options},
            {"intact", lists.intact(group)}};
  } catch (const Error& error) {
    if (error.code() != Code::tpm_unavailable) throw;
    return {};
  }
}

Json describe_alarms(const std::vector<Alarm>& alarms) {
  Json shown = Json::array();
  for (const Alarm& alarm : alarms)
    shown.push_back({{"kind", alarm.kind},
                     {"certificate-type", alarm.source.empty() ? Json() : Json(alarm.source)},
                     {"severity", alarm.severity},
                     {"message", alarm.message}});
  return shown;
}

Json describe_group(const Described& described, const ApplicationRecord& application, const std::string& name) {
  Json slots = Json::array();
  for (const SlotDeclaration& slot : application.slots)
    if (slot.group == name)
      slots.push_back(
          describe_slot(described.state, described.retired, {application.name, name, slot.certificate_type}, slot.key));
  const dbus::GroupName group{application.name, name};
  const bool published = std::ranges::find(described.unpublished, group) == described.unpublished.end();
  return {{"directory", described.applications.directory(application.name, name)},
          {"published", published},
          {"slots", slots},
          {"trust-list", describe_trust_list(described.lists, group)},
          {"alarms", describe_alarms(described.alarms.active(group))}};
}

Json describe_application(const Described& described, const ApplicationRecord& application) {
  Json groups = Json::object();
  for (const std::string& group : group_names(application))
    groups[group] = describe_group(described, application, group);
  return {{"name", application.name},
          {"application-uri", application.application_uri},
          {"account", application.account},
          {"access", application.access},
          {"legacy", application.legacy},
          {"server-capabilities", application.server_capabilities},
          {"exports", application.exports},
          {"origin", application.origin},
          {"groups", groups}};
}

// What is not as it must be, and could not be repaired.
Json describe_drift(const DirectoryGuard& guard) {
  Json drift = Json::array();
  for (const DirectoryDrift& standing : guard.standing())
    drift.push_back({{"path", standing.finding.path},
                     {"found", standing.finding.found},
                     {"wanted", standing.finding.wanted},
                     {"action", standing.action},
                     {"remedy", standing.finding.remedy}});
  return drift;
}

}  // namespace

std::map<std::string, std::string> tpm_facts(const tpm::TpmFacts& facts) {
  if (facts.storage_key_name.empty()) return {};
  std::vector<std::string_view> algorithms;
  for (const tpm::KeyAlgorithm algorithm : facts.key_algorithms) algorithms.push_back(algorithm_name(algorithm));
  return {
      {"manufacturer", facts.manufacturer},
      {"vendor", facts.vendor},
      {"firmware", facts.firmware},
      {"revision", facts.revision},
      {"key-algorithms", fmt::format("{}", fmt::join(algorithms, " "))},
      {"transient-slots", std::to_string(facts.transient_slots)},
      {"tss-version", facts.tss_version},
      {"response-encryption", facts.encrypts_responses ? "yes" : "no"},
      {"storage-key", facts.storage_key_handle == 0 ? "primary" : fmt::format("{:#010x}", facts.storage_key_handle)},
      {"storage-key-name", hexadecimal(facts.storage_key_name)}};
}

std::string describe_agent(const Described& described) {
  Json applications = Json::array();
  for (const ApplicationRecord& application : described.applications.list())
    applications.push_back(describe_application(described, application));
  const TpmState& tpm = described.tpm;
  const StateAnchor& anchor = described.anchor;
  const Json description = {
      {"version", EDGESEAL_VERSION},
      {"places",
       {{"configuration", described.places.configuration},
        {"state", described.places.state},
        {"key-socket", described.places.key_socket}}},
      {"accounts",
       {{"enrolment", described.accounts.enrolment}, {"administrators", described.accounts.administrators}}},
      {"setup",
       {{"state", setup_state_name(described.setup.state())},
        {"reason", described.setup.reason()},
        {"awaits-tpm", described.setup.awaits_tpm()}}},
      {"anchor", {{"finding", finding_name(anchor.finding())}, {"detail", anchor.detail()}}},
      {"tpm",
       {{"health", health_name(tpm.health)},
        {"detail", tpm.detail},
        {"awaited", tpm.awaited},
        {"facts", tpm_facts(tpm.facts)}}},
      {"directory-drift", describe_drift(described.guard)},
      {"applications", applications}};
  return description.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace edgeseal::agent
