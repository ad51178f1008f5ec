#pragma once

#include "provider/key.h"

namespace edgeseal::provider {

// A verification by a key of the agent takes its public part only: it is an operation of libcrypto's default provider,
// in the module's own library context. Errors are raised by libcrypto; a signature that does not fit raises none.
class Verification {
 public:
  [[nodiscard]] bool start(const Key* key, const OSSL_PARAM parameters[]) noexcept;
  [[nodiscard]] bool start_recovering(const Key* key, const OSSL_PARAM parameters[]) noexcept;
  // With no `digest` that of the key, or none for Ed25519.
  [[nodiscard]] bool start_hashing(const Key* key, const char* digest, const OSSL_PARAM parameters[]) noexcept;
  void stop() noexcept;
  [[nodiscard]] bool started() const noexcept { return context() != nullptr; }

  [[nodiscard]] bool verify(ByteView signature, ByteView digest) noexcept;
  // The size of what was recovered in `size`; with no `out` the largest one.
  [[nodiscard]] bool recover(ByteView signature, unsigned char* out, std::size_t* size, std::size_t capacity) noexcept;

  [[nodiscard]] bool update(ByteView data) noexcept;
  [[nodiscard]] bool finish(ByteView signature) noexcept;
  [[nodiscard]] bool verify_message(ByteView signature, ByteView message) noexcept;

  [[nodiscard]] bool set(const OSSL_PARAM parameters[]) noexcept;
  [[nodiscard]] bool get(OSSL_PARAM parameters[]) const noexcept;
  [[nodiscard]] bool copy_to(Verification& copy) const noexcept;

 private:
  [[nodiscard]] EVP_PKEY_CTX* context() const noexcept;

  PkeyContext of_digest_;
  DigestContext hashing_;
};

}  // namespace edgeseal::provider
