#pragma once

#include <functional>
#include <string>

#include "tests/crash/client.h"

namespace edgeseal::crash {

// Who brings first trust to a new device, by whatever way. Calls throw sdbus::Error.
class SetupClient {
 public:
  explicit SetupClient(Client& client) : client_(client) {}

  enum class Contact { verified, failed };
  enum class Guess { right, wrong };  // a wrong one throws where it is not refused as such

  // A file with the authority of the plant.
  void stage_file();
  void activate();
  // Until nothing waits any more to become active by itself.
  void wait_for_activation();
  void wait_for_end_of_verification();
  void report_contact_of_file(Contact contact);

  void stage_bundle(std::uint32_t tries);
  void submit_pin(Guess guess);
  void report_contact_of_bundle(Contact contact);

  // Both forget what an earlier one was.
  void make_password();
  void submit_password(Guess guess);

  // With somebody at the device.
  void reset();

 private:
  void wait_while(const std::function<bool()>& goes_on);
  [[nodiscard]] bool is_activating();
  [[nodiscard]] dbus::RemoteAgent agent() { return {client_.connection(), dbus::kRootPath}; }
  [[nodiscard]] dbus::RemoteStaging staging() { return {client_.connection(), dbus::kRootPath}; }
  [[nodiscard]] dbus::RemoteBundle bundle() { return {client_.connection(), dbus::kRootPath}; }

  Client& client_;
};

}  // namespace edgeseal::crash
