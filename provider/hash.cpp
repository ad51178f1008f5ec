#include "provider/hash.h"

#include <openssl/obj_mac.h>

#include <array>

#include "provider/errors.h"

namespace edgeseal::provider {
namespace {

constexpr Hash entry(wire::Hash hash, const char* name, int nid) noexcept {
  return {hash, name, nid, wire::digest_size(hash)};
}

constexpr std::array<Hash, 5> table{{entry(wire::Hash::sha1, "SHA1", NID_sha1),
                                     entry(wire::Hash::sha256, "SHA256", NID_sha256),
                                     entry(wire::Hash::sha384, "SHA384", NID_sha384),
                                     entry(wire::Hash::sha512, "SHA512", NID_sha512),
                                     {wire::Hash::none, "MD5-SHA1", NID_md5_sha1, 36}}};

const Hash* raise_unsupported(const char* name) noexcept {
  raise_error(Reason::digest_unsupported, "%s: use SHA-1, SHA-256, SHA-384 or SHA-512", name);
  return nullptr;
}

}  // namespace

const Hash* find_hash(OSSL_LIB_CTX* library, const char* name, const char* properties) noexcept {
  if (name == nullptr) return raise_unsupported("a digest without a name");
  const Digest digest(EVP_MD_fetch(library, name, properties));
  if (digest == nullptr) return raise_unsupported(name);
  for (const Hash& hash : table) {
    if (EVP_MD_is_a(digest.get(), hash.name) == 1) return &hash;
  }
  return raise_unsupported(name);
}

const Hash* find_hash_on_wire(OSSL_LIB_CTX* library, const char* name, const char* properties) noexcept {
  const Hash* hash = find_hash(library, name, properties);
  return hash == nullptr || hash->on_wire != wire::Hash::none ? hash : raise_unsupported(name);
}

const Hash* hash_of_digest_size(std::size_t size) noexcept {
  for (const Hash& hash : table) {
    if (hash.on_wire != wire::Hash::none && hash.digest_size == size) return &hash;
  }
  return nullptr;
}

const Hash& hash_of(wire::Hash hash) noexcept {
  for (const Hash& known : table) {
    if (known.on_wire == hash) return known;
  }
  return table.front();
}

}  // namespace edgeseal::provider
