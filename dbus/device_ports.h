#pragma once

// The services of the device itself behind the bus, in the manner of ports.h.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "dbus/ports.h"

namespace edgeseal::dbus {

// What is said at manufacture; what is empty, the configuration says, or was said before.
struct IdentityRequest {
  std::string kind;  // "idevid", "ldevid"
  std::string product_instance_uri, serial_number, subject;
  std::string key_algorithm;        // "ec-p256" ...
  bool with_idevid_key = false;     // an LDevID for the key pair of the IDevID
  std::uint16_t lifetime_days = 0;  // of a self-signed certificate; 0: without end
};

struct IdentityInfo {
  std::string kind;      // "idevid", "ldevid"
  std::string key_name;  // empty: see `obstacle`
  Bytes certificate;     // DER; empty: the key has none
  std::vector<Bytes> issuer_certificates;
  std::string obstacle;                    // why its key can't be used; empty: it can
  std::uint32_t handle = 0, nv_index = 0;  // of what the manufacturer left in the TPM
};

struct DeviceInfo {
  std::string product_instance_uri, serial_number, manufacturer, model;
};

struct DeviceIdentities {
  std::vector<IdentityInfo> identities;
  std::vector<std::string> deficiencies;  // what OPC 10000-21 §5.1 asks for and they lack, in words
};

// org.edgeseal.DeviceIdentity1
class DeviceIdentityPort {
 public:
  virtual ~DeviceIdentityPort() = default;
  [[nodiscard]] virtual DeviceInfo device() const = 0;
  virtual void identities(Completion<DeviceIdentities> done) = 0;
  virtual void request_identity(const Caller& caller, const IdentityRequest& request, Completion<Bytes> done) = 0;
  virtual void self_sign_identity(const Caller& caller, const IdentityRequest& request, Completion<Bytes> done) = 0;
  virtual void install_identity(const Caller& caller, const std::string& kind, const Bytes& certificate,
                                const std::vector<Bytes>& issuers, Completion<std::monostate> done) = 0;
};

struct EndpointInfo {
  std::string key_name;
  Bytes certificate;
  std::vector<Bytes> issuer_certificates;
};

struct RegistrarInfo {
  std::string application_uri, product_uri, application_name;
  std::vector<std::string> discovery_urls;
};

struct SoftwareStatusInfo {
  bool up_to_date = false;
  std::string revision;
};

// OPC 10000-21 §6.2
struct TicketInfo {
  std::string kind;  // "device", "composite"
  std::string manufacturer_name, model_name, model_version, hardware_revision, software_revision, serial_number;
  std::string manufacture_date, product_instance_uri, composite_instance_uri;
  std::vector<std::string> devices, composites;
  std::vector<Bytes> authorities;       // DER: who issued the certificates of the device
  std::vector<std::string> signatures;  // who signed, or why a signature counts for nothing
};

// org.edgeseal.Onboarding1
class OnboardingPort {
 public:
  virtual ~OnboardingPort() = default;
  [[nodiscard]] virtual std::string onboarding_state() const = 0;
  [[nodiscard]] virtual std::vector<EndpointInfo> endpoints() const = 0;
  [[nodiscard]] virtual bool is_singleton() const = 0;
  [[nodiscard]] virtual std::vector<std::string> configurable_applications() const = 0;
  // Whether this account is that of the DCA, and clients of it may change this other application now.
  [[nodiscard]] virtual bool may_configure(uid_t uid, const std::string& application) const = 0;
  [[nodiscard]] virtual std::vector<Bytes> tickets() const = 0;
  virtual void set_tickets(const Caller& caller, const std::vector<Bytes>& tickets) = 0;
  virtual void add_ticket(const Caller& caller, const Bytes& ticket) = 0;
  virtual void verify_ticket(const Caller& caller, const Bytes& ticket, const std::vector<Bytes>& authorities,
                             const std::vector<Bytes>& crls, Completion<TicketInfo> done) = 0;
  [[nodiscard]] virtual std::vector<RegistrarInfo> registrars() const = 0;
  virtual void set_registrars(const Caller& caller, const std::vector<RegistrarInfo>& registrars) = 0;
  [[nodiscard]] virtual SoftwareStatusInfo software_status() const = 0;
  virtual void set_software_status(const Caller& caller, const SoftwareStatusInfo& status) = 0;
};

}  // namespace edgeseal::dbus
