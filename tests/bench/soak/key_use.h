#pragma once

#include <openssl/evp.h>

#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "provider/wire/message.h"

namespace edgeseal::bench {

// A P-256 key of the agent, as a program knows it that has read its certificate.
class KeyUse {
 public:
  // Asks the agent. Throws std::runtime_error.
  KeyUse(std::filesystem::path socket, const std::string& name);

  [[nodiscard]] const std::filesystem::path& socket() const { return socket_; }
  // The record of a request, of its size in `out`.
  [[nodiscard]] wire::ByteView request(std::uint32_t id, wire::ByteView digest, wire::MutableByteView out) const;
  [[nodiscard]] bool verifies(wire::ByteView signature, wire::ByteView digest) const;

 private:
  std::filesystem::path socket_;
  wire::KeyId id_{};
  std::shared_ptr<EVP_PKEY> public_key_;
};

}  // namespace edgeseal::bench
