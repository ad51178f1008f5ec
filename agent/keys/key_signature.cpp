#include "agent/keys/key_signature.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/keys/key_decryption.h"
#include "agent/keys/signature_encoding.h"

namespace edgeseal::agent {

namespace {

using wire::SignatureScheme;

Bytes left_padded(ByteView block, std::size_t size) {
  Bytes padded(size - std::min(size, block.size()));
  padded.insert(padded.end(), block.begin(), block.end());
  return padded;
}

bool fits(tpm::KeyAlgorithm algorithm, SignatureScheme scheme) {
  switch (scheme) {
    case SignatureScheme::rsa_pkcs1:
    case SignatureScheme::rsa_pss:
    case SignatureScheme::rsa_raw: return modulus_bits(algorithm).has_value();
    case SignatureScheme::ed25519: return algorithm == tpm::KeyAlgorithm::ed25519;
    case SignatureScheme::ecdsa: return !modulus_bits(algorithm) && algorithm != tpm::KeyAlgorithm::ed25519;
  }
  return false;
}

// SHA-1 is for old peers of PKCS#1 v1.5, where the application says that it has some.
void require_permitted_hash(const Key& key, const SignatureRequest& request) {
  if (request.hash != tpm::HashAlgorithm::sha1) return;
  if (request.scheme == SignatureScheme::rsa_pkcs1 &&
      std::ranges::find(key.legacy, sha1_signatures) != key.legacy.end())
    return;
  throw Error(Code::not_supported,
              fmt::format("signatures over SHA-1 are refused: use SHA-256, SHA-384 or SHA-512; where an old peer knows "
                          "only RSA PKCS#1 v1.5 with SHA-1, give application {} legacy = [\"{}\"]",
                          key.slot.application, sha1_signatures));
}

// A program that pads by itself can sign, and decrypt, whatever it likes.
void require_permitted_raw(const Key& key, const SignatureRequest& request) {
  if (std::ranges::find(key.legacy, raw_rsa) == key.legacy.end())
    throw Error(Code::not_supported,
                fmt::format("raw RSA is refused, with which a program pads by itself and could decrypt too: use PKCS#1 "
                            "v1.5 or PSS, or give application {} legacy = [\"{}\"]",
                            key.slot.application, raw_rsa));
  if (request.digest.size() != *modulus_bits(key.algorithm) / 8)
    throw Error(Code::invalid_argument, "the padded block is not as long as the modulus");
  if (!is_below_modulus(key, request.digest))
    throw Error(Code::invalid_argument, "the padded block is not less than the modulus");
}

}  // namespace

void require_fit(const Key& key, const SignatureRequest& request) {
  if (!fits(key.algorithm, request.scheme))
    throw Error(Code::not_supported, fmt::format("{} is an {} key and cannot sign with that scheme",
                                                 key.slot.key_name(), algorithm_name(key.algorithm)));
  if (request.scheme == SignatureScheme::ed25519) return;
  if (request.scheme == SignatureScheme::rsa_raw) return require_permitted_raw(key, request);
  require_permitted_hash(key, request);
  if (request.digest.size() != digest_size(request.hash))
    throw Error(Code::invalid_argument, "the digest does not have the length of the hash algorithm");
}

std::function<Bytes(tpm::KeyDevice&)> sign_command(const KeyPtr& key, const SignatureRequest& request) {
  const auto bits = modulus_bits(key->algorithm);
  switch (request.scheme) {
    case SignatureScheme::ecdsa:
      return [key, request](tpm::KeyDevice& device) {
        return encode_ecdsa(device.sign_ecdsa(key->stored, request.hash, request.digest));
      };
    case SignatureScheme::rsa_pkcs1:
      return [key, request, bits](tpm::KeyDevice& device) {
        return left_padded(device.sign_rsa_pkcs1(key->stored, request.hash, request.digest), *bits / 8);
      };
    case SignatureScheme::rsa_pss:
      return [key, bits,
              block = encode_pss(request.hash, request.digest, request.salt_length, *bits)](tpm::KeyDevice& device) {
        return left_padded(device.rsa_private(key->stored, block).view(), *bits / 8);
      };
    case SignatureScheme::rsa_raw:
      return [key, bits, block = request.digest](tpm::KeyDevice& device) {
        return left_padded(device.rsa_private(key->stored, block).view(), *bits / 8);
      };
    case SignatureScheme::ed25519: break;  // no TPM has such a key
  }
  throw Error(Code::not_supported, "unknown signature scheme");
}

}  // namespace edgeseal::agent
