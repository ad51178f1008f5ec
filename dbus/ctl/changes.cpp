#include "dbus/ctl/changes.h"

#include <algorithm>

#include "dbus/ctl/duration.h"
#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {
namespace {

constexpr std::chrono::seconds kMost = std::chrono::days(1);

// A bare number is one of seconds.
std::uint32_t parse_time(const std::string& text) {
  const bool is_bare = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  const auto time = parse_duration(is_bare ? text + "s" : text, "--confirm-within");
  if (time.count() > 0 && time <= kMost) return static_cast<std::uint32_t>(time.count());
  throw Failure(ExitCode::Usage, "--confirm-within " + text + " is out of its range", "give 1 s to 1 d, such as 10m");
}

}  // namespace

VariantMap Confirmation::options() const {
  if (within == 0) return {};
  return {{"confirm-within", sdbus::Variant(within)}};
}

std::string Confirmation::reminder(const std::string& application) const {
  if (within == 0) return "";
  return "In " + std::to_string(within) + " s all is as it was before, unless: edgesealctl changes confirm " +
         printable(application) + "\n";
}

nlohmann::json Confirmation::json() const {
  return within == 0 ? nlohmann::json() : nlohmann::json(within);
}

CLI::Option* add_confirmation(CLI::App& command, Confirmation& confirmation) {
  return command.add_option_function<std::string>(
      "--confirm-within", [&confirmation](const std::string& text) { confirmation.within = parse_time(text); },
      "Time, 60 (seconds) or 10m, after which all is as before unless \"changes confirm\" comes; default: for good");
}

void apply_changes(Session& session, const std::string& application, const Confirmation& confirmation) {
  session.agent.with_server_configuration(application, [&](dbus::RemoteServerConfiguration& configuration) {
    configuration.ApplyChanges(confirmation.options());
  });
}

}  // namespace edgeseal::ctl
