#pragma once

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <sys/un.h>

#include <array>
#include <chrono>

namespace edgeseal::provider {

// What the provider's section of openssl.cnf may set.
struct Settings {
  std::array<char, sizeof(sockaddr_un::sun_path)> socket_path{};  // "socket": absolute path of the key socket
  std::chrono::milliseconds timeout{10'000};  // "timeout-ms": 1 to 600000, for one call of the program
  bool validated = false;  // "fips": yes or no; whether the keys are in a validated module, which nobody can check here

  // Null, or what is wrong with the values.
  [[nodiscard]] const char* load(const OSSL_CORE_HANDLE* core, const OSSL_DISPATCH* functions) noexcept;
};

}  // namespace edgeseal::provider
