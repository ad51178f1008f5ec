#pragma once

#include <cstdint>
#include <string_view>

#include "tpm/bytes.h"

namespace edgeseal::agent {

// Places that differ from device to device and stay on the same device, so that a fleet does not act as one.
class Jitter {
 public:
  // `device`: what no other device has.
  explicit Jitter(tpm::ByteView device) : device_(device.begin(), device.end()) {}

  // From 0 to less than 1, evenly over all devices. `purpose` and `count`: for what, and for the how-many-eth time.
  [[nodiscard]] double place(std::string_view purpose, std::uint64_t count = 0) const;

 private:
  tpm::Bytes device_;
};

}  // namespace edgeseal::agent
