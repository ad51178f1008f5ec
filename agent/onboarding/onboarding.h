#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/audit/audit.h"
#include "agent/device/device_identity.h"
#include "agent/onboarding/onboarding_records.h"
#include "agent/onboarding/ticket.h"
#include "agent/state/state.h"
#include "agent/trust/trust_lists.h"

namespace edgeseal::agent {

enum class DcaState {
  unconfigured,     // no Registrar has given a certificate and a trust list
  dca_certificate,  // one has; the software of the device may be behind
  ready             // the applications of the device can be configured
};
[[nodiscard]] std::string_view dca_state_name(DcaState state);  // "dca-certificate"

// A certificate that GetEndpoints has to show.
struct EndpointCertificate {
  std::string key_name;
  Bytes certificate;           // DER
  std::vector<Bytes> issuers;  // DER, nearest first
};

// The part of the DCA in device onboarding (OPC 10000-21 §7): its state, which follows from what is configured, what it
// shows to whom, tickets, registrars, software status. The first Registrar wins by the transaction of the application
// `device`, which has one owner. Loop's thread.
class Onboarding {
 public:
  struct Settings {
    bool singleton = false;  // one application, which is the DCA itself (OPC 10000-21 §9.3.3)
    bool updater = false;    // the software counts as behind until somebody says that it is not

    bool operator==(const Settings&) const = default;
  };
  static constexpr std::size_t max_tickets = 16;
  static constexpr std::size_t max_registrars = 16;

  Onboarding(State& state, DeviceIdentity& identity, TrustLists& lists, const Audit& audit, Settings settings,
             std::function<void()> changed)
      : state_(state),
        records_(state),
        identity_(identity),
        lists_(lists),
        audit_(audit),
        settings_(settings),
        changed_(std::move(changed)) {}

  [[nodiscard]] DcaState state();
  // Those of the device identity until the state is `ready`; that of the DCA from the moment that there is one.
  [[nodiscard]] std::vector<EndpointCertificate> endpoints();
  [[nodiscard]] bool is_singleton() const { return settings_.singleton; }
  // Names of the applications that show an ApplicationConfiguration object: none of a singleton.
  [[nodiscard]] std::vector<std::string> configurable_applications();
  // Whether clients of the DCA may change other applications now.
  [[nodiscard]] bool configures_others();

  [[nodiscard]] std::vector<Bytes> tickets() { return records_.tickets(); }
  // Take what read_ticket() takes. Throw Error{request_too_large} for more than max_tickets; add: Error{entry_exists}.
  void set_tickets(const std::vector<Bytes>& tickets);
  void add_ticket(const Bytes& ticket);

  [[nodiscard]] std::vector<RegistrarEndpoint> registrars() { return records_.registrars(); }
  void set_registrars(const std::vector<RegistrarEndpoint>& registrars);  // throws Error{invalid_argument}

  // Up to date and of no revision where nobody has spoken and no updater is configured.
  [[nodiscard]] SoftwareStatus software_status();
  void set_software_status(const SoftwareStatus& status);

  // Tells of what is another than at the last look.
  void look();

 private:
  // Of a damaged one there is the key's name alone.
  [[nodiscard]] std::vector<EndpointCertificate> own_certificates();
  [[nodiscard]] bool has_trust();

  State& state_;
  OnboardingRecords records_;
  DeviceIdentity& identity_;
  TrustLists& lists_;
  const Audit& audit_;
  const Settings settings_;
  const std::function<void()> changed_;
  std::optional<DcaState> seen_;
};

}  // namespace edgeseal::agent
