#pragma once

namespace edgeseal::agent {

// The device itself among the applications: the DCA of OPC 10000-21 §4.2.2.
inline constexpr const char* device_application_name = "device";
inline constexpr const char* built_in_origin = "built-in";
inline constexpr const char* identity_group = "identity";          // IDevID and LDevID (OPC 10000-21 §5)
inline constexpr const char* provisioning_group = "provisioning";  // trust alone: who may provision the device
inline constexpr const char* idevid_type = "idevid";
inline constexpr const char* ldevid_type = "ldevid";

}  // namespace edgeseal::agent
