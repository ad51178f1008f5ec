#pragma once

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <sys/un.h>

#include <array>
#include <chrono>

#include "provider/errors.h"

namespace edgeseal::provider {

// What the provider's section of openssl.cnf may set.
struct Settings {
  std::array<char, sizeof(sockaddr_un::sun_path)> socket_path{};  // "socket": absolute path of the key socket
  std::chrono::milliseconds timeout{10'000};  // "timeout-ms": 1 to 600000, for one call of the program

  // False, with an error raised, where a value is out of its range.
  [[nodiscard]] bool load(const OSSL_CORE_HANDLE* core, const OSSL_DISPATCH* functions, const Errors& errors) noexcept;
};

}  // namespace edgeseal::provider
