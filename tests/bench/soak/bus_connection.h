#pragma once

#include <systemd/sd-bus.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace edgeseal::bench {

// A connection to the system bus, as libsystemd has it: whoever doesn't read from it can be written too.
class BusConnection {
 public:
  // The name of the error, empty where there is none.
  using Answer = std::function<void(const std::string& error)>;

  static constexpr std::chrono::seconds usual_limit{25};  // of a call, where nobody says another

  // Throws std::system_error where the bus takes no more.
  BusConnection();

  [[nodiscard]] int descriptor() const { return sd_bus_get_fd(bus_.get()); }
  // Describe, of the agent.
  void call(Answer answer, std::chrono::seconds limit = usual_limit);
  // `bytes` of them in an argument of UpdateCertificate, else Describe. Waits until it is written; nothing reads the
  // answer.
  void call_unheard(std::size_t bytes);
  // Handles what came. False: the bus has closed.
  [[nodiscard]] bool read();

 private:
  static int on_answer(sd_bus_message* message, void* answer, sd_bus_error* error);

  std::unique_ptr<sd_bus, decltype(&sd_bus_close_unref)> bus_;
};

}  // namespace edgeseal::bench
