#include "agent/onboarding/onboarding_records.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <span>

#include "agent/journal.h"
#include "agent/onboarding/record_names.h"
#include "jose/base64.h"
#include "jose/error.h"

namespace edgeseal::agent {

namespace {

using Json = nlohmann::json;

void put(State& state, std::string_view name, const Json& json) {
  const std::string text = json.dump();
  state.put_record(name, std::as_bytes(std::span(text)));
}

template <class Value, class Read>
Value get(State& state, std::string_view name, const Read& read) {
  const auto stored = state.record(name);
  if (!stored) return {};
  try {
    const auto* text = reinterpret_cast<const char*>(stored->data());
    return read(Json::parse(text, text + stored->size()));
  } catch (const Json::exception& error) {
    log(Level::warning, Event::internal_error, fmt::format("the record {} was damaged: {}", name, error.what()));
  } catch (const jose::Error& error) {
    log(Level::warning, Event::internal_error, fmt::format("the record {} was damaged: {}", name, error.what()));
  }
  return {};
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
  return get<std::vector<Bytes>>(state_, tickets_record, [](const Json& json) {
    std::vector<Bytes> tickets;
    for (const Json& ticket : json)
      tickets.push_back(jose::decode_base64url(ticket.get_ref<const std::string&>(), "ticket"));
    return tickets;
  });
}

void OnboardingRecords::put_tickets(const std::vector<Bytes>& tickets) {
  Json json = Json::array();
  for (const Bytes& ticket : tickets) json.push_back(jose::encode_base64url(ticket));
  put(state_, tickets_record, json);
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
  put(state_, registrars_record, json);
}

std::optional<SoftwareStatus> OnboardingRecords::software_status() {
  return get<std::optional<SoftwareStatus>>(state_, software_record, [](const Json& json) {
    return SoftwareStatus{json.at("up-to-date").get<bool>(), json.at("revision").get<std::string>()};
  });
}

void OnboardingRecords::put_software_status(const SoftwareStatus& status) {
  put(state_, software_record, {{"up-to-date", status.up_to_date}, {"revision", status.revision}});
}

}  // namespace edgeseal::agent
