#pragma once

#include <cstdint>
#include <string>

#include "dbus/ports.h"

namespace edgeseal::dbus {

inline constexpr const char* kBusName = "org.edgeseal.Agent1";
// Of whoever runs jobs: the bus starts its owner when one waits.
inline constexpr const char* kEnrolmentService = "org.edgeseal.Enroll1";
inline constexpr const char* kRootPath = "/org/edgeseal";
inline constexpr const char* kDevicePath = "/org/edgeseal/device";

// What isn't a letter or digit is escaped as "_" and two hexadecimal digits (sd_bus_path_encode):
// "/org/edgeseal/application/ opcua_2dserver". Throws CallError "InvalidArgument" on an empty name.
[[nodiscard]] std::string application_path(const std::string& application);
[[nodiscard]] std::string group_path(const GroupName& group);
[[nodiscard]] std::string job_path(std::uint64_t number);

}  // namespace edgeseal::dbus
