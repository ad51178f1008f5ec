#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tpm/key_device.h"

namespace edgeseal::tpm {

struct DeviceSettings {
  std::string tcti = "device:/dev/tpmrm0";  // a TCTI configuration string, `name` or `name:conf` (tss2-tctildr(7))
  std::optional<Bytes> storage_key_name;    // the recorded Name; absent on the first start
  // Whether secrets cross the bus encrypted on their way from the chip; by default, if libtss2 gets it right, which is
  // tried.
  std::optional<bool> encrypt_responses;
  // How often, and after which pauses, a busy chip is asked again before Fault::busy: about a second in all.
  std::vector<std::chrono::milliseconds> retry_pauses = {
      std::chrono::milliseconds(10),  std::chrono::milliseconds(20),  std::chrono::milliseconds(50),
      std::chrono::milliseconds(100), std::chrono::milliseconds(300), std::chrono::milliseconds(500)};
};

// Opens the context, finds or makes the storage key, and starts the salted HMAC session.
// Throws Error: absent, busy, replaced (the storage key is not the recorded one), transport, failed.
// After an Error with Fault::transport from any later call the device is of no use: destroy it and open it again.
[[nodiscard]] std::unique_ptr<KeyDevice> open_esys_key_device(const DeviceSettings& settings);

}  // namespace edgeseal::tpm
