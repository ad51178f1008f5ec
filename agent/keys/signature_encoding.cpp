#include "agent/keys/signature_encoding.h"

#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "agent/error.h"
#include "agent/openssl.h"

namespace edgeseal::agent {

namespace {

using tpm::Bytes;
using tpm::ByteView;
using DigestPtr = std::unique_ptr<EVP_MD, OpensslFree<EVP_MD, EVP_MD_free>>;

// Many digests by one context and one function: to make and to fetch them costs more than a short digest itself.
class Hashing {
 public:
  explicit Hashing(tpm::HashAlgorithm hash)
      : function_(EVP_MD_fetch(nullptr, EVP_MD_get0_name(message_digest(hash)), nullptr)), context_(EVP_MD_CTX_new()) {}

  // Of the parts in a row; until the next call.
  [[nodiscard]] ByteView operator()(std::initializer_list<ByteView> parts) {
    unsigned size = 0;
    require_openssl(context_ && function_ && EVP_DigestInit_ex2(context_.get(), function_.get(), nullptr) == 1,
                    "EVP_DigestInit_ex2");
    for (const ByteView part : parts)
      require_openssl(EVP_DigestUpdate(context_.get(), part.data(), part.size()) == 1, "EVP_DigestUpdate");
    require_openssl(EVP_DigestFinal_ex(context_.get(), out_octets(digest_), &size) == 1, "EVP_DigestFinal_ex");
    return ByteView(digest_).first(size);
  }

 private:
  DigestPtr function_;
  DigestContextPtr context_;
  std::array<std::byte, EVP_MAX_MD_SIZE> digest_{};
};

}  // namespace

const EVP_MD* message_digest(tpm::HashAlgorithm hash) {
  switch (hash) {
    case tpm::HashAlgorithm::sha1: return EVP_sha1();
    case tpm::HashAlgorithm::sha256: return EVP_sha256();
    case tpm::HashAlgorithm::sha384: return EVP_sha384();
    case tpm::HashAlgorithm::sha512: return EVP_sha512();
  }
  throw Error(Code::not_supported, "unknown hash algorithm");
}

std::size_t digest_size(tpm::HashAlgorithm hash) {
  return static_cast<std::size_t>(EVP_MD_get_size(message_digest(hash)));
}

void apply_mask(tpm::HashAlgorithm hash, ByteView seed, std::span<std::byte> block) {
  Hashing hashing(hash);
  std::uint32_t counter = 0;
  for (std::size_t begin = 0; begin < block.size(); ++counter) {
    const std::array<std::byte, 4> big_endian = {std::byte(counter >> 24), std::byte(counter >> 16),
                                                 std::byte(counter >> 8), std::byte(counter)};
    for (const std::byte mask : hashing({seed, big_endian})) {
      if (begin == block.size()) break;
      block[begin++] ^= mask;
    }
  }
}

Bytes encode_pss(tpm::HashAlgorithm hash, ByteView digest, std::size_t salt_length, std::size_t modulus_bits) {
  const std::size_t encoded_bits = modulus_bits - 1;
  const std::size_t size = (encoded_bits + 7) / 8;
  const std::size_t hash_size = digest_size(hash);
  if (salt_length > size || hash_size + salt_length + 2 > size)
    throw Error(Code::not_supported,
                fmt::format("a PSS salt of {} bytes does not fit a key of {} bits", salt_length, modulus_bits));

  Bytes salt(salt_length);
  require_openssl(RAND_bytes(reinterpret_cast<unsigned char*>(salt.data()), static_cast<int>(salt.size())) == 1,
                  "RAND_bytes");
  constexpr std::array<std::byte, 8> eight_zeros{};
  Hashing hashing(hash);
  const ByteView h = hashing({eight_zeros, digest, salt});

  Bytes encoded(size);
  const std::span<std::byte> db = std::span(encoded).first(size - hash_size - 1);  // PS || 0x01 || salt
  db[db.size() - salt_length - 1] = std::byte{0x01};
  std::ranges::copy(salt, db.last(salt_length).begin());
  apply_mask(hash, h, db);
  db[0] &= std::byte(0xff >> (8 * size - encoded_bits));
  std::ranges::copy(h, encoded.begin() + static_cast<std::ptrdiff_t>(db.size()));
  encoded.back() = std::byte{0xbc};

  encoded.insert(encoded.begin(), (modulus_bits + 7) / 8 - size, std::byte{0});
  return encoded;
}

Bytes digest_of(tpm::HashAlgorithm hash, ByteView message) {
  Hashing hashing(hash);
  const ByteView digest = hashing({message});
  return {digest.begin(), digest.end()};
}

Bytes ecdsa_halves(ByteView signature) {
  constexpr int half = 32;
  const unsigned char* cursor = octets(signature);
  const EcdsaSignaturePtr value(d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(signature.size())));
  Bytes halves(std::size_t{2} * half);
  auto* target = reinterpret_cast<unsigned char*>(halves.data());
  if (!value || BN_bn2binpad(ECDSA_SIG_get0_r(value.get()), target, half) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(value.get()), target + half, half) < 0)
    throw Error(Code::invalid_argument, "not an ECDSA signature of P-256");
  return halves;
}

Bytes encode_ecdsa(const tpm::EcdsaSignature& signature) {
  const EcdsaSignaturePtr value(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(octets(signature.r), static_cast<int>(signature.r.size()), nullptr);
  BIGNUM* s = BN_bin2bn(octets(signature.s), static_cast<int>(signature.s.size()), nullptr);
  require_openssl(value && r != nullptr && s != nullptr && ECDSA_SIG_set0(value.get(), r, s) == 1, "ECDSA_SIG_set0");
  return der_of(value.get(), i2d_ECDSA_SIG);
}

}  // namespace edgeseal::agent
