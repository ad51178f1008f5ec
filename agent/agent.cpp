#include "agent/agent.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-id128.h>

#include <algorithm>
#include <csignal>
#include <iterator>

#include "agent/application_info.h"
#include "agent/journal.h"
#include "agent/setup/console.h"
#include "tpm/esys_key_device.h"

namespace edgeseal::agent {

namespace {

constexpr std::chrono::seconds stop_limit{10};  // for requests in work when the agent has to end
constexpr std::chrono::milliseconds stop_step{20};
constexpr std::uint32_t seconds_till_shutdown = 10;  // for the answers of the server to arrive

// Not, or not yet: what comes by itself then has no disk to go to.
bool is_not_known(StateAnchor::Finding finding) {
  return finding == StateAnchor::Finding::unchecked || finding == StateAnchor::Finding::wiped ||
         finding == StateAnchor::Finding::forged;
}

// What machine-id(5) names, or where there is none yet, what this start has; hashed once more for each purpose.
Bytes device_id() {
  sd_id128_t id{};
  if (::sd_id128_get_machine(&id) < 0) (void)::sd_id128_get_boot(&id);
  const auto bytes = std::as_bytes(std::span(id.bytes));
  return {bytes.begin(), bytes.end()};
}

TpmWorker::Opener tpm_opener(const std::string& tcti, const std::optional<Bytes>& recorded_name,
                             std::function<void(tpm::KeyDevice&)> install_approvals) {
  // Later openings in the same run must meet the same storage key as the first one.
  const auto expected = std::make_shared<std::optional<Bytes>>(recorded_name);
  return [tcti, expected, install_approvals = std::move(install_approvals)] {
    tpm::DeviceSettings settings;
    settings.tcti = tcti;
    settings.storage_key_name = *expected;
    auto device = tpm::open_esys_key_device(settings);
    *expected = device->facts().storage_key_name;
    install_approvals(*device);
    return device;
  };
}

std::uint32_t epoll_events(short poll_events) {
  return static_cast<std::uint32_t>(static_cast<unsigned short>(poll_events));
}

}  // namespace

Agent::Agent(const Configuration& configuration, policy::UniqueFd passed_listener)
    : pin_timer_(loop_.add_timer([this] { pin_storage_key(); })),
      terminate_(loop_.add_signal(SIGTERM, [this] { begin_stop(); })),
      interrupt_(loop_.add_signal(SIGINT, [this] { begin_stop(); })),
      state_(configuration.state_directory + "/state"),
      clock_(state_, read_clocks, RetiredKeys::step(configuration.retired_keys)),
      retired_(state_, clock_, configuration.retired_keys),
      policies_(state_, load_pcr_authority(configuration)),
      worker_(loop_, tpm_opener(configuration.tcti, state_.storage_key_name(), policies_.installer()),
              [this] { tpm_changed(); }),
      software_(loop_, {}),
      sealed_(loop_, worker_, software_, configuration.sealed_keys),
      keys_(state_, worker_, sealed_, retired_),
      spares_(loop_, state_, worker_, configuration.spare_keys),
      maker_(state_, worker_, sealed_, keys_, policies_, spares_),
      attestation_(state_, worker_),
      anchor_(loop_, state_, worker_, [this] { anchor_changed(); }),
      audit_([this](const std::string& kind, const Audit::Fields& fields) { audited(kind, fields); }),
      seal_(state_, worker_, [this] { seal_opened(); }),
      lists_(state_, seal_, audit_, configuration.trust_lists,
             [this](const dbus::GroupName& group) { trust_list_changed(group); }),
      background_(loop_),
      setup_({loop_, state_, anchor_, audit_}, configuration.setup),
      tries_(state_, seal_, worker_, [this] { setup_changed(); }),
      password_(
          {state_, seal_, tries_, background_}, configuration.one_time_password, [this] { return loop_.now(); },
          [this] { setup_.lock_out("all tries at the one-time password are used up"); }),
      publication_(configuration.state_directory + "/pki", &background_),
      guarded_(configuration.state_directory + "/pki", background_, [this] { guard_.refresh(); }),
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
      validation_(
          state_, lists_, audit_, configuration.validation, [this] { return time_.now(); },
          [this](const dbus::GroupName& group) { rejected_.changed(group); }),
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
                            configuration.server_configuration),
      alarms_(
          loop_, state_, lists_, audit_, configuration.alarms, [this] { return time_.now(); },
          [this](const dbus::GroupName& group, const Alarm& alarm) { alarm_changed(group, alarm); }),
      adoption_(state_, background_, audit_, adoption_world(configuration)),
      guard_(loop_, background_, audit_, guarded_world(), {}),
      identity_({state_, device_, groups_, keys_, transactions_, attestation_}, configuration.device_identity),
      onboarding_(state_, identity_, lists_, audit_, configuration.onboarding, [this] { onboarding_changed(); }),
      ports_({state_, applications_, groups_, worker_, keys_, sealed_, policies_, attestation_, anchor_, lists_, files_,
              alarms_, guard_, adoption_, setup_},
             {[this](const dbus::ApplicationInfo& application) {
                bus_->application_added(application);
                spares_.refill();
                enrolment_.look();
              },
              [this](const std::string& name) {
                bus_->application_removed(name);
                enrolment_.look();
              },
              [this](const std::string& name, const std::vector<std::string>& access) {
                bus_->access_changed(name, access);
              }}),
      trust_ports_({applications_, groups_, transactions_, lists_, files_, changes_, validation_, alarms_,
                    server_configuration_, anchor_}),
      directory_ports_(adoption_, anchor_),
      device_ports_({identity_, onboarding_, anchor_, [this] { return time_.now(); },
                     [this] { return ports_.account_of(device_application_name); }},
                    [this] { identity_changed(); }),
      inhibitors_(loop_, {}, {[this] { busy_changed(); }, [this] { contact_.now_free(); }}),
      contact_(state_, contact_world()),
      busy_ports_(inhibitors_, contact_),
      setup_ports_({setup_, password_, groups_, anchor_, audit_, is_at_console}),
      staging_({state_, seal_, lists_, groups_, applications_, device_, setup_, audit_}, configuration.staging,
               staging_world()),
      staging_ports_(staging_, anchor_),
      pin_marker_(configuration.state_directory),
      bundles_({loop_, state_, seal_, tries_, setup_, software_, audit_, {lists_, groups_, device_}},
               configuration.bundles, bundles_world()),
      bundle_ports_(bundles_),
      enrolment_({loop_, state_, keys_, lent_, applications_, groups_, transactions_, lists_, identity_, audit_},
                 configuration.enrolment, enrolment_world(), device_id()),
      enrolment_ports_(enrolment_, anchor_) {
  seal_setup_flag(state_, seal_);
  setup_.use_tries(tries_);
  setup_.observe([this] { setup_changed(); });
  server_configuration_.use_setup(setup_);
  validation_.use_setup(setup_);
  applications_.observe(publication_observer());
  keys_.use_trust_lists(lists_);
  declare_applications(configuration.applications);
  device_.follow_configuration();
  applications_.publish_missing();
  policy::UniqueFd listener = passed_listener ? std::move(passed_listener) : listen_on(configuration.key_socket_path);
  key_socket_.emplace(loop_, keys_, std::move(listener), configuration.key_socket);
  key_socket_->use_lent_keys(lent_);
  dbus::ServiceSettings bus_settings;
  bus_settings.admin_group = configuration.admin_group;
  bus_.emplace(
      dbus::Ports{ports_, ports_, trust_ports_, trust_ports_, trust_ports_, directory_ports_, ports_, busy_ports_,
                  device_ports_, device_ports_, setup_ports_, staging_ports_, bundle_ports_, enrolment_ports_},
      bus_settings);
  serve_bus();
  watch_switch(configuration.setup_switch);
  contact_.now_free();
  stop_timer_ = loop_.add_timer([this] { stop_when_answered(); });
}

Agent::~Agent() = default;

// sd-bus tells before each wait anew what it waits for.
void Agent::serve_bus() {
  const auto process = [this] {
    if (!bus_->process()) {
      bus_source_->disable();
      bus_timer_->disable();
      log(Level::error, Event::stopping,
          "the system bus is gone; the agent ends, and the next use of a key starts it again");
      begin_stop();
    }
  };
  bus_source_ = loop_.add_io(bus_->poll_state().fd, EPOLLIN, [process](std::uint32_t) { process(); });
  bus_timer_ = loop_.add_timer(process);
  bus_source_->set_prepare([this] {
    const dbus::Service::PollState wanted = bus_->poll_state();
    bus_source_->set_io_events(epoll_events(wanted.events));
    if (wanted.deadline)
      bus_timer_->set_time(*wanted.deadline);
    else
      bus_timer_->disable();
  });
}

void Agent::device_made(const ApplicationRecord& application) {
  if (bus_) bus_->application_added(application_info(application));
}

void Agent::identity_changed() {
  if (bus_) bus_->identity_changed();
  onboarding_changed();
}

void Agent::onboarding_changed() {
  if (bus_) bus_->onboarding_changed();
}

void Agent::audited(const std::string& kind, const Audit::Fields& fields) {
  if (bus_) bus_->audit_event(kind, fields);
  if (kind == "directory-drift" && bus_) bus_->directories_changed();
}

void Agent::anchor_changed() {
  setup_.refresh("what the TPM remembers", {});
  enrolment_.look();
}

void Agent::setup_changed() {
  if (setup_.state() == SetupState::operational && password_.exists()) password_.discard();
  if (bus_) bus_->setup_state_changed();
  staging_.look();
  bundles_.look();
}

std::vector<std::string> Agent::device_names() {
  std::vector<std::string> names{identity_.serial_number(), identity_.product_instance_uri()};
  std::erase(names, "");
  return names;
}

Bundles::World Agent::bundles_world() {
  return {.now = [this] { return time_.now(); },
          .elapsed = [this] { return clock_.now(); },
          .device_names = [this] { return device_names(); },
          .changed =
              [this] {
                if (bus_) bus_->bundle_changed();
              },
          .wanted =
              [this](const std::string& session) {
                pin_marker_.show(session);
                if (bus_) bus_->pin_wanted();
              },
          .closed =
              [this](const std::string& session, const std::string& outcome) {
                pin_marker_.clear();
                if (bus_) bus_->pin_closed(session, outcome);
              }};
}

Enrolment::World Agent::enrolment_world() {
  return {.clocks =
              [this] {
                using std::chrono::floor;
                using std::chrono::seconds;
                return BestTime::Reading{floor<seconds>(time_.now()), read_time_of_day().synchronised,
                                         floor<seconds>(clock_.now())};
              },
          .busy = [this] { return inhibitors_.busy(); },
          .locked = [this] { return is_not_known(anchor_.finding()); },
          .job_added =
              [this](const Job& job) {
                if (bus_) bus_->job_added(enrolment_ports_.info(job));
              },
          .job_changed =
              [this](const Job& job) {
                if (bus_) bus_->job_changed(job.number);
              },
          .job_removed =
              [this](JobNumber number) {
                if (bus_) bus_->job_removed(number);
              },
          .job_waiting =
              [this](JobNumber number) {
                if (bus_) bus_->job_waiting(number);
              },
          .job_cancelled =
              [this](JobNumber number) {
                if (bus_) bus_->job_cancelled(number);
              },
          .changed =
              [this] {
                if (bus_) bus_->enrolment_changed();
              },
          .expiring =
              [this](const Slot& slot, unsigned days, RenewalTime end, const std::string& needs) {
                if (bus_) bus_->certificate_expiring(slot.key_name(), days, microseconds_of(end), needs);
              }};
}

Staging::World Agent::staging_world() {
  return {[this] {
            const TimeOfDay read = read_time_of_day();
            return TimeOfDay{time_.now(), read.synchronised};
          },
          [this] {
            if (bus_) bus_->staging_changed();
          },
          [this](const std::string& reason) {
            if (bus_) bus_->staging_rolled_back(reason);
          }};
}

void Agent::watch_switch(const SwitchSettings& settings) {
  if (!settings.exists()) return;
  switch_.emplace(
      loop_, [settings] { return open_switch(settings); }, std::chrono::seconds(settings.hold_seconds),
      [this](const std::string& name) {
        setup_.report_presence("the switch " + name, {{"switch", name}});
      });
}

// Until then nobody knows whether the stored lists are good.
void Agent::seal_opened() {
  enrolment_.look();
  onboarding_.look();
  staging_.look();
  bundles_.look();
  applications_.publish_missing();
  guard_publication();
  adoption_.refresh();
  alarms_.look();
}

void Agent::trust_list_changed(const dbus::GroupName& group) {
  keys_.forget_cached();
  if (bus_) bus_->trust_list_changed(group);
  adoption_.trust_list_changed(group);
  alarms_.look();
  onboarding_.look();
  enrolment_.look();
}

void Agent::alarm_changed(const dbus::GroupName& group, const Alarm& alarm) {
  if (bus_) bus_->alarm(group, alarm.kind, alarm.source, alarm.severity, alarm.message);
}

void Agent::group_changed(const dbus::GroupName& group) {
  if (bus_) bus_->group_changed(group);
  alarms_.look();
  onboarding_.look();
  enrolment_.look();
}

void Agent::changes_applied(const AppliedChanges& changes) {
  staging_.changes_applied(changes);
  bundles_.changes_applied(changes);
  if (!bus_) return;
  bus_->changes_applied(changes.application, changes.certificate_groups, changes.trust_lists);
  if (changes.restart_required)
    bus_->shutdown_requested(
        changes.application, seconds_till_shutdown,
        "certificates and trust lists have changed; what you connected with may not work any more");
}

Applications::PublicationObserver Agent::publication_observer() {
  return {[this](const ApplicationRecord& application) { guarded_.expect(application.name, group_names(application)); },
          [this](const ApplicationRecord& application, PublishedGroup group) {
            guarded_.published(application.name, readers_of(application), std::move(group));
          },
          [this](const std::string& application) {
            guarded_.removed(application);
            adoption_.forget(application);
          }};
}

Adoption::World Agent::adoption_world(const Configuration& configuration) {
  return {
      .trust_list = [this](const dbus::GroupName& group) { return lists_.record(group).list; },
      .accounts = [this](const std::string& application) { return readers_of(applications_.get(application)).users; },
      .import = [this](const dbus::Caller& caller, const dbus::GroupName& group, const TrustList& list,
                       Answer<std::monostate> answer) { import_trust(caller, group, list, std::move(answer)); },
      .standing = [this] { return guard_.standing(); },
      .changed = [this] { directories_changed(); },
      .publication = configuration.state_directory + "/pki",
      .max_trust_list_size = lists_.max_size()};
}

void Agent::import_trust(const dbus::Caller& caller, const dbus::GroupName& group, const TrustList& list,
                         Answer<std::monostate> answer) {
  if (transactions_.pending(group.application))
    throw Error(Code::transaction_pending,
                fmt::format("application {} has staged changes; apply or cancel them first", group.application));
  changes_.replace(owner_of(caller), group, list);
  groups_.apply(owner_of(caller), group.application, {}, std::move(answer));
}

void Agent::directories_changed() {
  guard_.refresh();
  if (bus_) bus_->directories_changed();
}

void Agent::busy_changed() {
  enrolment_.look();
  if (bus_) bus_->busy_changed();
}

ContactRequest::World Agent::contact_world() {
  return {[this] { return inhibitors_.busy(); }, [this] { busy_changed(); },
          [this] {
            if (bus_) bus_->contact_due();
          }};
}

// What others changed is written again as a whole.
DirectoryGuard::World Agent::guarded_world() {
  return {[this] {
            std::vector<GuardedDirectory> all = guarded_.directories();
            std::ranges::move(adoption_.directories(), std::back_inserter(all));
            return all;
          },
          [this](const GuardedDirectory& directory, Answer<std::monostate> answer) {
            if (adoption_.has(directory.path)) return adoption_.restore(directory, std::move(answer));
            if (directory.application.empty()) return make_publication_root(std::move(answer));
            applications_.publish_again({directory.application, directory.group}, std::move(answer));
          }};
}

// The guard finds the groups missing in it then, and has them published again.
void Agent::make_publication_root(Answer<std::monostate> answer) {
  const auto make = [this] {
    publication_.make_root();
    return std::monostate{};
  };
  background_.submit<std::monostate>(make, std::move(answer));
}

// What stands in the published directories since the last run of the agent.
void Agent::guard_publication() {
  if (!std::exchange(publication_is_guarded_, true)) applications_.tell_published();
}

void Agent::tpm_changed() {
  const TpmState& tpm = worker_.state();
  sd_notifyf(0, "STATUS=TPM %s%s%s", std::string(health_name(tpm.health)).c_str(), tpm.detail.empty() ? "" : ": ",
             tpm.detail.c_str());
  if (bus_) bus_->tpm_status_changed();
  const bool ready = tpm.health == TpmHealth::ready;
  if (ready && !tpm_was_ready_) tpm_ready();
  tpm_was_ready_ = ready || (tpm_was_ready_ && tpm.health == TpmHealth::slow);
}

void Agent::tpm_ready() {
  pin_storage_key();
  seal_.prepare([this](const std::variant<std::monostate, Error>&) {
    anchor_.check();
    tries_.check([this] {
      password_.check();
      setup_.refresh("what the TPM remembers", {});
    });
  });
  spares_.refill();
}

// Until it is recorded, another chip would not be noticed.
void Agent::pin_storage_key() {
  try {
    if (worker_.state().health == TpmHealth::ready && !state_.storage_key_name())
      state_.record_storage_key_name(worker_.state().facts.storage_key_name);
  } catch (const Error& error) {
    log(Level::error, Event::internal_error, fmt::format("the storage key could not be pinned yet: {}", error.what()));
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
      log(Level::error, Event::application_created,
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
  return worker_.stop(std::chrono::seconds(1));
}

void Agent::begin_stop() {
  if (stop_by_ != EventLoop::Time{}) return;
  stop_by_ = loop_.now() + stop_limit;
  sd_notify(0, "STOPPING=1");
  log(Level::info, Event::stopping, fmt::format("ending; {} requests are still answered", pending()));
  key_socket_->stop_accepting();
  stop_when_answered();
}

void Agent::stop_when_answered() {
  if (pending() == 0 || loop_.now() >= stop_by_) return loop_.stop();
  stop_timer_.set_time(loop_.now() + stop_step);
}

}  // namespace edgeseal::agent
