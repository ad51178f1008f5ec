#include "provider/key.h"

#include <algorithm>

namespace edgeseal::provider {
namespace {

std::optional<KeyKind> kind_of(const EVP_PKEY* key) noexcept {
  for (const KeyKind kind : {KeyKind::rsa, KeyKind::rsa_pss, KeyKind::ec, KeyKind::ed25519}) {
    if (EVP_PKEY_is_a(key, algorithm_name(kind)) == 1) return kind;
  }
  return std::nullopt;
}

Pkey parse_public_key(const Context& context, ByteView der) noexcept {
  const unsigned char* start = as_octets(der);
  const unsigned char* next = start;
  Pkey key(d2i_PUBKEY_ex(nullptr, &next, static_cast<long>(der.size()), context.library.get(), nullptr));
  return next == start + der.size() ? std::move(key) : nullptr;
}

// libcrypto leaves out a hash that it has no word for, which would be taken for the default.
bool has_known_restrictions(const EVP_PKEY* key) noexcept {
  return EVP_PKEY_is_a(key, "RSA-PSS") != 1 || i2d_PUBKEY(key, nullptr) > 0;
}

}  // namespace

bool identify(const Context& context, ByteView public_key, wire::KeyId& id) noexcept {
  std::size_t size = 0;
  return EVP_Q_digest(context.library.get(), "SHA256", nullptr, public_key.data(), public_key.size(),
                      as_writable_octets(id), &size) == 1 &&
         size == id.size();
}

Key::Reference Key::create(Context& context, KeyKind kind) noexcept {
  return Reference(make_object<Key>(context, kind).release());
}

Key::Reference Key::of_agent(Context& context, std::string_view name, ByteView public_key) noexcept {
  Pkey parsed = parse_public_key(context, public_key);
  const std::optional<KeyKind> kind = parsed != nullptr ? kind_of(parsed.get()) : std::nullopt;
  AgentKey agent_key;
  if (!kind.has_value() || name.size() >= agent_key.name.size() || !identify(context, public_key, agent_key.id)) {
    raise_error(Reason::public_key_invalid, "key %.*s: not an RSA, EC or Ed25519 public key",
                static_cast<int>(name.size()), name.data());
    return nullptr;
  }
  std::copy(name.begin(), name.end(), agent_key.name.begin());
  if (!has_known_restrictions(parsed.get())) {
    raise_error(Reason::public_key_invalid, "key %s: an RSASSA-PSS key with parameters that libcrypto does not know",
                agent_key.name.data());
    return nullptr;
  }
  Reference key = create(context, *kind);
  if (key == nullptr) return nullptr;
  key->public_key = std::move(parsed);
  key->agent_key = agent_key;
  return read_restrictions(context.library.get(), *key->public_key, key->restrictions) ? std::move(key) : nullptr;
}

Key::Reference Key::share() noexcept {
  references_.fetch_add(1, std::memory_order_relaxed);
  return Reference(this);
}

void Key::release() noexcept {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) Destroy{}(this);
}

std::size_t Key::signature_size() const noexcept {
  const int size = public_key != nullptr ? EVP_PKEY_get_size(public_key.get()) : 0;
  return static_cast<std::size_t>(std::max(size, 0));
}

}  // namespace edgeseal::provider
