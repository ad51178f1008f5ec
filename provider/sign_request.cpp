#include "provider/sign_request.h"

#include <algorithm>

#include "provider/rsa_block.h"

namespace edgeseal::provider {
namespace {

using wire::SignatureScheme;

// The bytes that go into the private operation as they are. Whether a program may do that, the agent decides.
bool request_raw(ByteView block, wire::SignRequest& request) noexcept {
  request.scheme = SignatureScheme::rsa_raw;
  request.hash = wire::Hash::none;
  request.digest = block;
  return true;
}

bool request_block(ByteView content, std::size_t modulus_size, wire::SignRequest& request) noexcept {
  if (content.size() == modulus_size && modulus_size <= wire::max_modulus_size) return request_raw(content, request);
  raise_error(Reason::digest_size_wrong, "%zu bytes without padding for a modulus of %zu", content.size(),
              modulus_size);
  return false;
}

// PKCS#1 v1.5 of what the program gives: a DigestInfo of its own making, or anything else.
bool request_pkcs1(ByteView content, MutableByteView block, wire::SignRequest& request) noexcept {
  if (const std::optional<NamedDigest> named = parse_digest_info(content)) {
    request.hash = named->hash;
    request.digest = named->digest;
    return true;
  }
  if (pad_pkcs1(content, block)) return request_raw(block, request);
  raise_error(Reason::digest_size_wrong, "%zu bytes do not fit a modulus of %zu", content.size(), block.size());
  return false;
}

bool request_digest(const SignatureOptions& options, const Key& key, const Hash& hash, ByteView digest,
                    wire::SignRequest& request) noexcept {
  const std::optional<std::uint16_t> salt = options.salt_length(hash, key);
  if (!salt.has_value()) return false;
  request.hash = hash.on_wire;
  request.salt_length = *salt;
  request.digest = digest;
  return true;
}

}  // namespace

bool make_sign_request(const SignatureOptions& options, const Key& key, ByteView content, MutableByteView block,
                       wire::SignRequest& request) noexcept {
  const bool pkcs1 = options.scheme() == SignatureScheme::rsa_pkcs1;
  const std::size_t modulus_size = key.signature_size();
  const Hash* hash = options.hash();
  request.key_id = key.agent_key->id;
  request.scheme = options.scheme();
  if (options.scheme() == SignatureScheme::rsa_raw) return request_block(content, modulus_size, request);
  if (hash != nullptr && content.size() != hash->digest_size) {
    raise_error(Reason::digest_size_wrong, "%zu bytes for %s", content.size(), hash->name);
    return false;
  }
  if (pkcs1 && (hash == nullptr || hash->on_wire == wire::Hash::none))
    return request_pkcs1(content, block.first(std::min(modulus_size, block.size())), request);
  // ECDSA callers may leave the digest unnamed; its size then tells it.
  if (hash == nullptr && key.kind == KeyKind::ec) hash = hash_of_digest_size(content.size());
  if (hash != nullptr) return request_digest(options, key, *hash, content, request);
  raise_error(Reason::digest_unsupported, "none was chosen for the %zu bytes to sign", content.size());
  return false;
}

}  // namespace edgeseal::provider
