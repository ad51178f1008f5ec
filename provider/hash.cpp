#include "provider/hash.h"

#include <openssl/obj_mac.h>

#include <array>

#include "provider/errors.h"

namespace edgeseal::provider {
namespace {

struct Entry {
  wire::Hash hash;
  const char* name;
  int nid;
};

constexpr std::array<Entry, 4> table{{{wire::Hash::sha1, "SHA1", NID_sha1},
                                      {wire::Hash::sha256, "SHA256", NID_sha256},
                                      {wire::Hash::sha384, "SHA384", NID_sha384},
                                      {wire::Hash::sha512, "SHA512", NID_sha512}}};

const Entry& entry_of(wire::Hash hash) noexcept {
  for (const Entry& entry : table) {
    if (entry.hash == hash) return entry;
  }
  return table.front();
}

std::optional<wire::Hash> hash_of(const EVP_MD* digest) noexcept {
  for (const Entry& entry : table) {
    if (EVP_MD_is_a(digest, entry.name) == 1) return entry.hash;
  }
  return std::nullopt;
}

}  // namespace

std::optional<wire::Hash> find_hash(OSSL_LIB_CTX* library, const char* name, const char* properties) noexcept {
  if (name == nullptr) return std::nullopt;
  const Digest digest(EVP_MD_fetch(library, name, properties));
  const std::optional<wire::Hash> hash = digest != nullptr ? hash_of(digest.get()) : std::nullopt;
  if (!hash.has_value()) raise_error(Reason::digest_unsupported, "%s: use SHA-1, SHA-256, SHA-384 or SHA-512", name);
  return hash;
}

std::optional<wire::Hash> hash_of_digest_size(std::size_t size) noexcept {
  for (const Entry& entry : table) {
    if (wire::digest_size(entry.hash) == size) return entry.hash;
  }
  return std::nullopt;
}

const char* name_of(wire::Hash hash) noexcept {
  return entry_of(hash).name;
}
int nid_of(wire::Hash hash) noexcept {
  return entry_of(hash).nid;
}

}  // namespace edgeseal::provider
