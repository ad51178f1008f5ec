#include "provider/hash.h"

#include <openssl/obj_mac.h>

#include <algorithm>
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

// A name or a property query as libcrypto takes it, with a zero byte behind it; of its own it allows no longer ones.
using Text = std::array<char, 256>;

bool terminate(std::string_view text, Text& copy) noexcept {
  if (text.size() >= copy.size()) return false;
  *std::copy(text.begin(), text.end(), copy.begin()) = '\0';
  return true;
}

const Hash* raise_unsupported(std::string_view name) noexcept {
  constexpr std::size_t most_shown = 64;
  raise_error(Reason::digest_unsupported, "%.*s: use SHA-1, SHA-256, SHA-384 or SHA-512",
              static_cast<int>(std::min(name.size(), most_shown)), name.data());
  return nullptr;
}

}  // namespace

Digest fetch_digest(OSSL_LIB_CTX* library, std::string_view name, std::string_view properties) noexcept {
  Text terminated_name, terminated_properties;
  if (!terminate(name, terminated_name) || !terminate(properties, terminated_properties)) return nullptr;
  return Digest(EVP_MD_fetch(library, terminated_name.data(), terminated_properties.data()));
}

const Hash* find_hash(OSSL_LIB_CTX* library, std::string_view name, std::string_view properties) noexcept {
  if (name.empty()) return raise_unsupported("a digest without a name");
  const Digest digest = fetch_digest(library, name, properties);
  if (digest == nullptr) return raise_unsupported(name);
  for (const Hash& hash : table) {
    if (EVP_MD_is_a(digest.get(), hash.name) == 1) return &hash;
  }
  return raise_unsupported(name);
}

const Hash* find_hash_on_wire(OSSL_LIB_CTX* library, std::string_view name, std::string_view properties) noexcept {
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
