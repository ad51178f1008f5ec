#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dbus/ctl/doctor/facts.h"

namespace edgeseal::ctl {

// Loads the provider into this process, as programs do: by `configuration` where that file exists, else by its name;
// and looks up keys with it. What libcrypto has loaded for this program otherwise is not touched.
[[nodiscard]] ProviderFact probe_provider(const std::filesystem::path& configuration,
                                          const std::vector<std::string>& keys);

}  // namespace edgeseal::ctl
