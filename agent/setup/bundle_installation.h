#pragma once

#include <memory>
#include <string>

#include "agent/answer.h"
#include "agent/certificates/certificate_groups.h"
#include "agent/device/device_application.h"
#include "agent/trust/trust_lists.h"
#include "jose/bundle/bundle.h"

namespace edgeseal::agent {

// Puts a bundle into force: its anchors become the trust list of device/provisioning, its certificate and key those of
// device/application, all in one transaction that waits to be confirmed. Loop's thread.
class BundleInstallation {
 public:
  struct Services {
    TrustLists& lists;
    CertificateGroups& groups;
    DeviceApplication& device;
  };

  BundleInstallation(const Services& services, std::chrono::seconds confirm_within)
      : services_(services), confirm_within_(confirm_within) {}

  // `prepared`: all is staged; the digest of the list that it will be. What it throws is the answer, and nothing
  // changes. The key is overwritten in `bundle` once it is imported.
  using Prepared = std::function<void(const std::string& trust)>;
  void install(std::shared_ptr<jose::Bundle> bundle, State::Clock::time_point now, Prepared prepared,
               Answer<std::monostate> answer);
  void confirm();
  void undo();

  // SHA-256 of the list in force, hexadecimal.
  [[nodiscard]] std::string trust() const;

 private:
  [[nodiscard]] Slot slot_for(const jose::Bundle& bundle);
  void apply(const jose::Bundle& bundle, State::Clock::time_point now, const Prepared& prepared,
             Answer<std::monostate> answer);

  const Services services_;
  const std::chrono::seconds confirm_within_;
};

}  // namespace edgeseal::agent
