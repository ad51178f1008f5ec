#pragma once

// The device itself behind the bus, in memory.

#include <optional>
#include <string>
#include <vector>

#include "dbus/device_ports.h"
#include "tests/fakes/port_fault.h"

namespace edgeseal::dbus::fake {

class FakeDevice final : public DeviceIdentityPort, public OnboardingPort {
 public:
  Fault fault;
  DeviceInfo info{"urn:example.com:gateway:4711", "4711", "Example", "Gateway 7"};
  std::vector<IdentityInfo> known{{"idevid", "device/identity/idevid", bytes("a certificate"), {}, ""}};
  std::vector<std::string> deficiencies;
  std::vector<IdentityRequest> requests;
  Bytes issued = bytes("a certificate");  // what is made
  std::string state = "unconfigured";
  std::optional<uid_t> configurator;  // the DCA of a device that is ready
  std::vector<Bytes> stored_tickets;
  std::vector<RegistrarInfo> stored_registrars;
  SoftwareStatusInfo status{true, ""};

  DeviceInfo device() const override { return info; }
  void identities(Completion<DeviceIdentities> done) override {
    fault.strike();
    done(DeviceIdentities{known, deficiencies});
  }
  void request_identity(const Caller&, const IdentityRequest& request, Completion<Bytes> done) override {
    fault.strike();
    requests.push_back(request);
    done(bytes("a request"));
  }
  void self_sign_identity(const Caller&, const IdentityRequest& request, Completion<Bytes> done) override {
    fault.strike();
    requests.push_back(request);
    done(Bytes(issued));
  }
  void install_identity(const Caller&, const std::string& kind, const Bytes& certificate,
                        const std::vector<Bytes>& issuers, Completion<std::monostate> done) override {
    fault.strike();
    known.push_back({kind, "device/identity/" + kind, certificate, issuers, ""});
    done(std::monostate{});
  }

  std::string onboarding_state() const override { return state; }
  std::vector<EndpointInfo> endpoints() const override {
    std::vector<EndpointInfo> shown;
    for (const IdentityInfo& identity : known)
      shown.push_back({identity.key_name, identity.certificate, identity.issuer_certificates});
    return shown;
  }
  bool is_singleton() const override { return false; }
  std::vector<std::string> configurable_applications() const override { return {"web"}; }
  bool may_configure(uid_t uid, const std::string&) const override { return configurator == uid; }
  std::vector<Bytes> tickets() const override { return stored_tickets; }
  void set_tickets(const Caller&, const std::vector<Bytes>& tickets) override {
    fault.strike();
    stored_tickets = tickets;
  }
  void add_ticket(const Caller&, const Bytes& ticket) override {
    fault.strike();
    stored_tickets.push_back(ticket);
  }
  void verify_ticket(const Caller&, const Bytes&, const std::vector<Bytes>&, const std::vector<Bytes>&,
                     Completion<TicketInfo> done) override {
    TicketInfo ticket;
    ticket.kind = "device";
    ticket.product_instance_uri = info.product_instance_uri;
    ticket.signatures = {"valid: CN=maker"};
    done(std::move(ticket));
  }
  std::vector<RegistrarInfo> registrars() const override { return stored_registrars; }
  void set_registrars(const Caller&, const std::vector<RegistrarInfo>& registrars) override {
    fault.strike();
    stored_registrars = registrars;
  }
  SoftwareStatusInfo software_status() const override { return status; }
  void set_software_status(const Caller&, const SoftwareStatusInfo& told) override {
    fault.strike();
    status = told;
  }
};

}  // namespace edgeseal::dbus::fake
