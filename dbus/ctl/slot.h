#pragma once

#include <string>

#include "dbus/ctl/agent_connection.h"

namespace edgeseal::ctl {

struct SlotName {
  std::string application;
  std::string group;
  std::string certificate_type;

  [[nodiscard]] std::string text() const { return application + "/" + group + "/" + certificate_type; }
};

// What the user left out (empty) is taken from the application where there is only one choice. Throws Failure (Usage)
// that lists the choices, or names the group or type that doesn't exist.
[[nodiscard]] std::string choose_group(const Application& application, const std::string& group);
[[nodiscard]] SlotName choose_slot(const Application& application, const std::string& group, const std::string& type);

// APPLICATION or APPLICATION/GROUP.
struct ChosenGroup {
  Application application;
  Group group;

  [[nodiscard]] std::string text() const { return application.name + "/" + group.name; }
};
[[nodiscard]] ChosenGroup find_group(AgentConnection& agent, const std::string& text);

// The parts of APPLICATION, APPLICATION/GROUP or APPLICATION/GROUP/TYPE, and what --group and --type say; empty where
// neither does. Throws Failure (Usage) where they contradict each other.
[[nodiscard]] SlotName slot_words(const std::string& text, const std::string& group, const std::string& type);

// A slot as one word: APPLICATION, APPLICATION/GROUP or APPLICATION/GROUP/TYPE. The rest is chosen as above.
[[nodiscard]] SlotName find_slot(AgentConnection& agent, const std::string& text);

}  // namespace edgeseal::ctl
