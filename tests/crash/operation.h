#pragma once

#include <functional>
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
};

// The names of the applications that are there before every operation.
inline constexpr const char* kApplication = "web";
inline constexpr const char* kBystander = "other";
inline const dbus::GroupName kHttpsGroup{kApplication, "https"};
inline const dbus::GroupName kOpcUaGroup{kApplication, "application"};
inline const SlotName kHttpsSlot{kApplication, "https", "https"};
inline const SlotName kOpcUaSlot{kApplication, "application", "ecc-nist-p256"};
inline const SlotName kBystanderSlot{kBystander, "https", "https"};

// What they have.
void furnish(Client& client);

[[nodiscard]] const std::vector<Operation>& operations();

}  // namespace edgeseal::crash
