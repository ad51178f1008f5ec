#include "agent/agent.h"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-id128.h>

#include <csignal>
#include <filesystem>

#include "agent/failure.h"
#include "agent/journal.h"
#include "agent/metrics/timed_key_device.h"
#include "agent/setup/console.h"
#include "tpm/esys_key_device.h"

namespace edgeseal::agent {

namespace {

constexpr std::chrono::seconds stop_limit{10};  // for requests in work when the agent has to end
constexpr std::chrono::milliseconds stop_step{20};
constexpr std::chrono::milliseconds status_pause{200};  // from a change to the line that shows it, and others with it
constexpr std::chrono::hours status_step{1};            // "in 12 d" is true for a time only

// What machine-id(5) names, or where there is none yet, what this start has; hashed once more for each purpose.
Bytes device_id() {
  sd_id128_t id{};
  if (::sd_id128_get_machine(&id) < 0) (void)::sd_id128_get_boot(&id);
  const auto bytes = std::as_bytes(std::span(id.bytes));
  return {bytes.begin(), bytes.end()};
}

// The service manager may have the socket somewhere else than the configuration says.
Places places_of(const Configuration& configuration, const policy::UniqueFd& passed_listener) {
  return {std::filesystem::path(configuration.path).parent_path(), configuration.state_directory,
          passed_listener ? socket_path(passed_listener.get()) : configuration.key_socket_path};
}

NamedAccounts named_in(const Configuration& configuration) {
  return {configuration.enrolment.account, configuration.admin_group};
}

TpmWorker::Opener tpm_opener(const std::string& tcti, const std::optional<Bytes>& recorded_name,
                             std::function<void(tpm::KeyDevice&)> install_approvals,
                             std::shared_ptr<CommandTimes> times) {
  // Later openings in the same run must meet the same storage key as the first one.
  const auto expected = std::make_shared<std::optional<Bytes>>(recorded_name);
  return [tcti, expected, install_approvals = std::move(install_approvals),
          times = std::move(times)]() -> std::unique_ptr<tpm::KeyDevice> {
    tpm::DeviceSettings settings;
    settings.tcti = tcti;
    settings.storage_key_name = *expected;
    auto device = tpm::open_esys_key_device(settings);
    *expected = device->facts().storage_key_name;
    install_approvals(*device);
    return std::make_unique<TimedKeyDevice>(std::move(device), times);
  };
}

}  // namespace

Agent::Agent(const Configuration& configuration, policy::UniqueFd passed_listener)
    : pin_timer_(loop_.add_timer([this] { pin_storage_key(); })),
      status_timer_(loop_.add_timer([this] { show_status(); })),
      terminate_(loop_.add_signal(SIGTERM, [this] { begin_stop(); })),
      interrupt_(loop_.add_signal(SIGINT, [this] { begin_stop(); })),
      state_(configuration.state_directory + "/state"),
      clock_(state_, read_clocks, RetiredKeys::step(configuration.retired_keys)),
      retired_(state_, clock_, configuration.retired_keys),
      policies_(state_, configuration.pcr_authority, configuration.declared.approvals),
      command_times_(std::make_shared<CommandTimes>()),
      worker_(loop_, tpm_opener(configuration.tcti, state_.storage_key_name(), policies_.installer(), command_times_),
              [this] { tpm_changed(); }),
      software_(loop_, {}),
      sealed_(loop_, worker_, software_, configuration.sealed_keys),
      audit_([this](const std::string& kind, const Audit::Fields& fields) { audited(kind, fields); }),
      seal_(state_, worker_, [this] { seal_opened(); }),
      lists_(state_, seal_, audit_, configuration.trust_lists,
             [this](const dbus::GroupName& group) { trust_list_changed(group); }),
      keys_(state_, worker_, sealed_, retired_, lists_),
      spares_(loop_, state_, worker_, configuration.spare_keys),
      maker_(state_, worker_, sealed_, keys_, policies_, spares_),
      attestation_(state_, worker_),
      anchor_(loop_, state_, worker_, [this] { anchor_changed(); }),
      background_(loop_),
      audit_log_(loop_, background_, AuditAnchor(state_, seal_), configuration.state_directory + "/audit",
                 configuration.audit, tell(&dbus::Service::audit_kept)),
      call_audit_(audit_log_, [this] { return loop_.now(); }),
      setup_({loop_, state_, anchor_, audit_}, configuration.setup),
      tries_(state_, seal_, worker_, [this] { setup_changed(); }),
      password_(
          {state_, seal_, tries_, background_}, configuration.one_time_password, [this] { return loop_.now(); },
          [this] { setup_.lock_out("all tries at the one-time password are used up"); }),
      memory_({loop_, seal_, anchor_, tries_},
              [this] {
                password_.check();
                setup_.refresh("what the TPM remembers", {});
              }),
      publication_(configuration.state_directory + "/pki", &background_),
      guarded_(publication_.root_path(), background_, [this] { guard_.refresh(); }),
      applications_(state_, keys_, publication_, background_,
                    [this](const dbus::GroupName& group) { return lists_.record(group).list; }),
      device_(applications_, configuration.device,
              [this](const ApplicationRecord& application) { device_made(application); }),
      transactions_([this] { return time_.now(); },
                    [this](const std::string& application, const StagedChanges& changes) {
                      groups_.dropped(application, changes);
                    }),
      groups_(loop_, {state_, keys_, anchor_, applications_, retired_, transactions_, lists_, audit_}, maker_,
              {configuration.validation.strength},
              {[this](const dbus::GroupName& group) { group_changed(group); },
               [this](const TransactionOwner& by) { setup_.refresh("configuration", fields_of(by)); },
               [this](const AppliedChanges& changes) { changes_applied(changes); }}),
      time_(state_),
      rejected_(loop_,
                [this](const dbus::GroupName& group, Answer<std::monostate> answer) {
                  applications_.publish_again(group, std::move(answer));
                },
                {}),
      validation_(state_, lists_, audit_, configuration.validation,
                  {[this] { return time_.now(); }, [this] { return setup_is_open(); },
                   [this](const dbus::GroupName& group) { rejected_.changed(group); }}),
      files_(loop_, lists_, transactions_, configuration.trust_list_files,
             [this](const TransactionOwner& owner, const dbus::GroupName& group, const TrustList& list) {
               changes_.replace(owner, group, list);
             }),
      changes_(
          lists_, transactions_, files_, [this] { return time_.now(); },
          [this](const TransactionOwner& owner, const dbus::GroupName&, CheckedTrustList list) {
            groups_.stage_trust_list(owner, std::move(list));
          }),
      server_configuration_(state_, applications_, groups_, transactions_, lists_, validation_, audit_,
                            configuration.server_configuration, [this] { return setup_is_open(); }),
      alarms_(
          loop_, state_, lists_, audit_, configuration.alarms, [this] { return time_.now(); },
          [this](const dbus::GroupName& group, const Alarm& alarm) { alarm_changed(group, alarm); }),
      adoption_(state_, background_, audit_, adoption_world()),
      guard_(loop_, background_, audit_, guarded_world(), {}),
      identity_({state_, device_, groups_, keys_, transactions_, attestation_}, configuration.device_identity),
      onboarding_(state_, identity_, lists_, audit_, configuration.onboarding,
                  tell(&dbus::Service::onboarding_changed)),
      audit_log_ports_(audit_log_),
      ports_({state_, applications_, groups_, worker_, keys_, sealed_, policies_, attestation_, anchor_, lists_, files_,
              alarms_, guard_, setup_, call_audit_, places_of(configuration, passed_listener), named_in(configuration)},
             {[this](const dbus::ApplicationInfo& application) {
                show_status_soon();
                bus_->application_added(application);
                spares_.refill();
                enrolment_.look();
              },
              [this](const std::string& name) {
                show_status_soon();
                bus_->application_removed(name);
                enrolment_.look();
              },
              [this](const std::string& name, const std::vector<std::string>& access) {
                bus_->access_changed(name, access);
              }}),
      trust_ports_({applications_, groups_, transactions_, lists_, files_, changes_, validation_, alarms_,
                    server_configuration_, anchor_}),
      directory_ports_(state_, adoption_, anchor_),
      device_ports_({identity_, onboarding_, anchor_, background_, [this] { return time_.now(); },
                     [this] { return ports_.account_of(device_application_name); }},
                    [this] { identity_changed(); }),
      inhibitors_(loop_, {}, {[this] { busy_changed(); }, [this] { contact_.now_free(); }}),
      contact_(state_, contact_world()),
      busy_ports_(inhibitors_, contact_),
      setup_ports_({setup_, password_, groups_, anchor_, audit_, is_at_console}),
      staging_({state_, seal_, lists_, groups_, applications_, device_, setup_, audit_}, configuration.staging,
               staging_world()),
      downloads_(loop_, staging_, downloads_world(), {}),
      staging_ports_(staging_, downloads_, anchor_),
      pin_marker_(configuration.state_directory),
      bundles_({loop_, state_, seal_, tries_, setup_, software_, audit_, {lists_, groups_, device_}},
               configuration.bundles, bundles_world()),
      bundle_ports_(bundles_),
      enrolment_({loop_, state_, keys_, lent_, applications_, groups_, lists_, identity_, audit_},
                 configuration.enrolment, enrolment_world(), device_id()),
      authority_contacts_(loop_, enrolment_, tell(&dbus::Service::contact_waiting), {}),
      enrolment_ports_(enrolment_, authority_contacts_, anchor_),
      metrics_({worker_, *command_times_, state_, enrolment_, alarms_, guard_, setup_, inhibitors_, audit_counts_,
                audit_log_, ports_.calls(), [this] { return time_of_day(); },
                [this] { return key_socket_ ? &*key_socket_ : nullptr; }}),
      reconfiguration_({state_, seal_, anchor_, applications_, groups_, transactions_, lists_, changes_, adoption_,
                        enrolment_, setup_, audit_, policies_, worker_},
                       reconfiguration_world(), configuration),
      configuration_ports_(reconfiguration_) {
  audit_.use_log(audit_log_);
  audit_log_.tell([this](const std::string& kind, const Audit::Fields& fields) { audited(kind, fields); });
  audit_start();
  seal_setup_flag(state_, seal_);
  setup_.use_tries(tries_);
  setup_.observe([this] { setup_changed(); });
  applications_.observe(publication_observer());
  declare_applications(configuration.declared.applications);
  reconfiguration_.start();
  device_.follow_configuration();
  applications_.publish_missing();
  policy::UniqueFd listener = passed_listener ? std::move(passed_listener) : listen_on(configuration.key_socket_path);
  key_socket_.emplace(loop_, keys_, lent_, std::move(listener), configuration.key_socket);
  dbus::ServiceSettings bus_settings;
  bus_settings.admin_group = configuration.admin_group;
  bus_.emplace(dbus::Ports{ports_, ports_, trust_ports_, trust_ports_, trust_ports_, directory_ports_, ports_, ports_,
                           busy_ports_, device_ports_, device_ports_, setup_ports_, staging_ports_, bundle_ports_,
                           enrolment_ports_, audit_log_ports_, metrics_, configuration_ports_},
               bus_settings);
  bus_turns_.emplace(loop_, *bus_, [this] { bus_gone(); });
  watch_switch(configuration.setup_switch);
  contact_.now_free();
  stop_timer_ = loop_.add_timer([this] { stop_when_answered(); });
}

Agent::~Agent() = default;

void Agent::bus_gone() {
  log(Level::error, Event::bus_lost,
      "the system bus is gone; the agent ends, and the next use of a key starts it again");
  begin_stop();
}

// What has come over the device since the last entry, as far as an auditor can tell.
void Agent::audit_start() {
  audit_.record(Level::notice, "agent-started", fmt::format("edgeseald {} starts", EDGESEAL_VERSION),
                {{"version", EDGESEAL_VERSION}, {"state-generation", std::to_string(state_.generation())}});
}

void Agent::watch_switch(const SwitchSettings& settings) {
  if (!settings.exists()) return;
  switch_.emplace(
      loop_, [settings] { return open_switch(settings); }, std::chrono::seconds(settings.hold_seconds),
      [this](const std::string& name) {
        setup_.report_presence("the switch " + name, {{"switch", name}});
      });
}

void Agent::tpm_changed() {
  show_status();
  if (bus_) bus_->tpm_status_changed();
  const TpmHealth health = worker_.state().health;
  const bool well = is_well(health);
  if (well && !tpm_was_well_) tpm_ready();
  tpm_was_well_ = well;
}

StatusFacts Agent::status_facts() {
  const TpmState& tpm = worker_.state();
  StatusFacts facts;
  facts.tpm = health_name(tpm.health);
  facts.tpm_detail = tpm.detail;
  facts.applications = applications_.list().size();
  facts.drift = guard_.standing().size();
  facts.setup = setup_state_name(setup_.state());
  facts.now = std::chrono::floor<std::chrono::seconds>(time_.now());
  for (const auto& [kind, count] : alarms_.count()) facts.alarms += count;
  for (const Enrolment::Renewal& renewal : enrolment_.renewals()) {
    if (!renewal.needs.empty()) facts.held_up.push_back(renewal.slot.key_name());
    if (!renewal.needs.empty() || !renewal.due) continue;
    if (!facts.next_renewal || *renewal.due < facts.next_renewal->due)
      facts.next_renewal = {renewal.slot.key_name(), *renewal.due};
  }
  return facts;
}

// Events that keep coming don't put it off.
void Agent::show_status_soon() {
  status_due_ = std::min<EventLoop::Time>(status_due_, loop_.now() + status_pause);
  status_timer_.set_time(status_due_);
}

void Agent::show_status() {
  status_due_ = loop_.now() + status_step;
  status_timer_.set_time(status_due_);
  if (stop_by_ != EventLoop::Time{}) return;  // the line says that it ends
  try {
    const std::string line = status_line(status_facts());
    if (std::exchange(shown_status_, line) != line) sd_notifyf(0, "STATUS=%s", line.c_str());
  } catch (const Error& error) {
    log_failure(Level::error, "the status can't be told", error);
  }
}

void Agent::tpm_ready() {
  pin_storage_key();
  memory_.recall();
  spares_.refill();
}

// Until it is recorded, another chip would not be noticed.
void Agent::pin_storage_key() {
  try {
    if (is_well(worker_.state().health) && !state_.storage_key_name())
      state_.record_storage_key_name(worker_.state().facts.storage_key_name);
  } catch (const Error& error) {
    log_failure(Level::error, "the storage key could not be pinned yet", error);
    pin_timer_.set_time(loop_.now() + std::chrono::minutes(1));
  }
}

// A file with a mistake costs its own application the change, not every program of the device its key.
void Agent::declare_applications(const std::vector<ApplicationRecord>& declared) {
  for (const ApplicationRecord& application : declared) {
    try {
      applications_.declare(application);
    } catch (const Error& error) {
      if (error.code() != Code::invalid_argument) throw;
      log(Level::error, Event::configuration_not_in_force,
          fmt::format("{} is not applied: {}", application.origin, error.what()),
          {{"APPLICATION", application.name}, {"ORIGIN", application.origin}});
    }
  }
  applications_.withdraw_undeclared(declared);
}

bool Agent::run() {
  loop_.watch();
  sd_notify(0, "READY=1");
  log(Level::info, Event::started, fmt::format("edgeseald {} is ready", EDGESEAL_VERSION));
  loop_.run();
  retired_.record();
  audit_log_.close();
  return worker_.stop(std::chrono::seconds(1));
}

void Agent::begin_stop() {
  if (stop_by_ != EventLoop::Time{}) return;
  stop_by_ = loop_.now() + stop_limit;
  sd_notify(0, "STOPPING=1\nSTATUS=ending; what is in work is still answered");
  log(Level::info, Event::stopping, fmt::format("ending; {} requests are still answered", pending()));
  key_socket_->stop_accepting();
  stop_when_answered();
}

void Agent::stop_when_answered() {
  if (pending() == 0 || loop_.now() >= stop_by_) return loop_.stop();
  stop_timer_.set_time(loop_.now() + stop_step);
}

}  // namespace edgeseal::agent
