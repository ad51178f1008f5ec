#pragma once

#include <memory>
#include <optional>

#include "agent/applications.h"
#include "agent/audit/audit.h"
#include "agent/audit/audit_log.h"
#include "agent/audit/audit_log_ports.h"
#include "agent/audit/call_audit.h"
#include "agent/background_worker.h"
#include "agent/bus_ports.h"
#include "agent/bus_turns.h"
#include "agent/busy_ports.h"
#include "agent/certificates/certificate_groups.h"
#include "agent/certificates/server_configuration.h"
#include "agent/certificates/transactions.h"
#include "agent/configuration/configuration.h"
#include "agent/configuration/configuration_ports.h"
#include "agent/configuration/reconfiguration.h"
#include "agent/contact_request.h"
#include "agent/device/attestation.h"
#include "agent/device/device_application.h"
#include "agent/device/device_clock.h"
#include "agent/device/device_identity.h"
#include "agent/device/device_ports.h"
#include "agent/directories/adoption.h"
#include "agent/directories/directory_guard.h"
#include "agent/directories/directory_ports.h"
#include "agent/event_loop.h"
#include "agent/inhibitors.h"
#include "agent/keys/key_maker.h"
#include "agent/keys/key_service.h"
#include "agent/keys/key_socket.h"
#include "agent/keys/lent_keys.h"
#include "agent/keys/pcr_policies.h"
#include "agent/keys/retired_keys.h"
#include "agent/keys/sealed_keys.h"
#include "agent/keys/software_worker.h"
#include "agent/keys/spare_keys.h"
#include "agent/metrics/metrics.h"
#include "agent/onboarding/onboarding.h"
#include "agent/publication/guarded_publication.h"
#include "agent/publication/publication.h"
#include "agent/publication/rejected_publication.h"
#include "agent/renewal/authority_contacts.h"
#include "agent/renewal/enrolment.h"
#include "agent/renewal/enrolment_ports.h"
#include "agent/setup/bundle_ports.h"
#include "agent/setup/bundles.h"
#include "agent/setup/one_time_password.h"
#include "agent/setup/pin_marker.h"
#include "agent/setup/presence_switch.h"
#include "agent/setup/setup.h"
#include "agent/setup/setup_ports.h"
#include "agent/setup/tpm_memory.h"
#include "agent/setup/try_counter.h"
#include "agent/staging/staging.h"
#include "agent/staging/staging_ports.h"
#include "agent/state/integrity_seal.h"
#include "agent/state/state.h"
#include "agent/state/state_anchor.h"
#include "agent/status_line.h"
#include "agent/tpm_worker.h"
#include "agent/trust/peer_validation.h"
#include "agent/trust/time_floor.h"
#include "agent/trust/trust_alarms.h"
#include "agent/trust/trust_list_changes.h"
#include "agent/trust/trust_list_files.h"
#include "agent/trust/trust_lists.h"
#include "agent/trust/trust_ports.h"
#include "dbus/service.h"

namespace edgeseal::agent {

// The whole agent, put together. The members stand in the order in which they need each other.
class Agent {
 public:
  // Takes the state, publishes, opens the bus and the key socket, which is `passed_listener` or, where that is none,
  // one of its own. Throws Error or dbus::CallError where one of them cannot be had; the TPM may come later.
  Agent(const Configuration& configuration, policy::UniqueFd passed_listener);
  ~Agent();

  // Serves until SIGTERM or SIGINT, then answers what is in work. False: a TPM command does not come back, and the
  // process must end without waiting for it.
  [[nodiscard]] bool run();

 private:
  // By the bus, once it is there.
  template <class... Arguments>
  [[nodiscard]] auto tell(void (dbus::Service::*news)(Arguments...)) {
    return [this, news](Arguments... arguments) {
      if (bus_) ((*bus_).*news)(arguments...);
    };
  }
  [[nodiscard]] TimeOfDay time_of_day() { return {time_.now(), read_time_of_day().synchronised}; }
  void declare_applications(const std::vector<ApplicationRecord>& declared);
  void bus_gone();
  void device_made(const ApplicationRecord& application);
  void identity_changed();
  void audit_start();
  void audited(const std::string& kind, const Audit::Fields& fields);
  void seal_opened();
  void trust_list_changed(const dbus::GroupName& group);
  void alarm_changed(const dbus::GroupName& group, const Alarm& alarm);
  void group_changed(const dbus::GroupName& group);
  void look_again();
  void changes_applied(const AppliedChanges& changes);
  [[nodiscard]] Applications::PublicationObserver publication_observer();
  [[nodiscard]] Adoption::World adoption_world();
  [[nodiscard]] DirectoryGuard::World guarded_world();
  void import_trust(const dbus::Caller& caller, const dbus::GroupName& group, const TrustList& list,
                    Answer<std::monostate> answer);
  void directories_changed();
  void busy_changed();
  void look_at_staging();
  void staging_changed();
  [[nodiscard]] ContactRequest::World contact_world();
  void make_publication_root(Answer<std::monostate> answer);
  void guard_publication();
  void anchor_changed();
  void setup_changed();
  [[nodiscard]] bool setup_is_open() const { return setup_.state() == SetupState::setup_open; }
  [[nodiscard]] Staging::World staging_world();
  [[nodiscard]] StagedDownloads::World downloads_world();
  [[nodiscard]] Bundles::World bundles_world();
  [[nodiscard]] Enrolment::World enrolment_world();
  [[nodiscard]] Reconfiguration::World reconfiguration_world();
  [[nodiscard]] std::vector<std::string> device_names();
  void watch_switch(const SwitchSettings& settings);
  void tpm_changed();
  void tpm_ready();
  [[nodiscard]] StatusFacts status_facts();
  void show_status_soon();
  void show_status();
  void pin_storage_key();
  [[nodiscard]] std::size_t pending() const { return worker_.pending() + software_.pending() + background_.pending(); }
  void begin_stop();
  void stop_when_answered();

  EventLoop loop_;
  EventLoop::Source pin_timer_, status_timer_;
  EventLoop::Time status_due_ = EventLoop::Time::max();
  std::string shown_status_;
  EventLoop::Source terminate_, interrupt_;  // before any thread: the signals must be blocked in all of them
  State state_;
  DeviceClock clock_;
  RetiredKeys retired_;
  PcrPolicies policies_;
  std::shared_ptr<CommandTimes> command_times_;
  TpmWorker worker_;
  SoftwareWorker software_;
  SealedKeys sealed_;
  AuditCounts audit_counts_;
  Audit audit_;
  IntegritySeal seal_;
  TrustLists lists_;
  KeyService keys_;
  LentKeys lent_;
  SpareKeys spares_;
  KeyMaker maker_;
  Attestation attestation_;
  StateAnchor anchor_;
  BackgroundWorker background_;
  AuditLog audit_log_;
  CallAudit call_audit_;
  Setup setup_;
  TryCounter tries_;
  OneTimePassword password_;
  TpmMemory memory_;
  Publication publication_;
  GuardedPublication guarded_;
  Applications applications_;
  BackgroundWorker::End background_end_{background_};  // work uses the publication
  DeviceApplication device_;
  Transactions transactions_;
  CertificateGroups groups_;
  TimeFloor time_;
  RejectedPublication rejected_;
  PeerValidation validation_;
  TrustListFiles files_;
  TrustListChanges changes_;
  ServerConfiguration server_configuration_;
  TrustAlarms alarms_;
  Adoption adoption_;
  DirectoryGuard guard_;
  DeviceIdentity identity_;
  Onboarding onboarding_;
  AuditLogPorts audit_log_ports_;
  BusPorts ports_;
  TrustPorts trust_ports_;
  DirectoryPorts directory_ports_;
  DevicePorts device_ports_;
  Inhibitors inhibitors_;
  ContactRequest contact_;
  BusyPorts busy_ports_;
  SetupPorts setup_ports_;
  Staging staging_;
  StagedDownloads downloads_;
  StagingPorts staging_ports_;
  PinMarker pin_marker_;
  Bundles bundles_;
  BundlePorts bundle_ports_;
  Enrolment enrolment_;
  AuthorityContacts authority_contacts_;
  EnrolmentPorts enrolment_ports_;
  Metrics metrics_;
  Reconfiguration reconfiguration_;
  ConfigurationPorts configuration_ports_;
  std::optional<dbus::Service> bus_;
  std::optional<BusTurns> bus_turns_;
  std::optional<KeySocket> key_socket_;
  std::optional<PresenceSwitch> switch_;
  bool tpm_was_well_ = false, publication_is_guarded_ = false;
  EventLoop::Source stop_timer_;
  EventLoop::Time stop_by_{};
};

}  // namespace edgeseal::agent
