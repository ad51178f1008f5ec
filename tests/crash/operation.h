#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/crash/client.h"

namespace edgeseal::crash {

// Something that an administrator asks of the agent, or that the agent does by itself at its start, and during which it
// is interrupted.
struct Operation {
  std::string name;
  // Once, on a running agent: what there has to be before. The agent is killed after it.
  std::function<void(Client&)> prepare{};
  // And then what it is killed in, before a call whose StoppedCall::text() begins so.
  std::function<void(Client&)> interrupt{};
  std::string interrupt_at{};
  // What counts; says in the change, before it asks for it, to what it is about to change what is different each time.
  // None: the start of the agent.
  std::function<void(Client&, Change&)> run{};
  // What it changes to something else each time, besides what it says in `run`.
  Change differs{};

  enum class Begin {
    furnished,  // see furnish()
    factory     // in setup: see make_applications()
  };
  Begin begin = Begin::furnished;
  std::string configuration{};  // tables of edgeseal.toml
  // After a start: until what the agent does by itself then is done. Where there is one, what the operation does is
  // seen after a start.
  std::function<void(Client&)> settle{};
  // It goes on by itself, also without a start: what has met an error is made good by settle().
  bool goes_on = false;
  // Whose published files are at any moment all as before, or all as after.
  std::optional<SlotName> whole{};
  // What is in no file at any moment.
  std::string secret{};
};

// The names of the applications that are there before every operation.
inline constexpr const char* kApplication = "web";
inline constexpr const char* kBystander = "other";
inline const dbus::GroupName kHttpsGroup{kApplication, "https"};
inline const dbus::GroupName kOpcUaGroup{kApplication, "application"};
inline const SlotName kHttpsSlot{kApplication, "https", "https"};
inline const SlotName kOpcUaSlot{kApplication, "application", "ecc-nist-p256"};
inline const SlotName kBystanderSlot{kBystander, "https", "https"};

// The device's own application is there from the start on.
inline constexpr const char* kDeviceTable = "[device]\nproduct-instance-uri = \"urn:maker:gateway:4711\"\n";

void make_applications(Client& client);
// What they have.
void furnish(Client& client);

// Changes of an application that go by themselves after so many seconds, unless they are confirmed.
using ChangeFor = void (*)(Client&, std::uint32_t seconds, Change&);
inline constexpr std::uint32_t kAMoment = 3, kAnHour = 3600;
// For `prepare`.
[[nodiscard]] std::function<void(Client&)> unconfirmed(ChangeFor change, std::uint32_t seconds);
// What the start after the end of that time undoes.
[[nodiscard]] Operation undone_at_start(const std::string& name, ChangeFor change);

[[nodiscard]] const std::vector<Operation>& operations();
// Those that lead out of setup, and back.
[[nodiscard]] const std::vector<Operation>& setup_operations();
// Those by which certificates come from an authority.
[[nodiscard]] const std::vector<Operation>& enrolment_operations();

}  // namespace edgeseal::crash
