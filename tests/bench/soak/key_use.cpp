#include "tests/bench/soak/key_use.h"

#include <fmt/format.h>
#include <openssl/x509.h>
#include <poll.h>

#include <array>
#include <stdexcept>

#include "tests/bench/soak/key_connection.h"

namespace edgeseal::bench {
namespace {

constexpr int answer_limit_ms = 30'000;

const unsigned char* bytes(wire::ByteView view) {
  return reinterpret_cast<const unsigned char*>(view.data());
}

wire::DescribeResponse describe(KeyConnection& connection, const std::string& name) {
  std::array<std::byte, 512> out{};
  const std::size_t size = wire::encode(1, wire::DescribeRequest{name, {}}, out);
  if (!connection.connect() || !connection.send(wire::ByteView(out).first(size)))
    throw std::runtime_error(fmt::format("{}: the key socket does not answer", name));
  pollfd waited{connection.descriptor(), POLLIN, 0};
  ::poll(&waited, 1, answer_limit_ms);
  wire::DescribeResponse description;
  if (connection.receive() != KeyConnection::Event::record || !wire::decode(KeyConnection::record(), description))
    throw std::runtime_error(fmt::format("{}: no description of the key", name));
  return description;
}

}  // namespace

KeyUse::KeyUse(std::filesystem::path socket, const std::string& name) : socket_(std::move(socket)) {
  KeyConnection connection(socket_);
  const wire::DescribeResponse description = describe(connection, name);
  id_ = description.key_id;
  const unsigned char* cursor = bytes(description.public_key);
  public_key_.reset(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(description.public_key.size())), EVP_PKEY_free);
  if (!public_key_) throw std::runtime_error(fmt::format("{}: no public key", name));
}

wire::ByteView KeyUse::request(std::uint32_t id, wire::ByteView digest, wire::MutableByteView out) const {
  const wire::SignRequest request{id_, wire::SignatureScheme::ecdsa, wire::Hash::sha256, 0, digest};
  return out.first(wire::encode(id, request, out));
}

bool KeyUse::verifies(wire::ByteView signature, wire::ByteView digest) const {
  const std::shared_ptr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(public_key_.get(), nullptr), EVP_PKEY_CTX_free);
  return EVP_PKEY_verify_init(context.get()) == 1 &&
         EVP_PKEY_verify(context.get(), bytes(signature), signature.size(), bytes(digest), digest.size()) == 1;
}

}  // namespace edgeseal::bench
