#include "dbus/ctl/tpm_wait.h"

#include <chrono>
#include <thread>

#include "dbus/ctl/doctor/description.h"

namespace edgeseal::ctl {
namespace {

using namespace std::chrono_literals;

// For a chip to open, and for it to say what it remembers; whoever waits for longer is told what is the matter.
constexpr auto kUntilTpmOpens = 8s;
constexpr auto kUntilTpmAnswers = 20s;
constexpr auto kBetweenLooks = 50ms;

bool awaits_tpm(const nlohmann::json& description) {
  return member_of(member_of(description, "tpm"), "awaited") == true ||
         member_of(member_of(description, "setup"), "awaits-tpm") == true;
}

}  // namespace

bool await_tpm(AgentConnection& connection) {
  const auto begin = std::chrono::steady_clock::now();
  for (auto description = connection.describe(); awaits_tpm(description); description = connection.describe()) {
    const bool is_open = text_of(member_of(description, "tpm"), "health") == "ready";
    if (std::chrono::steady_clock::now() >= begin + (is_open ? kUntilTpmAnswers : kUntilTpmOpens)) return false;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  return true;
}

}  // namespace edgeseal::ctl
