#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "dbus/ctl/commands.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {

// How the changes of one command go live.
struct Confirmation {
  std::uint32_t within = 0;  // seconds; 0: nothing has to be confirmed

  // What ApplyChanges takes.
  [[nodiscard]] VariantMap options() const;
  // What the user has to do next; empty: nothing.
  [[nodiscard]] std::string reminder(const std::string& application) const;
  [[nodiscard]] nlohmann::json json() const;
};

// --confirm-within, which is answered.
CLI::Option* add_confirmation(CLI::App& command, Confirmation& confirmation);

// Of the connection of this command, which staged them.
void apply_changes(Session& session, const std::string& application, const Confirmation& confirmation);

}  // namespace edgeseal::ctl
