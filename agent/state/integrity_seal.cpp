#include "agent/state/integrity_seal.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>

#include "agent/by_itself.h"
#include "agent/openssl.h"

namespace edgeseal::agent {

namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t seal_size = 32;

// Of one meaning: the length of what could run into the next part stands before it.
Bytes message(std::string_view kind, std::string_view name, ByteView content) {
  Bytes bytes;
  for (const std::string_view part : {kind, name}) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::byte>(part.size() >> shift));
    std::ranges::copy(std::as_bytes(std::span(part)), std::back_inserter(bytes));
  }
  std::ranges::copy(sha256(content), std::back_inserter(bytes));
  return bytes;
}

}  // namespace

void IntegritySeal::prepare(Answer<std::monostate> answer) {
  if (is_open()) return answer(std::monostate{});
  waiting_.push_back(std::move(answer));
  if (waiting_.size() > 1) return;
  try {
    const auto sealed = state_.seal_key();
    sealed ? unseal(*sealed) : make();
  } catch (const Error& error) {
    conclude(error);
  }
}

void IntegritySeal::make() {
  const auto key = std::make_shared<secret_memory::Buffer>(key_size);
  require_openssl(RAND_priv_bytes(out_octets(key->span()), key_size) == 1, "RAND_priv_bytes");
  tpm_.submit<tpm::SealedSecret>(
      own_ticket, [key](tpm::KeyDevice& device) { return device.seal(key->view()); },
      [this, key](std::variant<tpm::SealedSecret, Error> outcome) {
        const Answer<KeyPtr> finish = [this](std::variant<KeyPtr, Error> made) { conclude(std::move(made)); };
        proceed(finish, outcome, [&](const tpm::SealedSecret& sealed) {
          state_.record_seal_key(sealed);
          finish(key);
        });
      });
}

// `std::function` wants to be copied.
void IntegritySeal::unseal(const tpm::SealedSecret& sealed) {
  const auto object = std::make_shared<tpm::SealedSecret>(
      tpm::SealedSecret{sealed.tss_private_key, tpm::SecretBytes(sealed.auth.view())});
  const auto open = [object](tpm::KeyDevice& device) {
    const tpm::SecretBytes secret = device.unseal(*object);
    if (secret.size() != key_size)
      throw Error(Code::security_checks_failed, "the key that seals trust lists has a wrong length");
    auto key = std::make_shared<secret_memory::Buffer>(key_size);
    std::ranges::copy(secret.view(), key->span().begin());
    return key;
  };
  tpm_.submit<KeyPtr>(own_ticket, open, [this](std::variant<KeyPtr, Error> outcome) { conclude(std::move(outcome)); });
}

void IntegritySeal::conclude(std::variant<KeyPtr, Error> outcome) {
  const auto waiting = std::exchange(waiting_, {});
  if (const auto* error = std::get_if<Error>(&outcome)) {
    for (const auto& answer : waiting) answer(*error);
    return;
  }
  key_ = std::get<KeyPtr>(outcome);
  if (opened_) by_itself("what waited for the seal", opened_);
  for (const auto& answer : waiting) answer(std::monostate{});
}

Bytes IntegritySeal::seal(std::string_view kind, std::string_view name, ByteView content) const {
  if (!is_open())
    throw Error(Code::tpm_unavailable,
                "trust lists are sealed by the TPM, which has not opened the key for that yet; remedy: see the health "
                "of the TPM in edgesealctl status, and try again");
  const secret_memory::Scope scope;
  const Bytes text = message(kind, name, content);
  Bytes seal(seal_size);
  require_openssl(HMAC(EVP_sha256(), key_->view().data(), key_size, octets(text), text.size(), out_octets(seal),
                       nullptr) != nullptr,
                  "HMAC");
  return seal;
}

bool IntegritySeal::holds(std::string_view kind, std::string_view name, ByteView content, ByteView seal) const {
  const Bytes expected = this->seal(kind, name, content);
  return seal.size() == expected.size() && CRYPTO_memcmp(seal.data(), expected.data(), expected.size()) == 0;
}

void seal_setup_flag(State& state, const IntegritySeal& seal) {
  static constexpr std::string_view kind = "state", name = "setup-flag";
  state.use_setup_sealing(
      {[&seal](std::string_view text) { return seal.seal(kind, name, std::as_bytes(std::span(text))); },
       [&seal](std::string_view text, ByteView proof) {
         return seal.is_open() && seal.holds(kind, name, std::as_bytes(std::span(text)), proof);
       }});
}

}  // namespace edgeseal::agent
