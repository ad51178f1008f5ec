#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "tests/crash/client.h"

namespace edgeseal::crash {

// All that stands around an enrolment besides the agent: who asks for it, who runs the job in the place of
// edgeseal-enroll, the authority, and the person who brings what a job waits for. Calls throw sdbus::Error.
class Enroller {
 public:
  // What must be the same after each start of the agent: the request, by the path of its job.
  using Requests = std::map<std::string, Der>;

  Enroller(Client& client, Requests& requests) : client_(client), requests_(requests) {}

  void set_profile(const std::string& name, const std::string& text);
  void enroll(const std::string& profile, const std::string& secret = {});
  void renew(const SlotName& slot);
  void cancel();

  // Until the job that is under way has ended; a try that fails is an error with its class.
  void finish();
  // The same after a crash: what failed is asked for again, for it has a next try of its own.
  void finish_after_all();
  // The same while edgeseal-enroll runs it. True: it has ended; false: `gave_up` said so before.
  bool watch(const std::function<bool()>& gave_up);
  // Until the job waits for somebody.
  void wait_until_at_rest();
  // Takes it, and no more.
  void take();

  // Every pending key is that of a job.
  void require_no_orphan();

 private:
  using Work = std::map<std::string, sdbus::Variant>;
  struct Job {
    std::string path, state, error, message, slot;
    std::uint64_t next_try = 0;
    Der request;
    std::vector<Der> fingerprints;
  };
  [[nodiscard]] std::optional<Job> under_way();
  void until_ended(const std::function<void(const Job&)>& when_it_failed);
  // Nothing: there is none any more.
  [[nodiscard]] std::optional<Job> when(const std::function<bool(const Job&)>& reached);
  [[nodiscard]] std::optional<Job> when_it_rests();
  void further(const Job& job);
  [[nodiscard]] Job same_request(Job job);
  [[nodiscard]] Work take(const Job& job);
  void run(const Job& job);
  [[nodiscard]] std::map<std::string, std::string> pending_keys();  // id by slot
  [[nodiscard]] dbus::RemoteJob remote(const Job& job) { return {client_.connection(), job.path}; }
  [[nodiscard]] dbus::RemoteEnrolment enrolment() { return {client_.connection(), dbus::kRootPath}; }

  Client& client_;
  Requests& requests_;
};

[[nodiscard]] std::string name_of(const SlotName& slot);
// What the profiles of this theme take, and no file of a device may ever hold.
inline constexpr const char* kSecret = "one-time-secret-of-the-crash-test";

}  // namespace edgeseal::crash
