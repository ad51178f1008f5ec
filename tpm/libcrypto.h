#pragma once

#include <initializer_list>
#include <span>

#include "tpm/bytes.h"

// The little of cryptography that happens beside the chip. Uses libcrypto's default context.
namespace edgeseal::tpm {

// Over the parts, one after the other.
[[nodiscard]] Bytes sha256(std::initializer_list<ByteView> parts);
[[nodiscard]] Bytes sha256(std::span<const Bytes> parts);

// AES-128-CFB with an initialisation vector of zeros, as the TPM wraps what leaves and enters it; `key`: 16 bytes.
[[nodiscard]] Bytes aes_128_cfb_encrypt(ByteView key, ByteView plaintext);

}  // namespace edgeseal::tpm
