#include "dbus/device_object.h"

#include <utility>

#include "dbus/arguments.h"
#include "dbus/completions.h"
#include "dbus/device_arguments.h"
#include "dbus/object_path.h"
#include "dbus/trust_arguments.h"

namespace edgeseal::dbus {
namespace {

constexpr const char* kDeviceApplication = "device";
constexpr Bounds kTickets{0, 16};
constexpr Bounds kTicketBytes{1, 65536};
constexpr Bounds kAuthorities{1, 64};
constexpr Bounds kCrls{0, 64};

}  // namespace

DeviceObject::DeviceObject(sdbus::IConnection& connection, DeviceIdentityPort& identity, OnboardingPort& onboarding,
                           Guard& guard)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(kDevicePath)),
      identity_(identity),
      onboarding_(onboarding),
      guard_(guard) {
  registerAdaptor();
}

void DeviceObject::GetIdentities(sdbus::Result<std::vector<VariantMap>, std::vector<std::string>>&& result) {
  guard_.run(
      "org.edgeseal.DeviceIdentity1.GetIdentities", getObject(), "", std::move(result),
      [&port = identity_](const Caller&, const auto& reply) {
        port.identities(reply->template completion<DeviceIdentities>([](auto& open, const DeviceIdentities& found) {
          open.succeed(to_maps(found.identities, to_map), found.deficiencies);
        }));
      });
}

void DeviceObject::CreateSigningRequest(sdbus::Result<ByteArray>&& result, std::string kind, VariantMap options) {
  guard_.run("org.edgeseal.DeviceIdentity1.CreateSigningRequest", getObject(), "", std::move(result),
             [&port = identity_, kind = std::move(kind), options = std::move(options)](const Caller& caller,
                                                                                       const auto& reply) {
               port.request_identity(caller, identity_request(kind, options), answer_bytes(reply));
             });
}

void DeviceObject::CreateSelfSignedCertificate(sdbus::Result<ByteArray>&& result, std::string kind,
                                               VariantMap options) {
  guard_.run("org.edgeseal.DeviceIdentity1.CreateSelfSignedCertificate", getObject(), "", std::move(result),
             [&port = identity_, kind = std::move(kind), options = std::move(options)](const Caller& caller,
                                                                                       const auto& reply) {
               port.self_sign_identity(caller, self_signed_identity_request(kind, options), answer_bytes(reply));
             });
}

void DeviceObject::InstallCertificate(sdbus::Result<>&& result, std::string kind, ByteArray certificate,
                                      ByteArrays issuers) {
  guard_.run("org.edgeseal.DeviceIdentity1.InstallCertificate", getObject(), "", std::move(result),
             [&port = identity_, kind = std::move(kind), certificate = std::move(certificate),
              issuers = std::move(issuers)](const Caller& caller, const auto& reply) {
               check_identity_kind(kind);
               check_size("certificate", certificate.size(), kCertificateBytes);
               port.install_identity(caller, kind, to_bytes(certificate),
                                     bounded("issuerCertificates", issuers, kIssuers, kCertificateBytes), done(reply));
             });
}

std::string DeviceObject::ProductInstanceUri() {
  return guard_.read("org.edgeseal.DeviceIdentity1.ProductInstanceUri",
                     [this] { return identity_.device().product_instance_uri; });
}

std::string DeviceObject::SerialNumber() {
  return guard_.read("org.edgeseal.DeviceIdentity1.SerialNumber", [this] { return identity_.device().serial_number; });
}

std::string DeviceObject::Manufacturer() {
  return guard_.read("org.edgeseal.DeviceIdentity1.Manufacturer", [this] { return identity_.device().manufacturer; });
}

std::string DeviceObject::Model() {
  return guard_.read("org.edgeseal.DeviceIdentity1.Model", [this] { return identity_.device().model; });
}

void DeviceObject::GetEndpoints(sdbus::Result<std::vector<VariantMap>>&& result) {
  guard_.run("org.edgeseal.Onboarding1.GetEndpoints", getObject(), "", std::move(result),
             [&port = onboarding_](const Caller&) { return to_maps(port.endpoints(), to_map); });
}

void DeviceObject::RequestTickets(sdbus::Result<ByteArrays>&& result) {
  guard_.run("org.edgeseal.Onboarding1.RequestTickets", getObject(), "", std::move(result),
             [&port = onboarding_](const Caller&) { return to_arrays(port.tickets()); });
}

void DeviceObject::SetTickets(sdbus::Result<>&& result, ByteArrays tickets) {
  guard_.run("org.edgeseal.Onboarding1.SetTickets", getObject(), "", std::move(result),
             [&port = onboarding_, tickets = std::move(tickets)](const Caller& caller) {
               port.set_tickets(caller, bounded("tickets", tickets, kTickets, kTicketBytes));
             });
}

void DeviceObject::AddTicket(sdbus::Result<>&& result, ByteArray ticket) {
  guard_.run("org.edgeseal.Onboarding1.AddTicket", getObject(), "", std::move(result),
             [&port = onboarding_, ticket = std::move(ticket)](const Caller& caller) {
               check_size("ticket", ticket.size(), kTicketBytes);
               port.add_ticket(caller, to_bytes(ticket));
             });
}

void DeviceObject::VerifyTicket(sdbus::Result<VariantMap>&& result, ByteArray ticket, ByteArrays authorities,
                                ByteArrays crls) {
  guard_.run("org.edgeseal.Onboarding1.VerifyTicket", getObject(), "", std::move(result),
             [&port = onboarding_, ticket = std::move(ticket), authorities = std::move(authorities),
              crls = std::move(crls)](const Caller& caller, const auto& reply) {
               check_size("ticket", ticket.size(), kTicketBytes);
               port.verify_ticket(caller, to_bytes(ticket),
                                  bounded("authorities", authorities, kAuthorities, kCertificateBytes),
                                  bounded("crls", crls, kCrls, kCertificateBytes),
                                  reply->template completion<TicketInfo>(
                                      [](auto& open, const TicketInfo& found) { open.succeed(to_map(found)); }));
             });
}

void DeviceObject::SetRegistrarEndpoints(sdbus::Result<>&& result, std::vector<VariantMap> given, VariantMap options) {
  guard_.run_delegated("org.edgeseal.Onboarding1.SetRegistrarEndpoints", getObject(), kDeviceApplication,
                       std::move(result), std::move(options),
                       [&port = onboarding_, given = std::move(given)](const Caller& caller) {
                         port.set_registrars(caller, registrars(given));
                       });
}

void DeviceObject::SetSoftwareStatus(sdbus::Result<>&& result, bool up_to_date, std::string revision) {
  guard_.run("org.edgeseal.Onboarding1.SetSoftwareStatus", getObject(), "", std::move(result),
             [&port = onboarding_, up_to_date, revision = std::move(revision)](const Caller& caller) {
               port.set_software_status(caller, {up_to_date, revision});
             });
}

std::string DeviceObject::State() {
  return guard_.read("org.edgeseal.Onboarding1.State", [this] { return onboarding_.onboarding_state(); });
}

bool DeviceObject::IsSingleton() {
  return guard_.read("org.edgeseal.Onboarding1.IsSingleton", [this] { return onboarding_.is_singleton(); });
}

std::vector<std::string> DeviceObject::Applications() {
  return guard_.read("org.edgeseal.Onboarding1.Applications",
                     [this] { return onboarding_.configurable_applications(); });
}

std::vector<VariantMap> DeviceObject::Registrars() {
  return guard_.read("org.edgeseal.Onboarding1.Registrars",
                     [this] { return to_maps(onboarding_.registrars(), to_map); });
}

bool DeviceObject::SoftwareUpToDate() {
  return guard_.read("org.edgeseal.Onboarding1.SoftwareUpToDate",
                     [this] { return onboarding_.software_status().up_to_date; });
}

std::string DeviceObject::SoftwareRevision() {
  return guard_.read("org.edgeseal.Onboarding1.SoftwareRevision",
                     [this] { return onboarding_.software_status().revision; });
}

void DeviceObject::identity_changed() {
  getObject().emitPropertiesChangedSignal(org::edgeseal::DeviceIdentity1_adaptor::INTERFACE_NAME);
}

void DeviceObject::onboarding_changed() {
  getObject().emitPropertiesChangedSignal(org::edgeseal::Onboarding1_adaptor::INTERFACE_NAME);
}

}  // namespace edgeseal::dbus
