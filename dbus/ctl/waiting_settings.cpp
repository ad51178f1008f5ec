#include "dbus/ctl/waiting_settings.h"

namespace edgeseal::ctl {

std::vector<std::string> waiting_settings(const std::vector<ConfigurationChange>& changes) {
  std::vector<std::string> settings;
  for (const auto& change : changes)
    if (text_of(change, "change") == "restart") settings.push_back(text_of(change, "name"));
  return settings;
}

}  // namespace edgeseal::ctl
