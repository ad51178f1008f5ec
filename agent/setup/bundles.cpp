#include "agent/setup/bundles.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>

#include "agent/by_itself.h"
#include "agent/failure.h"
#include "agent/openssl.h"
#include "agent/scoped_flag.h"
#include "jose/bundle/code.h"
#include "jose/jwe.h"

// A bundle up to its opening. bundle_acceptance.cpp has the rest.
namespace edgeseal::agent {

namespace {

constexpr const char* budget = "pin";
constexpr std::chrono::minutes retry_pause{1};

std::string new_session() {
  Bytes random(16);
  require_openssl(RAND_bytes(out_octets(random), static_cast<int>(random.size())) == 1, "RAND_bytes");
  return hexadecimal(random);
}

template <class Function>
auto opened(const Function& function) {
  try {
    return function();
  } catch (const jose::Error& error) {
    throw error_of(error);
  }
}

std::string weakness(double bits, std::uint32_t iterations) {
  return fmt::format(
      "the PIN has {:.0f} bits at most: whoever has a copy of the bundle finds it in {}; have the "
      "service make bundles with longer codes, and take what the bundle delivered as known to others",
      bits, jose::describe_duration(jose::seconds_to_guess(bits, iterations)));
}

unsigned limit_of(const BundleDelivery& delivery) {
  return std::clamp(delivery.max_tries.value_or(Bundles::default_tries), 1U, Bundles::most_tries);
}

}  // namespace

// One PIN on its way. The secrets end with it.
struct Bundles::Attempt {
  std::string session;
  jose::Jwe ciphertext;
  jose::SplitCode code;
  double bits = 0;
  Answer<std::vector<std::string>> answer;
  unsigned left = 0;  // tries after this one
};

Bundles::Bundles(const Services& services, Settings settings, World world)
    : services_(services),
      settings_(settings),
      world_(std::move(world)),
      installation_(services.installation, settings.verify_within),
      stored_(services.state, services.seal, "bundle"),
      timer_(services.loop.add_timer([this] { look(); })) {}

void Bundles::load() {
  if (loaded_) return;
  if (const auto content = stored_.read()) record_ = decode_bundle_record(*content);
  loaded_ = true;
}

void Bundles::keep() {
  stored_.write(encode(record_));
  world_.changed();
}

void Bundles::replace(BundleRecord record) {
  stored_.write(encode(record));
  record_ = std::move(record);
  world_.changed();
}

void Bundles::tell(Level level, AuditKind kind, const std::string& message, const Audit::Fields& fields) const {
  services_.audit.record(level, kind, message, fields);
}

void Bundles::require_idle() const {
  if (beginning_ || trying_ || installing_)
    throw Error(Code::busy, "a bundle is being taken, or a PIN being tried; try again in a moment");
  if (record_.verifying)
    throw Error(Code::invalid_state,
                "the last bundle still has to prove itself by the first contact with its server; report that first");
}

void Bundles::require_setup() const {
  if (record_.pending && record_.pending->needs_setup) services_.setup.require_open();
}

void Bundles::stage(const BundleDelivery& delivery, ByteView content, Bringer bringer, Answer<std::string> answer) {
  if (bringer == Bringer::service) services_.setup.require_open();
  const std::string_view text = jose::text_of(content);
  if (delivery.protection == BundleDelivery::Protection::pin) {
    opened([&] { return jose::Jwe(text, jose::bundle_type); });
    return services_.seal.prepare(
        [this, delivery, bringer, answer, ciphertext = std::string(text)](std::variant<std::monostate, Error> ready) {
          proceed(answer, ready, [&](std::monostate) { await_pin(delivery, ciphertext, bringer, answer); });
        });
  }
  if (!settings_.without_pin)
    throw Error(Code::not_supported,
                "a bundle without a PIN is believed by whoever brings it; remedy: have one made with a code, or set "
                "without-pin = true at [bundle] in edgeseal.toml where the way to the device is safe");
  auto bundle = std::make_shared<jose::Bundle>(opened([&] { return jose::parse_bundle(content); }));
  services_.seal.prepare([this, bundle, bringer, answer](std::variant<std::monostate, Error> ready) {
    proceed(answer, ready, [&](std::monostate) {
      if (bringer == Bringer::service) services_.setup.require_open();
      load();
      require_idle();
      if (record_.pending) end_pending("replaced");
      accept(bundle, [answer](std::variant<std::monostate, Error> done) {
        proceed(answer, done, [&](std::monostate) { answer(std::string()); });
      });
    });
  });
}

// Tries that are used already count on: whoever may bring bundles does not get new ones by bringing another.
void Bundles::await_pin(const BundleDelivery& delivery, std::string ciphertext, Bringer bringer,
                        Answer<std::string> answer) {
  load();
  require_idle();
  const unsigned limit = limit_of(delivery);
  BundleRecord next = record_;
  next.spent_tries = bringer == Bringer::administrator ? 0 : spent();
  if (next.spent_tries >= limit) {
    lock_out();
    throw Error(Code::invalid_state, services_.setup.reason());
  }
  const std::string replaced = record_.pending ? record_.pending->session : "";
  next.pending = PendingBundle{new_session(), std::move(ciphertext), delivery.source, limit - next.spent_tries,
                               world_.elapsed() + settings_.pin_within};
  next.pending->needs_setup = bringer == Bringer::service;
  replace(std::move(next));
  if (!replaced.empty()) world_.closed(replaced, "replaced");
  begin_tries(std::move(answer));
}

// The ciphertext is on the disk first: a budget without it would be nobody's. Begun once: to begin it again would give
// tries back.
void Bundles::begin_tries(Answer<std::string> answer) {
  const PendingBundle& pending = *record_.pending;
  beginning_ = true;
  services_.tries.begin(
      budget, pending.subject(), pending.limit,
      [this, answer = std::move(answer)](std::variant<std::monostate, Error> begun) {
        beginning_ = false;
        if (std::holds_alternative<Error>(begun))
          by_itself("the record of a bundle that was refused", [this] { end_pending("refused"); });
        proceed(answer, begun, [&](std::monostate) {
          record_.pending->counted = true;
          keep();
          tell(Level::notice, "bundle-staged",
               fmt::format("a bundle waits for its PIN, of which {} tries are left", record_.pending->limit),
               {{"session", record_.pending->session}, {"source", record_.pending->source}});
          announce();
          answer(record_.pending->session);
        });
      });
}

unsigned Bundles::spent() const {
  if (!record_.pending || !record_.pending->counted) return record_.spent_tries;
  const unsigned left = services_.tries.remaining(budget).value_or(0);
  return record_.spent_tries + record_.pending->limit - std::min(left, record_.pending->limit);
}

void Bundles::arm() {
  const auto left = record_.pending->deadline - world_.elapsed();
  timer_.set_time(services_.loop.now() + std::chrono::duration_cast<EventLoop::Time>(left));
}

void Bundles::announce() {
  arm();
  announced_ = record_.pending->session;
  world_.wanted(announced_);
}

Bundles::Status Bundles::status() const {
  Status status;
  if (record_.pending && record_.pending->counted && !record_.pending->accepted) {
    status.session = record_.pending->session;
    status.remaining_tries = services_.tries.remaining(budget);
    status.deadline = world_.now() + (record_.pending->deadline - world_.elapsed());
    status.source = record_.pending->source;
  }
  if (record_.server) {
    status.url = record_.server->url;
    status.port = record_.server->port;
  }
  status.verifying = record_.verifying;
  return status;
}

void Bundles::submit_pin(const std::string& session, ByteView pin, Answer<std::vector<std::string>> answer) {
  load();
  if (!record_.pending || !record_.pending->counted || record_.pending->session != session)
    throw Error(Code::invalid_state, "no PIN is wanted by this session; see edgesealctl bundle status");
  require_idle();
  require_setup();
  if (world_.elapsed() > record_.pending->deadline) {
    look();
    throw Error(Code::invalid_state, "the time for the PIN is over; remedy: have the bundle brought again");
  }
  const std::string_view typed = jose::text_of(pin);
  const auto attempt = std::make_shared<Attempt>(opened([&] {
    return Attempt{session, jose::Jwe(record_.pending->ciphertext, jose::bundle_type), jose::split_code(typed),
                   jose::code_bits(typed), std::move(answer)};
  }));
  trying_ = true;
  services_.tries.take(budget, record_.pending->subject(), [this, attempt](std::variant<unsigned, Error> counted) {
    if (const auto* error = std::get_if<Error>(&counted)) {
      trying_ = false;
      return attempt->answer(*error);
    }
    attempt->left = std::get<unsigned>(counted);
    world_.changed();
    try_pin(attempt);
  });
}

// A second's work, in memory that leaves no copies.
void Bundles::try_pin(const AttemptPtr& attempt) {
  using BundlePtr = std::shared_ptr<jose::Bundle>;
  const auto work = [attempt] {
    return opened([&] {
      return std::make_shared<jose::Bundle>(jose::parse_bundle(attempt->ciphertext.open(attempt->code.password)));
    });
  };
  const auto answer = [this, attempt](std::variant<BundlePtr, Error> outcome) { tried(attempt, std::move(outcome)); };
  proceed(answer, [&] {
    services_.software.submit<BundlePtr>(TpmWorker::own_work, SoftwareWorker::Effort::large, work, answer);
  });
}

void Bundles::tried(const AttemptPtr& attempt, std::variant<std::shared_ptr<jose::Bundle>, Error> opened) {
  trying_ = false;
  if (const auto* error = std::get_if<Error>(&opened)) {
    if (error->code() == Code::user_access_denied) return wrong_pin(attempt);
    refused(*error);
    return attempt->answer(*error);
  }
  const double bits = attempt->bits;
  std::vector<std::string> warnings;
  if (bits < jose::min_code_bits) warnings.push_back(weakness(bits, attempt->ciphertext.iterations()));
  for (const std::string& warning : warnings) tell(Level::warning, "bundle-weak-pin", warning);
  accept(std::get<std::shared_ptr<jose::Bundle>>(std::move(opened)),
         [this, attempt, warnings](std::variant<std::monostate, Error> done) {
           proceed(attempt->answer, done, [&](std::monostate) {
             tan_ = std::move(attempt->code.tan);
             attempt->answer(warnings);
           });
         });
}

void Bundles::wrong_pin(const AttemptPtr& attempt) try {
  if (attempt->left == 0) {
    lock_out();
    return attempt->answer(
        Error(Code::user_access_denied, "wrong PIN, and no try is left: the bundle is destroyed and setup locked out"));
  }
  tell(Level::warning, "bundle-wrong-pin", fmt::format("a wrong PIN was given; {} tries are left", attempt->left),
       {{"session", attempt->session}});
  arm();  // its time may have come while the PIN was tried
  attempt->answer(Error(Code::user_access_denied, fmt::format("wrong PIN; {} more tries are left", attempt->left)));
} catch (const Error& error) {
  attempt->answer(error);
}

// What nobody could open stays closed. Locked out first: an end of the agent between the two gives no tries back.
void Bundles::lock_out() {
  lock_setup();
  if (record_.pending) end_pending("locked-out");
  record_.spent_tries = 0;  // the lock-out ends by presence, after which others may try
  keep();
  tell(Level::error, "bundle-locked-out", "password retries exceeded: all tries of the PIN are used up");
}

// Who hears of it looks, before it is concluded.
void Bundles::lock_setup() {
  timer_.set_time(services_.loop.now() + retry_pause);  // where it can't be written now
  const ScopedFlag locking(locking_);
  services_.setup.lock_out("all tries of the PIN of a bundle are used up");
}

void Bundles::end_pending(const std::string& outcome, unsigned forgiven_tries) {
  const std::string session = record_.pending->session;
  record_.spent_tries = spent() - forgiven_tries;
  record_.pending.reset();
  timer_.disable();
  tell(Level::notice, "bundle-closed", fmt::format("the question for the PIN is over: {}", outcome),
       {{"session", session}, {"outcome", outcome}});
  world_.closed(session, outcome);
  keep();
  services_.tries.burn(budget, [](const std::variant<std::monostate, Error>& burnt) {
    if (const auto* error = std::get_if<Error>(&burnt))
      log_failure(Level::warning, "tries that are left were not burnt", *error);
  });
}

void Bundles::discard(const std::string& session) {
  load();
  if (!record_.pending || record_.pending->session != session)
    throw Error(Code::nothing_to_do, "no bundle of this session waits for a PIN");
  require_idle();
  end_pending("discarded");
}

// --- what the last run left

void Bundles::look() {
  try {
    if (!services_.seal.is_open() || beginning_ || trying_ || locking_ || installing_) return;
    const bool first = !loaded_;
    load();
    if (first) world_.changed();
    resume();
    settle();
  } catch (const Error& error) {
    log_failure(Level::error, "the record of bundles is of no use", error);
  }
}

// Setup that is locked may open again; one that is over does not.
void Bundles::resume() {
  if (!record_.pending) return;
  if (record_.pending->accepted) return resume_installation();
  const auto left = services_.tries.remaining(budget);
  if (record_.pending->counted && !left) return;  // until the TPM has said how far the counter is
  if (record_.pending->needs_setup && services_.setup.state() == SetupState::operational)
    return end_pending("setup-over");
  if (!record_.pending->counted) return begin_tries([](const std::variant<std::string, Error>&) {});
  if (*left == 0) return lock_out();
  if (world_.elapsed() >= record_.pending->deadline) return end_pending("timed-out");
  announced_ == record_.pending->session ? arm() : announce();
}

}  // namespace edgeseal::agent
