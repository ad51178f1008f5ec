#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/audit/audit.h"
#include "agent/event_loop.h"
#include "agent/setup/setup_state.h"
#include "agent/setup/try_counter.h"
#include "agent/state/state.h"
#include "agent/state/state_anchor.h"

namespace edgeseal::agent {

// How setup may be opened on a device that is not configured: the integrator chooses. The first two need nobody.
enum class OpenWay { by_default, empty_trust_list, presence, password };
[[nodiscard]] std::string_view open_way_name(OpenWay way);      // "empty-trust-list"
[[nodiscard]] OpenWay parse_open_way(const std::string& name);  // throws Error{invalid_argument}

enum class Verification { passed, failed };

// Application setup (OPC 10000-12 Annex G): may somebody without an administrator's right place the first trust of this
// device, and why (not). What State and StateAnchor say leads; here are the window of time, the lock-out, the words.
// Loop's thread.
class Setup {
 public:
  struct Settings {
    std::vector<OpenWay> open_by{OpenWay::by_default};
    std::chrono::seconds window{std::chrono::minutes(15)};          // after presence or a password
    std::chrono::seconds presence_counts{std::chrono::minutes(5)};  // as the proof that a reset asks for
    bool strict = false;                                            // a certificate, too, has to be installed
  };
  struct Services {
    EventLoop& loop;
    State& state;
    const StateAnchor& anchor;
    const Audit& audit;
  };
  using Who = Audit::Fields;  // "caller", "client-thumbprint" ...; for the audit alone

  Setup(const Services& services, Settings settings);

  // What the TPM has counted locks out, too, whatever the disk says.
  void use_tries(TryCounter& tries) { tries_ = &tries; }

  [[nodiscard]] SetupState state() const { return state_of(facts()); }
  // The TPM has said what it thinks of the disk, or that it can't.
  [[nodiscard]] bool knows_disk() const { return services_.anchor.finding() != StateAnchor::Finding::unchecked; }
  // Setup that opens by itself is locked until the TPM has spoken for the disk, which it has not done yet.
  [[nodiscard]] bool awaits_tpm() const;
  // For people: why it is in this state, and what opens it, or what ends it.
  [[nodiscard]] std::string reason() const;
  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] bool opens_by(OpenWay way) const;
  // Programs should offer what setup needs and nothing else.
  [[nodiscard]] bool limited_function() const { return state() != SetupState::operational; }
  [[nodiscard]] std::optional<EventLoop::Time> window_ends() const { return window_ends_; }  // CLOCK_MONOTONIC
  [[nodiscard]] std::chrono::seconds window_remaining() const;                               // 0: none is open

  // For whoever places first trust without an administrator's right. Throws Error{invalid_state}, whose message is
  // reason().
  void require_open() const;
  // Around changes that are applied with `confirm_within`: the state is `verifying` from their commit to the end of
  // the verification, for whose success the caller confirms them. `source`, for people: "the bundle of plant.example".
  void begin_verifying(const std::string& source);
  void end_verifying(Verification outcome);
  // All tries are used up. Survives a restart; ends by presence, by a reset, or when an administrator configures the
  // device.
  void lock_out(const std::string& reason);

  // Somebody is at the device, as a switch or a local service says: opens the window where that is a way to open, and
  // counts as proof of presence for a while.
  void report_presence(const std::string& source, const Who& who);
  void require_password_opens() const;  // throws Error{invalid_state}
  void password_accepted(const Who& who);
  // Ends the window; a setup that is open by itself ends for good, as if the device were configured. Throws
  // Error{invalid_state}.
  void close(const Who& who);
  // Throws Error{user_access_denied} unless somebody was at the device a moment ago.
  void require_presence() const;
  void use_presence() { presence_until_.reset(); }  // it counts no more

  // After State::reset_all(): what locked setup out is over.
  void was_reset(const Who& who);
  // After State or StateAnchor changed, or what else is shown of setup.
  void refresh(const std::string& cause, const Who& who);
  // What any of the above says is another than before. What an observer throws is logged, and goes no further.
  void observe(std::function<void()> changed) { observers_.push_back(std::move(changed)); }

 private:
  [[nodiscard]] SetupFacts facts() const;
  [[nodiscard]] DiskStanding disk() const;
  [[nodiscard]] bool is_locked_out() const;
  void end_lock_out();
  [[nodiscard]] bool opens_by_itself() const;
  void apply(SetupEvent event, const Who& who);
  void open_window();
  void close_window();
  void tell(const std::string& cause, const Who& who);
  [[nodiscard]] std::string open_reason() const;
  [[nodiscard]] std::string locked_reason() const;
  [[nodiscard]] std::string locked_out_reason() const;

  const Services services_;
  const Settings settings_;
  TryCounter* tries_ = nullptr;
  EventLoop::Source timer_;
  std::optional<EventLoop::Time> window_ends_, presence_until_;
  std::string source_;  // of what is verified
  SetupState told_;
  std::vector<std::function<void()>> observers_;
};

}  // namespace edgeseal::agent
