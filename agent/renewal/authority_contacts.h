#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/answer.h"
#include "agent/event_loop.h"
#include "agent/renewal/enrolment.h"
#include "dbus/enrolment_port.h"

namespace edgeseal::agent {

// Has whoever runs jobs look at the authorities of all profiles that have a URL: round by round, each contact of which
// he takes and reports. Nothing of it is stored. Loop's thread.
class AuthorityContacts {
 public:
  using Found = std::vector<dbus::AuthorityContact>;
  struct Times {
    std::chrono::microseconds between = std::chrono::seconds(10);    // the beginnings of two rounds
    std::chrono::microseconds round = std::chrono::seconds(60);      // whoever is not reported then, isn't seen
    std::chrono::microseconds unattended = std::chrono::seconds(5);  // for who comes without being started
  };
  // A contact may be taken; somebody has to.
  using Waiting = std::function<void(const std::string& profile)>;
  static constexpr std::size_t max_askers = 16;

  AuthorityContacts(EventLoop& loop, Enrolment& enrolment, Waiting waiting, Times times);

  // By the round that is under way, else by the next, which begins when the last is long enough ago. Throws
  // Error{too_many_operations}.
  void check(Answer<Found> answer);

  // Of whoever runs jobs; `runner`: his bus name. Throw Error{invalid_state} for what doesn't wait, or isn't his.
  [[nodiscard]] std::vector<std::string> waiting() const;
  [[nodiscard]] dbus::JobWork take(const std::string& profile, const std::string& runner);
  void report(const std::string& profile, const std::string& runner, const dbus::ContactOutcome& outcome);
  void runner_vanished(const std::string& runner);
  // Of the service that `waiting` has started, as of Enrolment.
  void service_left();
  void service_missing(const std::string& problem);

 private:
  struct Contact {
    std::string url;
    std::string runner;  // empty: it waits to be taken
    std::optional<dbus::ContactOutcome> outcome;
  };
  using Contacts = std::map<std::string, Contact>;  // by profile

  [[nodiscard]] bool is_under_way() const { return !contacts_.empty(); }
  [[nodiscard]] static bool waits(const Contact& contact) { return contact.runner.empty() && !contact.outcome; }
  void act();
  void begin();
  void call();
  void end_where(const std::function<bool(const Contact&)>& chosen, const std::string& reason);
  void end_when_seen();
  void tell(const Found& found);

  EventLoop& loop_;
  Enrolment& enrolment_;
  const Waiting waiting_;
  const Times times_;
  Contacts contacts_;  // of the round that is under way; empty: there is none
  std::vector<Answer<Found>> askers_;
  std::optional<EventLoop::Time> begun_;  // the last round
  bool called_again_ = false;             // in this round
  std::string missing_;                   // why nobody could be started in this round; empty: somebody was
  EventLoop::Source timer_;               // of the beginning of a round that is wanted, or of what ends in this one
};

}  // namespace edgeseal::agent
