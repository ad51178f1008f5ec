#include "tests/bench/soak/bus_callers.h"

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <list>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace edgeseal::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Outcome = Tally::Outcome;

constexpr int pause_ms = 20;
constexpr timespec hostile_pause{0, 20'000'000};
constexpr std::size_t calls_at_once = 64;       // of a connection that floods: four times what it may have open
constexpr std::size_t unheard_at_once = 2;      // the bus is one line: more of them hold up everybody's calls
constexpr unsigned unheard_calls = 2'000;       // before a mute one comes again
constexpr std::size_t huge_bytes = 900 * 1024;  // in every second call, below the limit of a message
constexpr std::size_t too_many_bytes = 4 * 1024 * 1024;
constexpr const char* too_many = "org.edgeseal.Error.TooManyOperations";
constexpr const char* full_line =
    "org.freedesktop.DBus.Error.LimitsExceeded";  // of calls that the agent hasn't read yet
constexpr const char* no_answer = "org.freedesktop.DBus.Error.NoReply";
constexpr const char* timeout = "org.freedesktop.DBus.Error.Timeout";

bool is_busy(const std::string& error) {
  return error == too_many || error == full_line;
}

class Caller {
 public:
  Caller(Tally& tally, Clock::duration period, std::chrono::seconds deadline, Clock::time_point first)
      : tally_(tally), period_(period), deadline_(deadline), next_(first) {}

  [[nodiscard]] bool waiting() const { return asked_.has_value(); }
  [[nodiscard]] int descriptor() const { return connection_.descriptor(); }

  void begin_if_due(Clock::time_point now) {
    if (waiting() || now < next_) return;
    next_ = std::max(next_ + period_, now);
    asked_ = now;
    tally_.add(Outcome::sent, {});
    connection_.call([this](const std::string& error) { judge(error); }, deadline_);
  }

  void attend() {
    if (!connection_.read()) throw std::runtime_error("the bus has closed an honest connection");
  }

 private:
  void judge(const std::string& error) {
    const auto taken = Clock::now() - *asked_;
    asked_.reset();
    if (error.empty()) return tally_.add(Outcome::answered, taken);
    if (is_busy(error)) return tally_.add(Outcome::busy, taken);
    if (error == no_answer || error == timeout) return tally_.add(Outcome::late, taken);
    tally_.add_wrong(error);
  }

  Tally& tally_;
  const Clock::duration period_;
  const std::chrono::seconds deadline_;
  Clock::time_point next_;
  std::optional<Clock::time_point> asked_;
  BusConnection connection_;
};

class HostileCaller {
 public:
  HostileCaller(BusHostility how, Tally& tally) : how_(how), tally_(tally) {}

  void take_turn() try {
    if (!connection_) connection_.emplace();
    switch (how_) {
      case BusHostility::flood: return flood();
      case BusHostility::mute: return call_and_leave(unheard_calls, 0);
      case BusHostility::huge: return call_and_leave(2, huge_ ? too_many_bytes : huge_bytes);
      case BusHostility::hasty: return call_and_leave(1, 0);
    }
  } catch (const std::system_error&) {  // the bus has had enough of it
    leave();
  }

 private:
  void flood() {
    for (; open_ < calls_at_once; ++open_) {
      connection_->call([this](const std::string& error) { count(error); });
      tally_.add(Outcome::sent, {});
    }
    if (!connection_->read()) leave();
  }

  void count(const std::string& error) {
    --open_;
    tally_.add(error.empty() ? Outcome::answered : is_busy(error) ? Outcome::busy : Outcome::wrong, {});
  }

  void call_and_leave(unsigned calls, std::size_t bytes) {
    for (std::size_t i = 0; i < unheard_at_once && sent_ < calls; ++i, ++sent_) {
      connection_->call_unheard(bytes);
      tally_.add(Outcome::sent, {});
    }
    if (sent_ >= calls) leave();
  }

  void leave() {
    huge_ = !huge_;
    connection_.reset();
    open_ = 0;
    sent_ = 0;
    tally_.add(Outcome::lost, {});
  }

  const BusHostility how_;
  Tally& tally_;
  std::optional<BusConnection> connection_;
  std::size_t open_ = 0;
  unsigned sent_ = 0;
  bool huge_ = false;
};

void wait_for_answers(std::list<Caller>& callers, std::vector<pollfd>& polled) {
  polled.clear();
  for (const Caller& caller : callers) polled.push_back({caller.descriptor(), POLLIN, 0});
  ::poll(polled.data(), polled.size(), pause_ms);
}

}  // namespace

void call_honestly(const CallingHabit& habit, const Population::Life& life) {
  const auto period = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / habit.per_second));
  const auto begin = Clock::now();
  std::list<Caller> callers;
  for (std::size_t i = 0; i < habit.connections; ++i)
    callers.emplace_back(life.tally, period, habit.deadline, begin + period * i / habit.connections);
  std::vector<pollfd> polled;
  while (!life.over || std::ranges::any_of(callers, &Caller::waiting)) {
    wait_for_answers(callers, polled);
    for (Caller& caller : callers) {
      if (!life.over) caller.begin_if_due(Clock::now());
      caller.attend();
    }
  }
}

bool wait_for_an_answer(std::chrono::seconds most) {
  const auto limit = Clock::now() + most;
  bool asked = false, answered = false;
  BusConnection connection;
  while (!answered && Clock::now() < limit) {
    if (!std::exchange(asked, true))
      connection.call([&](const std::string& error) {
        answered = error.empty();
        asked = false;
      });
    pollfd polled{connection.descriptor(), POLLIN, 0};
    ::poll(&polled, 1, pause_ms);
    (void)connection.read();
  }
  return answered;
}

void misbehave_on_bus(BusHostility how, std::size_t connections, const Population::Life& life) {
  std::list<HostileCaller> callers;
  for (std::size_t i = 0; i < connections; ++i) callers.emplace_back(how, life.tally);
  while (!life.over) {
    for (HostileCaller& caller : callers) caller.take_turn();
    ::nanosleep(&hostile_pause, nullptr);
  }
}

}  // namespace edgeseal::bench
