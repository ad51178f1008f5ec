#pragma once

#include <array>
#include <atomic>
#include <optional>
#include <string_view>

#include "provider/context.h"
#include "provider/pss_restrictions.h"

namespace edgeseal::provider {

enum class KeyKind { rsa, rsa_pss, ec, ed25519 };

// The name under which libcrypto knows keys of the kind.
[[nodiscard]] constexpr const char* algorithm_name(KeyKind kind) noexcept {
  switch (kind) {
    case KeyKind::rsa: return "RSA";
    case KeyKind::rsa_pss: return "RSA-PSS";
    case KeyKind::ec: return "EC";
    case KeyKind::ed25519: return "ED25519";
  }
  return "";
}

[[nodiscard]] constexpr bool is_rsa(KeyKind kind) noexcept {
  return kind == KeyKind::rsa || kind == KeyKind::rsa_pss;
}

// The id by which the agent knows a key: the SHA-256 of its DER SubjectPublicKeyInfo. False where libcrypto has none.
[[nodiscard]] bool identify(const Context& context, ByteView public_key, wire::KeyId& id) noexcept;

// A key of the agent or, where `agent_key` is empty, a public key that libcrypto brought for a comparison. All
// questions about the public part are answered by a key object of another provider. Never changes once filled, thus
// shared by reference count.
class Key {
 public:
  struct Release {
    void operator()(Key* key) const noexcept { key->release(); }
  };
  using Reference = std::unique_ptr<Key, Release>;

  // What names the key to the agent, and to people.
  struct AgentKey {
    wire::KeyId id{};
    std::array<char, wire::max_key_name_size + 1> name{};
  };

  // Null where memory is out.
  [[nodiscard]] static Reference create(Context& context, KeyKind kind) noexcept;

  // Null, with an error raised, where the DER SubjectPublicKeyInfo is none of a key of these kinds.
  [[nodiscard]] static Reference of_agent(Context& context, std::string_view name, ByteView public_key) noexcept;

  Key(Context& owner, KeyKind key_kind) noexcept : context(owner), kind(key_kind) {}
  [[nodiscard]] Reference share() noexcept;

  // Largest signature and, for RSA, the size of the modulus, in bytes; zero where there is no public key.
  [[nodiscard]] std::size_t signature_size() const noexcept;

  Context& context;
  const KeyKind kind;
  Pkey public_key;
  std::optional<AgentKey> agent_key;
  std::optional<PssRestrictions> restrictions;  // of a key of the agent

 private:
  void release() noexcept;

  std::atomic<unsigned> references_{1};
};

}  // namespace edgeseal::provider
