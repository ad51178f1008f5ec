#pragma once

#include <string>

#include "enroll/openssl.h"

namespace edgeseal::test {

// A key of the device, and requests for certificates of it.
class DeviceKey {
 public:
  DeviceKey() : key_(EVP_EC_gen("P-256")) {}

  [[nodiscard]] const enroll::Key& key() const noexcept { return key_; }
  // PKCS#10 for O=Plant, CN=`common_name`, with one DNS name.
  [[nodiscard]] enroll::Bytes request(const std::string& common_name = "gateway",
                                      const std::string& dns_name = "gateway.plant") const;

 private:
  enroll::Key key_;
};

}  // namespace edgeseal::test
