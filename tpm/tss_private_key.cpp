#include "tpm/tss_private_key.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "tpm/der.h"
#include "tpm/error.h"

namespace edgeseal::tpm {
namespace {

using Type = TssPrivateKey::Type;
using Identifier = std::array<std::byte, 6>;

// 2.23.133.10.1.`last`
constexpr Identifier identifier(std::uint8_t last) {
  return {std::byte{0x67}, std::byte{0x81}, std::byte{0x05}, std::byte{0x0a}, std::byte{0x01}, std::byte{last}};
}

constexpr std::pair<Type, Identifier> kTypes[] = {{Type::loadable_key, identifier(3)},
                                                  {Type::sealed_data, identifier(5)}};

const Identifier& identifier_of(Type type) noexcept {
  return std::ranges::find(kTypes, type, &std::pair<Type, Identifier>::first)->second;
}

[[noreturn]] void reject(const std::string& problem) {
  throw Error("decode TSSPRIVKEY", Fault::bad_blob, problem);
}

template <class T>
T require(const std::optional<T>& element, const char* name) {
  if (!element) reject(std::string(name) + " is missing or malformed");
  return *element;
}

void require_end(const der::Reader& reader, const char* name) {
  if (!reader.at_end()) reject(std::string("surplus bytes after ") + name);
}

Type read_type(der::Reader& fields) {
  const ByteView read = require(fields.read(der::Tag::object_identifier), "type");
  for (const auto& [type, known] : kTypes) {
    if (std::ranges::equal(read, known)) return type;
  }
  reject(std::string("neither ") + to_string(Type::loadable_key) + " nor " + to_string(Type::sealed_data));
}

bool read_empty_auth(der::Reader& fields) {
  if (!fields.next_is(der::Tag::explicit_0)) return false;
  der::Reader wrapped(require(fields.read(der::Tag::explicit_0), "emptyAuth"));
  const bool value = require(wrapped.read_boolean(), "emptyAuth");
  require_end(wrapped, "emptyAuth");
  return value;
}

// The content of the one element `tag` within the explicit tag `outer`.
ByteView read_wrapped(der::Reader& fields, der::Tag outer, der::Tag tag, const char* name) {
  der::Reader wrapped(require(fields.read(outer), name));
  const ByteView content = require(wrapped.read(tag), name);
  require_end(wrapped, name);
  return content;
}

std::uint32_t read_command_code(der::Reader& fields) {
  constexpr const char* name = "commandCode";
  der::Reader wrapped(require(fields.read(der::Tag::explicit_0), name));
  const std::uint32_t code = require(wrapped.read_uint32(), name);
  require_end(wrapped, name);
  return code;
}

PolicyCommand read_policy_command(der::Reader& commands) {
  der::Reader fields(require(commands.read(der::Tag::sequence), "policy command"));
  const std::uint32_t code = read_command_code(fields);
  const ByteView parameters = read_wrapped(fields, der::Tag::explicit_1, der::Tag::octet_string, "commandPolicy");
  if (parameters.size() > kMaxPolicyParameters) reject("commandPolicy is longer than any");
  require_end(fields, "commandPolicy");
  return {code, Bytes(parameters.begin(), parameters.end())};
}

std::optional<ObjectPolicy> read_policy(der::Reader& fields) {
  if (!fields.next_is(der::Tag::explicit_1)) return std::nullopt;
  der::Reader list(read_wrapped(fields, der::Tag::explicit_1, der::Tag::sequence, "policy"));
  std::vector<PolicyCommand> commands;
  while (!list.at_end()) {
    if (commands.size() == kPolicyCommands) reject("its policy has more commands than the agent can satisfy");
    commands.push_back(read_policy_command(list));
  }
  return policy_of(commands);
}

// A TPM2B: two bytes of size, big endian, then as many bytes.
Bytes read_tpm2b(der::Reader& fields, const char* name) {
  constexpr std::size_t prefix = 2;
  const ByteView content = require(fields.read(der::Tag::octet_string), name);
  if (content.size() <= prefix) reject(std::string(name) + " is empty");
  const auto size = std::to_integer<std::size_t>(content[0]) << 8 | std::to_integer<std::size_t>(content[1]);
  if (size != content.size() - prefix) reject(std::string(name) + " has a wrong size");
  return Bytes(content.begin(), content.end());
}

void append(Bytes& out, const Bytes& element) {
  out.insert(out.end(), element.begin(), element.end());
}

Bytes policy_element(const ObjectPolicy& policy) {
  Bytes list;
  for (const auto& [code, parameters] : commands_of(policy)) {
    Bytes fields = der::element(der::Tag::explicit_0, der::integer_element(code));
    append(fields, der::element(der::Tag::explicit_1, der::element(der::Tag::octet_string, parameters)));
    append(list, der::element(der::Tag::sequence, fields));
  }
  return der::element(der::Tag::explicit_1, der::element(der::Tag::sequence, list));
}

}  // namespace

const char* to_string(Type type) noexcept {
  switch (type) {
    case Type::loadable_key: return "a loadable key (2.23.133.10.1.3)";
    case Type::sealed_data: return "sealed data (2.23.133.10.1.5)";
  }
  return "unknown";
}

Bytes encode(const TssPrivateKey& key) {
  Bytes fields = der::element(der::Tag::object_identifier, identifier_of(key.type));
  append(fields, der::element(der::Tag::explicit_0, der::boolean_element(key.empty_auth)));
  if (key.policy) append(fields, policy_element(*key.policy));
  append(fields, der::integer_element(key.parent));
  append(fields, der::element(der::Tag::octet_string, key.public_area));
  append(fields, der::element(der::Tag::octet_string, key.private_area));
  return der::element(der::Tag::sequence, fields);
}

TssPrivateKey decode_tss_private_key(ByteView der) {
  if (der.size() > TssPrivateKey::kMaxSize) reject("longer than any TPM key");
  der::Reader outer(der);
  der::Reader fields(require(outer.read(der::Tag::sequence), "the sequence"));
  require_end(outer, "the key");

  TssPrivateKey key;
  key.type = read_type(fields);
  key.empty_auth = read_empty_auth(fields);
  key.policy = read_policy(fields);
  key.parent = require(fields.read_uint32(), "parent");
  if (key.parent != TssPrivateKey::kOwnerPrimary && key.parent != TssPrivateKey::kPersistentStorageKey) {
    reject("its parent is neither the owner primary nor the storage key at 0x81000001");
  }
  key.public_area = read_tpm2b(fields, "pubkey");
  key.private_area = read_tpm2b(fields, "privkey");
  require_end(fields, "privkey");
  return key;
}

}  // namespace edgeseal::tpm
