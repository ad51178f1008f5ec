#include "agent/keys/prepared_contexts.h"

#include <openssl/rsa.h>

#include <algorithm>

#include "agent/keys/signature_encoding.h"

namespace edgeseal::agent {

namespace {

bool set_up(EVP_PKEY_CTX* context, const PreparedContexts::Operation& operation) {
  switch (operation.kind) {
    case PreparedContexts::Kind::ecdsa: return EVP_PKEY_sign_init(context) > 0;
    case PreparedContexts::Kind::rsa_pkcs1:
      return EVP_PKEY_sign_init(context) > 0 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0 &&
             EVP_PKEY_CTX_set_signature_md(context, message_digest(operation.hash)) > 0;
    case PreparedContexts::Kind::rsa_raw:
      return EVP_PKEY_decrypt_init(context) > 0 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) > 0;
  }
  return false;
}

}  // namespace

KeyContextPtr PreparedContexts::take(const Operation& operation) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(idle_, operation, &Prepared::operation);
    if (found != idle_.end()) {
      std::swap(*found, idle_.back());
      KeyContextPtr context = std::move(idle_.back().context);
      idle_.pop_back();
      return context;
    }
  }
  KeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, &key_, nullptr));
  require_openssl(context && set_up(context.get(), operation), "preparing an operation with a private key");
  return context;
}

void PreparedContexts::put_back(Prepared prepared) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kept) idle_.push_back(std::move(prepared));
}

}  // namespace edgeseal::agent
