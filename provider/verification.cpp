#include "provider/verification.h"

#include <openssl/params.h>

namespace edgeseal::provider {
namespace {

bool has_public_key(const Key* key) noexcept {
  if (key != nullptr && key->public_key != nullptr) return true;
  raise_error(Reason::public_key_invalid, "there is none to verify with");
  return false;
}

PkeyContext context_of(const Key& key) noexcept {
  return PkeyContext(EVP_PKEY_CTX_new_from_pkey(key.context.library.get(), key.public_key.get(), nullptr));
}

}  // namespace

bool Verification::start(const Key* key, const OSSL_PARAM parameters[]) noexcept {
  stop();
  if (!has_public_key(key)) return false;
  of_digest_ = context_of(*key);
  return of_digest_ != nullptr && EVP_PKEY_verify_init_ex(of_digest_.get(), parameters) == 1;
}

bool Verification::start_recovering(const Key* key, const OSSL_PARAM parameters[]) noexcept {
  stop();
  if (!has_public_key(key)) return false;
  of_digest_ = context_of(*key);
  return of_digest_ != nullptr && EVP_PKEY_verify_recover_init_ex(of_digest_.get(), parameters) == 1;
}

bool Verification::start_hashing(const Key* key, const char* digest, const OSSL_PARAM parameters[]) noexcept {
  stop();
  if (!has_public_key(key)) return false;
  hashing_.reset(EVP_MD_CTX_new());
  const char* name = digest != nullptr && *digest != '\0' ? digest : nullptr;
  return hashing_ != nullptr && EVP_DigestVerifyInit_ex(hashing_.get(), nullptr, name, key->context.library.get(),
                                                        nullptr, key->public_key.get(), parameters) == 1;
}

void Verification::stop() noexcept {
  of_digest_.reset();
  hashing_.reset();
}

bool Verification::verify(ByteView signature, ByteView digest) noexcept {
  return of_digest_ != nullptr && EVP_PKEY_verify(of_digest_.get(), as_octets(signature), signature.size(),
                                                  as_octets(digest), digest.size()) == 1;
}

bool Verification::recover(ByteView signature, unsigned char* out, std::size_t* size, std::size_t capacity) noexcept {
  *size = capacity;
  return of_digest_ != nullptr &&
         EVP_PKEY_verify_recover(of_digest_.get(), out, size, as_octets(signature), signature.size()) == 1;
}

bool Verification::update(ByteView data) noexcept {
  return hashing_ != nullptr && EVP_DigestVerifyUpdate(hashing_.get(), data.data(), data.size()) == 1;
}

bool Verification::finish(ByteView signature) noexcept {
  return hashing_ != nullptr && EVP_DigestVerifyFinal(hashing_.get(), as_octets(signature), signature.size()) == 1;
}

bool Verification::verify_message(ByteView signature, ByteView message) noexcept {
  return hashing_ != nullptr && EVP_DigestVerify(hashing_.get(), as_octets(signature), signature.size(),
                                                 as_octets(message), message.size()) == 1;
}

bool Verification::set(const OSSL_PARAM parameters[]) noexcept {
  return parameters == nullptr || EVP_PKEY_CTX_set_params(context(), parameters) == 1;
}

bool Verification::get(OSSL_PARAM parameters[]) const noexcept {
  return EVP_PKEY_CTX_get_params(context(), parameters) == 1;
}

bool Verification::copy_to(Verification& copy) const noexcept {
  copy.stop();
  if (of_digest_ != nullptr) copy.of_digest_.reset(EVP_PKEY_CTX_dup(of_digest_.get()));
  if (hashing_ == nullptr) return (of_digest_ == nullptr) == (copy.of_digest_ == nullptr);
  copy.hashing_.reset(EVP_MD_CTX_new());
  return copy.hashing_ != nullptr && EVP_MD_CTX_copy_ex(copy.hashing_.get(), hashing_.get()) == 1;
}

EVP_PKEY_CTX* Verification::context() const noexcept {
  return hashing_ != nullptr ? EVP_MD_CTX_get_pkey_ctx(hashing_.get()) : of_digest_.get();
}

}  // namespace edgeseal::provider
