#pragma once

#include <openssl/x509.h>

#include "agent/openssl.h"

// Private keys that a file carries under a passphrase (PKCS#5, PKCS#12).
namespace edgeseal::agent {

// A passphrase, and how often the file may have it hashed in all: who wrote the file chose the number.
class Passphrase {
 public:
  static constexpr std::size_t max_size = 1024;
  static constexpr long max_iterations = 2'000'000;

  // Throws Error{invalid_argument} for one that is too long. The bytes are not copied.
  explicit Passphrase(tpm::ByteView bytes);

  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] const char* data() const { return reinterpret_cast<const char*>(bytes_.data()); }
  [[nodiscard]] int size() const { return static_cast<int>(bytes_.size()); }

  // To be called before each derivation of a key. Throws Error{not_supported} where it asks for too much.
  void spend(const ASN1_INTEGER* iterations);
  void spend(const X509_ALGOR& encryption);

 private:
  tpm::ByteView bytes_;
  long left_ = max_iterations;
};

// Throws Error{invalid_argument} for a wrong passphrase, and differently for none; Error{not_supported} for an
// encryption that libcrypto does not have.
[[nodiscard]] Pkcs8Ptr decrypt_pkcs8(const X509_SIG& encrypted, Passphrase& passphrase);

// After libcrypto could not decrypt: one of these, by its error queue.
[[noreturn]] void refuse_decryption(const Passphrase& passphrase);
[[noreturn]] void ask_for_passphrase();

}  // namespace edgeseal::agent
