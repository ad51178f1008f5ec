#include "agent/onboarding/onboarding_records.h"

#include <fmt/format.h>

#include "agent/journal.h"
#include "agent/onboarding/record_names.h"
#include "agent/state/record_json.h"

namespace edgeseal::agent {

namespace {

template <class Value, class Read>
Value get(State& state, std::string_view name, const Read& read) {
  const auto stored = state.record(name);
  if (!stored) return {};
  try {
    return from_text(fmt::format("the record {}", name), *stored, read);
  } catch (const Error& damage) {
    log(Level::warning, Event::record_damaged, damage.what());
    return {};
  }
}

RegistrarEndpoint registrar_of(const Json& json) {
  return {json.at("application-uri").get<std::string>(), json.at("product-uri").get<std::string>(),
          json.at("application-name").get<std::string>(), json.at("discovery-urls").get<std::vector<std::string>>()};
}

Json to_json(const RegistrarEndpoint& registrar) {
  return {{"application-uri", registrar.application_uri},
          {"product-uri", registrar.product_uri},
          {"application-name", registrar.application_name},
          {"discovery-urls", registrar.discovery_urls}};
}

}  // namespace

std::vector<Bytes> OnboardingRecords::tickets() {
  return get<std::vector<Bytes>>(state_, tickets_record, from_base64url);
}

void OnboardingRecords::put_tickets(const std::vector<Bytes>& tickets) {
  state_.put_record(tickets_record, to_text(to_base64url(tickets)));
}

std::vector<RegistrarEndpoint> OnboardingRecords::registrars() {
  return get<std::vector<RegistrarEndpoint>>(state_, registrars_record, [](const Json& json) {
    std::vector<RegistrarEndpoint> registrars;
    for (const Json& registrar : json) registrars.push_back(registrar_of(registrar));
    return registrars;
  });
}

void OnboardingRecords::put_registrars(const std::vector<RegistrarEndpoint>& registrars) {
  Json json = Json::array();
  for (const RegistrarEndpoint& registrar : registrars) json.push_back(to_json(registrar));
  state_.put_record(registrars_record, to_text(json));
}

std::optional<SoftwareStatus> OnboardingRecords::software_status() {
  return get<std::optional<SoftwareStatus>>(state_, software_record, [](const Json& json) {
    return SoftwareStatus{json.at("up-to-date").get<bool>(), json.at("revision").get<std::string>()};
  });
}

void OnboardingRecords::put_software_status(const SoftwareStatus& status) {
  state_.put_record(software_record, to_text({{"up-to-date", status.up_to_date}, {"revision", status.revision}}));
}

}  // namespace edgeseal::agent
