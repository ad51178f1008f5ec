#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "agent/state/state.h"

namespace edgeseal::agent {

// What the updater of the device says of its software (OPC 10000-21 §7.1).
struct SoftwareStatus {
  bool up_to_date = false;
  std::string revision;

  bool operator==(const SoftwareStatus&) const = default;
};

// Where a Registrar is: the ApplicationDescription (OPC 10000-4 §7.2) as far as a device looks at it.
struct RegistrarEndpoint {
  std::string application_uri, product_uri, application_name;
  std::vector<std::string> discovery_urls;

  bool operator==(const RegistrarEndpoint&) const = default;
};

// What onboarding keeps over a restart, each in one record of the state. None is sealed: tickets have the signatures of
// their makers, registrars only say where to ask, and whoever can write the software status of a device onto its disk
// can write its software. What is damaged counts as not there, with a warning in the journal.
class OnboardingRecords {
 public:
  explicit OnboardingRecords(State& state) : state_(state) {}

  [[nodiscard]] std::vector<Bytes> tickets();  // as they came
  void put_tickets(const std::vector<Bytes>& tickets);
  [[nodiscard]] std::vector<RegistrarEndpoint> registrars();
  void put_registrars(const std::vector<RegistrarEndpoint>& registrars);
  [[nodiscard]] std::optional<SoftwareStatus> software_status();
  void put_software_status(const SoftwareStatus& status);

 private:
  State& state_;
};

}  // namespace edgeseal::agent
