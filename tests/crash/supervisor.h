#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "policy/unique_fd.h"
#include "tests/crash/stopped_call.h"

namespace edgeseal::crash {

// What becomes of a writing call, and with it of the agent.
struct Deed {
  enum class Kind { proceed, fail, kill, terminate };
  Kind kind = Kind::proceed;
  int error = 0;  // errno that the agent gets from a call that fails

  static Deed fail(int error) { return {Kind::fail, error}; }
  static Deed kill() { return {Kind::kill}; }
  static Deed terminate() { return {Kind::terminate}; }  // asked to end; the call is made
};

// Decides on each writing call of an agent before the kernel makes it, in a thread of its own. An agent that is killed
// has not made the call.
class Supervisor {
 public:
  using Judge = std::function<Deed(const StoppedCall&)>;  // in the thread of the supervisor

  Supervisor(pid_t process, policy::UniqueFd listener, Places places, Judge judge);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  ~Supervisor();  // after the end of the agent, whose calls would fail without it

 private:
  void supervise();
  void decide();
  void answer(__u64 id, const Deed& deed);

  pid_t process_;
  policy::UniqueFd listener_, stop_;
  CallReader reader_;
  Judge judge_;
  std::thread thread_;
};

}  // namespace edgeseal::crash
