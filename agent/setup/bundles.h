#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/answer.h"
#include "agent/audit/audit.h"
#include "agent/event_loop.h"
#include "agent/keys/software_worker.h"
#include "agent/setup/bundle_installation.h"
#include "agent/setup/bundle_judgement.h"
#include "agent/setup/bundle_record.h"
#include "agent/setup/setup.h"
#include "agent/setup/try_counter.h"
#include "agent/state/integrity_seal.h"
#include "agent/state/sealed_record.h"

namespace edgeseal::agent {

// A bundle as somebody brings it.
struct BundleDelivery {
  enum class Protection { pin, none };

  Protection protection = Protection::pin;
  std::string source;                 // for people: "the card in the box", "the service at plant.example"
  std::optional<unsigned> max_tries;  // 3, where nothing is said; 1 to 10
};

// First trust that comes encrypted under a PIN: the ciphertext waits in the state, people are asked for the PIN, each
// try is counted in the TPM before it is made. What was opened goes into force as a whole, until the first contact with
// the server proves or disproves it. Loop's thread.
class Bundles {
 public:
  struct Services {
    EventLoop& loop;
    State& state;
    IntegritySeal& seal;
    TryCounter& tries;
    Setup& setup;
    SoftwareWorker& software;
    const Audit& audit;
    BundleInstallation::Services installation;
  };
  struct Settings {
    bool without_pin = false;  // the channel by which bundles come is as good as a PIN
    DeliveredKeys keys = DeliveredKeys::refused;
    std::chrono::seconds pin_within{std::chrono::minutes(15)};
    std::chrono::seconds verify_within{std::chrono::hours(1)};
  };
  struct World {
    std::function<State::Clock::time_point()> now;      // of day
    std::function<State::Clock::time_point()> elapsed;  // DeviceClock
    std::function<std::vector<std::string>()> device_names;
    std::function<void()> changed;                           // what status() says
    std::function<void(const std::string& session)> wanted;  // a PIN
    std::function<void(const std::string& session, const std::string& outcome)> closed;
  };
  // An administrator answers for what he brings; anybody else needs that setup is open.
  enum class Bringer { service, administrator };

  struct Status {
    std::string session;  // empty: no PIN is wanted
    std::optional<unsigned> remaining_tries;
    std::optional<State::Clock::time_point> deadline;  // time of day
    std::string source;
    std::string url;  // of the server that the last bundle named; empty: none
    std::uint16_t port = 0;
    bool verifying = false;
  };

  static constexpr unsigned default_tries = 3, most_tries = 10;
  static constexpr std::size_t most_used = 64;

  Bundles(const Services& services, Settings settings, World world);

  // Takes the place of one that waits. Answers the session of the question for the PIN; empty: it needed none and is in
  // force. Throws or answers Error{invalid_state} where setup is not open, Error{invalid_argument, request_too_large,
  // not_supported} for what is no bundle, Error{tpm_unavailable} where tries can't be counted.
  void stage(const BundleDelivery& delivery, ByteView content, Bringer bringer, Answer<std::string> answer);

  // Answers warnings. Error{user_access_denied}: the wrong one. Error{busy}: another is being tried, and this one was
  // not counted. Error{invalid_state}: no such session, or setup is not open for a bundle that needs it. Whatever else
  // refuses what the right PIN opened ends it.
  void submit_pin(const std::string& session, ByteView pin, Answer<std::vector<std::string>> answer);
  void discard(const std::string& session);  // throws Error{nothing_to_do}

  // Of the PIN that opened the last bundle, and what that brought for the first enrolment. Each once, and only until
  // the agent ends. Throw Error{nothing_to_do}.
  [[nodiscard]] jose::SecretBytes take_tan();
  [[nodiscard]] jose::SecretBytes take_one_time_secret();

  // The first contact with the server: what the bundle brought stays, or is undone. Throws Error{invalid_state}.
  void report_contact(Verification outcome, const std::string& detail);

  [[nodiscard]] Status status() const;

  // When the seal has opened, and after tries were counted: takes up what the last run left.
  void look();
  void changes_applied(const AppliedChanges& changes);

 private:
  struct Attempt;
  using AttemptPtr = std::shared_ptr<Attempt>;

  void load();
  void keep();
  void replace(BundleRecord record);  // where it can't be written, the one of before counts
  void require_idle() const;
  void require_setup() const;  // where the bundle that waits needs it
  void await_pin(const BundleDelivery& delivery, std::string ciphertext, Bringer bringer, Answer<std::string> answer);
  void begin_tries(Answer<std::string> answer);
  [[nodiscard]] unsigned spent() const;
  void arm();
  void announce();
  void try_pin(const AttemptPtr& attempt);
  void tried(const AttemptPtr& attempt, std::variant<std::shared_ptr<jose::Bundle>, Error> opened);
  void wrong_pin(const AttemptPtr& attempt);
  void accept(std::shared_ptr<jose::Bundle> bundle, Answer<std::monostate> answer);
  void accepted(const AcceptedBundle& bundle);
  void refused(const Error& error);
  void remember_server(const AcceptedBundle& bundle);
  void end_pending(const std::string& outcome, unsigned forgiven_tries = 0);
  void lock_out();
  void lock_setup();
  void resume();
  void resume_installation();
  void settle();
  void end_verifying(Verification outcome, const std::string& detail);
  void tell(Level level, AuditKind kind, const std::string& message, const Audit::Fields& fields = {}) const;

  const Services services_;
  const Settings settings_;
  const World world_;
  BundleInstallation installation_;
  SealedRecord stored_;
  EventLoop::Source timer_;
  bool loaded_ = false, beginning_ = false, trying_ = false, locking_ = false;
  std::string announced_;  // the session that people were asked for
  BundleRecord record_;
  std::optional<AcceptedBundle> installing_;
  jose::SecretBytes tan_, one_time_secret_;
};

}  // namespace edgeseal::agent
