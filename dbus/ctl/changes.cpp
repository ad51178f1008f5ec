#include "dbus/ctl/changes.h"

namespace edgeseal::ctl {

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

void add_confirmation(CLI::App& command, Confirmation& confirmation) {
  command
      .add_option("--confirm-within", confirmation.within,
                  "Seconds after which all is as before unless \"changes confirm\" comes; default: for good at once")
      ->check(CLI::Range(1, 86400));
}

void apply_changes(Session& session, const std::string& application, const Confirmation& confirmation) {
  session.agent.with_server_configuration(application, [&](dbus::RemoteServerConfiguration& configuration) {
    configuration.ApplyChanges(confirmation.options());
  });
}

}  // namespace edgeseal::ctl
