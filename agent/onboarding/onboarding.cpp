#include "agent/onboarding/onboarding.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/certificates/opc_ua_names.h"
#include "agent/onboarding/ticket_verification.h"

namespace edgeseal::agent {

namespace {

constexpr std::size_t max_text = 1024;
constexpr std::size_t max_urls = 16;
constexpr std::size_t max_revision = 256;

bool is_line(const std::string& text, std::size_t most) {
  return text.size() <= most &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

bool is_url(const std::string& text) {
  return text.find("://") != std::string::npos && is_line(text, max_text);
}

void require_registrar(const RegistrarEndpoint& registrar) {
  for (const std::string* text : {&registrar.application_uri, &registrar.product_uri, &registrar.application_name})
    if (!is_line(*text, max_text))
      throw Error(Code::invalid_argument, fmt::format("the description of a registrar has texts of at most {} bytes, "
                                                      "without control characters",
                                                      max_text));
  if (registrar.discovery_urls.empty() || registrar.discovery_urls.size() > max_urls ||
      !std::ranges::all_of(registrar.discovery_urls, is_url))
    throw Error(Code::invalid_argument, fmt::format("a registrar has 1 to {} URLs, each of at most {} bytes, e.g. "
                                                    "opc.tcp://registrar.example.com:4840",
                                                    max_urls, max_text));
}

}  // namespace

std::string_view dca_state_name(DcaState state) {
  switch (state) {
    case DcaState::unconfigured: return "unconfigured";
    case DcaState::dca_certificate: return "dca-certificate";
    case DcaState::ready: return "ready";
  }
  return "unconfigured";
}

// A damaged list trusts nobody, and makes no device new again.
bool Onboarding::has_trust() {
  const dbus::GroupName group{device_application_name, application_group};
  try {
    return lists_.has_list(group) && (!lists_.record(group).list.trusted_certificates.empty() || !lists_.intact(group));
  } catch (const Error& unavailable) {
    if (unavailable.code() != Code::tpm_unavailable) throw;
    return state_.trust_list(device_application_name, application_group, TrustListGeneration::current).has_value();
  }
}

// A damaged one is shown to nobody, and makes no device new again, either.
std::vector<EndpointCertificate> Onboarding::own_certificates() {
  std::vector<EndpointCertificate> own;
  const auto device = state_.application(device_application_name);
  if (!device) return own;
  for (const SlotDeclaration& declaration : device->slots) {
    const Slot slot{device_application_name, declaration.group, declaration.certificate_type};
    if (slot.group != application_group) continue;
    try {
      if (auto record = state_.certificate(slot))
        own.push_back({slot.key_name(), std::move(record->certificate), std::move(record->issuers)});
    } catch (const Error& damage) {
      if (damage.code() != Code::security_checks_failed) throw;
      own.push_back({slot.key_name(), {}, {}});
    }
  }
  return own;
}

DcaState Onboarding::state() {
  if (own_certificates().empty() || !has_trust()) return DcaState::unconfigured;
  return software_status().up_to_date ? DcaState::ready : DcaState::dca_certificate;
}

std::vector<EndpointCertificate> Onboarding::endpoints() {
  std::vector<EndpointCertificate> shown;
  if (state() != DcaState::ready)
    for (IdentityCertificate& identity : identity_.usable())
      shown.push_back({identity.key_name, std::move(identity.certificate), std::move(identity.issuers)});
  for (EndpointCertificate& own : own_certificates())
    if (!own.certificate.empty()) shown.push_back(std::move(own));
  return shown;
}

std::vector<std::string> Onboarding::configurable_applications() {
  std::vector<std::string> names;
  if (settings_.singleton) return names;
  for (const ApplicationRecord& application : state_.applications())
    if (application.name != device_application_name) names.push_back(application.name);
  return names;
}

bool Onboarding::configures_others() {
  return !settings_.singleton && state() == DcaState::ready;
}

void Onboarding::set_tickets(const std::vector<Bytes>& tickets) {
  if (tickets.size() > max_tickets)
    throw Error(Code::request_too_large, fmt::format("a device has at most {} tickets", max_tickets));
  for (const Bytes& ticket : tickets) (void)read_ticket(ticket);
  records_.put_tickets(tickets);
}

void Onboarding::add_ticket(const Bytes& ticket) {
  std::vector<Bytes> tickets = records_.tickets();
  if (std::ranges::find(tickets, ticket) != tickets.end())
    throw Error(Code::entry_exists, "the device has this ticket already");
  tickets.push_back(ticket);
  set_tickets(tickets);
}

void Onboarding::set_registrars(const std::vector<RegistrarEndpoint>& registrars) {
  if (registrars.size() > max_registrars)
    throw Error(Code::invalid_argument, fmt::format("at most {} registrars are kept", max_registrars));
  std::ranges::for_each(registrars, require_registrar);
  records_.put_registrars(registrars);
  changed_();
}

SoftwareStatus Onboarding::software_status() {
  return records_.software_status().value_or(SoftwareStatus{!settings_.updater, ""});
}

void Onboarding::set_software_status(const SoftwareStatus& status) {
  if (!is_line(status.revision, max_revision))
    throw Error(Code::invalid_argument,
                fmt::format("a software revision has at most {} bytes, without control characters", max_revision));
  records_.put_software_status(status);
  audit_.record(Level::notice, "software-status",
                fmt::format("the software of the device, revision \"{}\", is {}", status.revision,
                            status.up_to_date ? "up to date" : "behind"),
                {{"revision", status.revision}, {"up-to-date", status.up_to_date ? "true" : "false"}});
  look();
  changed_();
}

void Onboarding::look() {
  const DcaState now = state();
  const auto before = std::exchange(seen_, now);
  if (!before || *before == now) return;
  audit_.record(Level::notice, "onboarding-state", fmt::format("the device is {} now", dca_state_name(now)),
                {{"from", std::string(dca_state_name(*before))}, {"to", std::string(dca_state_name(now))}});
  changed_();
}

}  // namespace edgeseal::agent
