#include "agent/device/device_ports.h"

#include <fmt/format.h>

#include "agent/call_error.h"
#include "agent/onboarding/ticket_verification.h"

namespace edgeseal::agent {

namespace {

IdentityKind parse_kind(const std::string& name) {
  return name == ldevid_type ? IdentityKind::ldevid : IdentityKind::idevid;
}

DeviceIdentity::Wish wish_of(const dbus::IdentityRequest& request) {
  return {parse_kind(request.kind), request.product_instance_uri, request.serial_number,
          request.subject,          request.key_algorithm,        request.with_idevid_key};
}

dbus::IdentityInfo to_info(const IdentityCertificate& identity) {
  return {kind_name(identity.kind), identity.key_name, identity.certificate, identity.issuers,
          identity.obstacle,        identity.handle,   identity.nv_index};
}

dbus::TicketInfo to_info(const VerifiedTicket& verified) {
  const Ticket& ticket = verified.ticket;
  dbus::TicketInfo info{ticket.kind == TicketKind::device ? "device" : "composite",
                        ticket.manufacturer_name,
                        ticket.model_name,
                        ticket.model_version,
                        ticket.hardware_revision,
                        ticket.software_revision,
                        ticket.serial_number,
                        ticket.manufacture_date,
                        ticket.product_instance_uri,
                        ticket.composite_instance_uri,
                        ticket.devices,
                        ticket.composites,
                        {},
                        {}};
  for (const TicketAuthority& authority : ticket.authorities) info.authorities.push_back(authority.certificate);
  for (const TicketSignature& signature : verified.signatures)
    info.signatures.push_back(signature.problem.empty() ? "valid: " + signature.signer : signature.problem);
  return info;
}

}  // namespace

dbus::DeviceInfo DevicePorts::device() const {
  return translated([&]() -> dbus::DeviceInfo {
    DeviceIdentity& identity = services_.identity;
    return {identity.product_instance_uri(), identity.serial_number(), identity.manufacturer(), identity.model()};
  });
}

void DevicePorts::identities(dbus::Completion<dbus::DeviceIdentities> done) {
  using Found = std::vector<IdentityCertificate>;
  translated([&] {
    services_.identity.all(
        to_answer<Found, dbus::DeviceIdentities>(std::move(done), [&identity = services_.identity](const Found& found) {
          dbus::DeviceIdentities shown{{}, identity.deficiencies(found)};
          for (const IdentityCertificate& each : found) shown.identities.push_back(to_info(each));
          return shown;
        }));
  });
}

template <class Result>
Answer<Result> DevicePorts::told(dbus::Completion<Result> done) const {
  return [this, answer = to_answer(std::move(done))](std::variant<Result, Error> outcome) {
    const bool changed = !std::holds_alternative<Error>(outcome);
    answer(std::move(outcome));
    if (changed) identity_changed_();
  };
}

void DevicePorts::request_identity(const dbus::Caller& caller, const dbus::IdentityRequest& request,
                                   dbus::Completion<dbus::Bytes> done) {
  translated([&] {
    require_unlocked(services_.anchor);
    services_.identity.create_signing_request(owner_of(caller), wish_of(request), told(std::move(done)));
  });
}

void DevicePorts::self_sign_identity(const dbus::Caller& caller, const dbus::IdentityRequest& request,
                                     dbus::Completion<dbus::Bytes> done) {
  translated([&] {
    require_unlocked(services_.anchor);
    std::optional<std::chrono::days> lifetime;
    if (request.lifetime_days != 0) lifetime = std::chrono::days(request.lifetime_days);
    services_.identity.create_self_signed(owner_of(caller), wish_of(request), lifetime, told(std::move(done)));
  });
}

void DevicePorts::install_identity(const dbus::Caller& caller, const std::string& kind, const dbus::Bytes& certificate,
                                   const std::vector<dbus::Bytes>& issuers, dbus::Completion<std::monostate> done) {
  translated([&] {
    require_unlocked(services_.anchor);
    services_.identity.install(owner_of(caller), parse_kind(kind), certificate, issuers, told(std::move(done)));
  });
}

std::string DevicePorts::onboarding_state() const {
  return translated([&] { return std::string(dca_state_name(services_.onboarding.state())); });
}

std::vector<dbus::EndpointInfo> DevicePorts::endpoints() const {
  return translated([&] {
    std::vector<dbus::EndpointInfo> infos;
    for (EndpointCertificate& endpoint : services_.onboarding.endpoints())
      infos.push_back({endpoint.key_name, std::move(endpoint.certificate), std::move(endpoint.issuers)});
    return infos;
  });
}

bool DevicePorts::is_singleton() const {
  return services_.onboarding.is_singleton();
}

std::vector<std::string> DevicePorts::configurable_applications() const {
  return translated([&] { return services_.onboarding.configurable_applications(); });
}

bool DevicePorts::may_configure(uid_t uid, const std::string& application) const {
  return translated([&] {
    return application != device_application_name && services_.onboarding.configures_others() &&
           services_.dca_account() == uid;
  });
}

std::vector<dbus::Bytes> DevicePorts::tickets() const {
  return translated([&] { return services_.onboarding.tickets(); });
}

void DevicePorts::set_tickets(const dbus::Caller&, const std::vector<dbus::Bytes>& tickets) {
  translated([&] {
    require_unlocked(services_.anchor);
    services_.onboarding.set_tickets(tickets);
  });
}

void DevicePorts::add_ticket(const dbus::Caller&, const dbus::Bytes& ticket) {
  translated([&] {
    require_unlocked(services_.anchor);
    services_.onboarding.add_ticket(ticket);
  });
}

void DevicePorts::verify_ticket(const dbus::Caller& caller, const dbus::Bytes& ticket,
                                const std::vector<dbus::Bytes>& authorities, const std::vector<dbus::Bytes>& crls,
                                dbus::Completion<dbus::TicketInfo> done) {
  translated([&] {
    if (verifying_.contains(caller.uid) || verifying_.size() == max_verifying)
      throw Error(Code::busy, fmt::format("a ticket of this account is being verified, or {} of others; try again in a "
                                          "moment",
                                          max_verifying));
    services_.background.submit<dbus::TicketInfo>(
        [ticket, list = TrustList{.trusted_certificates = authorities, .trusted_crls = crls}, now = services_.now()] {
          return to_info(agent::verify_ticket(ticket, list, now));
        },
        [this, account = caller.uid,
         answer = to_answer(std::move(done))](std::variant<dbus::TicketInfo, Error> outcome) {
          verifying_.erase(account);
          answer(std::move(outcome));
        });
    verifying_.insert(caller.uid);
  });
}

std::vector<dbus::RegistrarInfo> DevicePorts::registrars() const {
  return translated([&] {
    std::vector<dbus::RegistrarInfo> infos;
    for (RegistrarEndpoint& registrar : services_.onboarding.registrars())
      infos.push_back({std::move(registrar.application_uri), std::move(registrar.product_uri),
                       std::move(registrar.application_name), std::move(registrar.discovery_urls)});
    return infos;
  });
}

void DevicePorts::set_registrars(const dbus::Caller&, const std::vector<dbus::RegistrarInfo>& registrars) {
  translated([&] {
    std::vector<RegistrarEndpoint> endpoints;
    for (const dbus::RegistrarInfo& info : registrars)
      endpoints.push_back({info.application_uri, info.product_uri, info.application_name, info.discovery_urls});
    services_.onboarding.set_registrars(endpoints);
  });
}

dbus::SoftwareStatusInfo DevicePorts::software_status() const {
  return translated([&]() -> dbus::SoftwareStatusInfo {
    const SoftwareStatus status = services_.onboarding.software_status();
    return {status.up_to_date, status.revision};
  });
}

void DevicePorts::set_software_status(const dbus::Caller&, const dbus::SoftwareStatusInfo& status) {
  translated([&] { services_.onboarding.set_software_status({status.up_to_date, status.revision}); });
}

}  // namespace edgeseal::agent
