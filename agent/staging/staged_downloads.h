#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agent/event_loop.h"
#include "agent/staging/staging.h"
#include "dbus/staging_port.h"

namespace edgeseal::agent {

// Has whoever runs jobs fetch what a staged file names by URL: at once, and after a failure again, later and later, for
// as long as it is staged. Nothing of it is stored; what came of it stands in the entries. Loop's thread.
class StagedDownloads {
 public:
  struct Times {
    std::chrono::microseconds attempt = std::chrono::minutes(3);      // what is not taken, or not reported, then fails
    std::chrono::microseconds unattended = std::chrono::seconds(5);   // for who comes without being started
    std::chrono::microseconds first_pause = std::chrono::minutes(1);  // after a failure; each doubles it
    std::chrono::microseconds longest_pause = std::chrono::hours(1);
  };
  struct World {
    std::function<bool()> busy;                           // what changes something is not begun
    std::function<void(const std::string& url)> waiting;  // a download may be taken; somebody has to
  };

  [[nodiscard]] static std::chrono::microseconds pause_after(const Times& times, unsigned failures);

  StagedDownloads(EventLoop& loop, Staging& staging, World world, Times times);

  // After each change of what is staged, and when nobody is busy any more.
  void look();

  // Of whoever runs jobs; `runner`: his bus name. Throw Error{invalid_state} for what doesn't wait, or isn't his.
  [[nodiscard]] std::vector<std::string> waiting() const;
  [[nodiscard]] dbus::JobWork take(const std::string& url, const std::string& runner);
  // What is wrong with the content stands in the entry, and is no error here.
  void report(const std::string& url, const std::string& runner, const dbus::DownloadOutcome& outcome);
  void runner_vanished(const std::string& runner);
  // Of the service that `waiting` has started, as of Enrolment.
  void service_left();
  void service_missing(const std::string& problem);

 private:
  enum class Stage { rests, waits, taken };
  struct Download {
    Stage stage = Stage::rests;
    EventLoop::Time at{};  // rests: of the next try; else it has failed then
    std::string reason{};  // why
    std::string runner{};  // taken: by whom
    bool called_again = false;
    unsigned failures = 0;
  };

  [[nodiscard]] std::vector<std::string> those(const std::function<bool(const Download&)>& chosen) const;
  void act();
  void offer(const std::string& url);
  void fail(const std::string& url, const std::string& reason);
  void rest(const std::string& url);
  void set_timer();

  EventLoop& loop_;
  Staging& staging_;
  const World world_;
  const Times times_;
  std::map<std::string, Download> downloads_;  // by URL
  EventLoop::Source timer_;
};

}  // namespace edgeseal::agent
