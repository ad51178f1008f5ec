#include <array>

#include "provider/algorithms.h"
#include "provider/operation.h"
#include "provider/sign_request.h"
#include "provider/verification.h"

namespace edgeseal::provider {
namespace {

// One signature operation of the program. The hash is computed here, in the module's own library context; the agent
// gets the digest.
class Operation {
 public:
  Operation(Context& context, KeyKind kind) noexcept : context_(context), kind_(kind), options_(context) {}

  // Null where memory is out.
  [[nodiscard]] Owned<Operation> duplicate() const noexcept;
  [[nodiscard]] bool start(Key* key, const OSSL_PARAM parameters[]) noexcept;
  [[nodiscard]] bool start_hashing(const char* digest) noexcept;
  [[nodiscard]] bool update(ByteView data) noexcept;

  // With no `signature` they tell the largest size only.
  [[nodiscard]] bool finish(unsigned char* signature, std::size_t* size, std::size_t capacity) noexcept;
  [[nodiscard]] bool sign(ByteView content, unsigned char* signature, std::size_t* size, std::size_t capacity) noexcept;

  // To verify with; started by the key that it got here.
  [[nodiscard]] const Key* take(Key* key) noexcept;
  [[nodiscard]] Verification& verification() noexcept { return verification_; }

  [[nodiscard]] bool set(const OSSL_PARAM parameters[]) noexcept;
  [[nodiscard]] bool get(OSSL_PARAM parameters[]) const noexcept;

 private:
  [[nodiscard]] bool fits(const Key& key) const noexcept;

  Context& context_;
  KeyKind kind_;  // RSA keys sign with their own operations and with those of RSA-PSS
  SignatureOptions options_;
  Key::Reference key_;
  DigestContext hashing_;
  Verification verification_;
};

Owned<Operation> Operation::duplicate() const noexcept {
  Owned<Operation> copy = make_object<Operation>(context_, kind_);
  if (copy == nullptr || !verification_.copy_to(copy->verification_)) return nullptr;
  copy->options_ = options_;
  if (key_ != nullptr) copy->key_ = key_->share();
  if (hashing_ == nullptr) return copy;
  copy->hashing_.reset(EVP_MD_CTX_new());
  const bool copied = copy->hashing_ != nullptr && EVP_MD_CTX_copy_ex(copy->hashing_.get(), hashing_.get()) == 1;
  return copied ? std::move(copy) : nullptr;
}

bool Operation::fits(const Key& key) const noexcept {
  return kind_ == KeyKind::rsa ? is_rsa(key.kind) : key.kind == kind_;
}

const Key* Operation::take(Key* key) noexcept {
  if (key != nullptr) key_ = key->share();
  hashing_.reset();
  verification_.stop();
  return key_ != nullptr && fits(*key_) ? key_.get() : nullptr;
}

bool Operation::start(Key* key, const OSSL_PARAM parameters[]) noexcept {
  const Key* taken = take(key);
  if (taken == nullptr || !taken->agent_key.has_value()) {
    raise_error(Reason::private_key_missing, "only keys of the agent can sign");
    return false;
  }
  options_.start(*taken);
  return set(parameters);
}

bool Operation::start_hashing(const char* digest) noexcept {
  if (digest != nullptr && *digest != '\0' && !options_.set_digest(digest)) return false;
  if (options_.hash() == nullptr) {
    raise_error(Reason::digest_unsupported, "none was chosen");
    return false;
  }
  const Digest fetched(EVP_MD_fetch(context_.library.get(), options_.hash()->name, nullptr));
  hashing_.reset(EVP_MD_CTX_new());
  return fetched != nullptr && hashing_ != nullptr && EVP_DigestInit_ex2(hashing_.get(), fetched.get(), nullptr) == 1;
}

bool Operation::update(ByteView data) noexcept {
  return hashing_ != nullptr && EVP_DigestUpdate(hashing_.get(), data.data(), data.size()) == 1;
}

bool Operation::finish(unsigned char* signature, std::size_t* size, std::size_t capacity) noexcept {
  if (hashing_ == nullptr) return false;
  if (signature == nullptr) return sign({}, nullptr, size, 0);
  std::array<std::byte, EVP_MAX_MD_SIZE> digest;
  unsigned int digest_size = 0;
  if (EVP_DigestFinal_ex(hashing_.get(), as_writable_octets(digest), &digest_size) != 1) return false;
  return sign(ByteView(digest).first(digest_size), signature, size, capacity);
}

bool Operation::sign(ByteView content, unsigned char* signature, std::size_t* size, std::size_t capacity) noexcept {
  if (key_ == nullptr || !key_->agent_key.has_value()) return false;
  const std::size_t largest = key_->signature_size();
  if (signature == nullptr) {
    *size = largest;
    return largest != 0;
  }
  if (!has_room(largest, capacity)) return false;
  std::array<std::byte, wire::max_modulus_size> block;
  wire::SignRequest request;
  if (!make_sign_request(options_, *key_, content, block, request)) return false;
  const MutableByteView out(reinterpret_cast<std::byte*>(signature), largest);
  *size = context_.agent.sign(request, key_->agent_key->name.data(), out);
  if (kind_ == KeyKind::ec || *size == 0 || *size == largest) return *size != 0;
  raise_error(Reason::agent_answer_malformed, "an RSA signature of %zu bytes instead of %zu", *size, largest);
  return false;
}

bool Operation::set(const OSSL_PARAM parameters[]) noexcept {
  if (verification_.started()) return verification_.set(parameters);
  SignatureOptions chosen = options_;
  if (!chosen.set(parameters)) return false;
  if (hashing_ != nullptr && chosen.hash() != options_.hash()) {
    raise_error(Reason::digest_unsupported, "it cannot change once hashing has begun");
    return false;
  }
  options_ = chosen;
  return true;
}

bool Operation::get(OSSL_PARAM parameters[]) const noexcept {
  return verification_.started() ? verification_.get(parameters) : options_.get(parameters, key_.get());
}

Operation& as_operation(void* operation) noexcept {
  return *static_cast<Operation*>(operation);
}

Key* as_key(void* key) noexcept {
  return static_cast<Key*>(key);
}

template <KeyKind kind>
void* new_operation(void* context, const char* /*properties*/) noexcept {
  return make_object<Operation>(*static_cast<Context*>(context), kind).release();
}

int sign_init(void* operation, void* key, const OSSL_PARAM parameters[]) noexcept {
  return as_operation(operation).start(as_key(key), parameters);
}

int sign(void* operation, unsigned char* signature, std::size_t* size, std::size_t capacity,
         const unsigned char* content, std::size_t content_size) noexcept {
  return as_operation(operation).sign(as_bytes(content, content_size), signature, size, capacity);
}

int digest_sign_init(void* operation, const char* digest, void* key, const OSSL_PARAM parameters[]) noexcept {
  Operation& started = as_operation(operation);
  return started.start(as_key(key), parameters) && started.start_hashing(digest);
}

int digest_sign_update(void* operation, const unsigned char* data, std::size_t size) noexcept {
  return as_operation(operation).update(as_bytes(data, size));
}

int digest_sign_final(void* operation, unsigned char* signature, std::size_t* size, std::size_t capacity) noexcept {
  return as_operation(operation).finish(signature, size, capacity);
}

int verify_init(void* operation, void* key, const OSSL_PARAM parameters[]) noexcept {
  Operation& started = as_operation(operation);
  const Key* taken = started.take(as_key(key));
  return started.verification().start(taken, parameters);
}

int verify(void* operation, const unsigned char* signature, std::size_t size, const unsigned char* digest,
           std::size_t digest_size) noexcept {
  return as_operation(operation).verification().verify(as_bytes(signature, size), as_bytes(digest, digest_size));
}

int verify_recover_init(void* operation, void* key, const OSSL_PARAM parameters[]) noexcept {
  Operation& started = as_operation(operation);
  const Key* taken = started.take(as_key(key));
  return started.verification().start_recovering(taken, parameters);
}

int verify_recover(void* operation, unsigned char* out, std::size_t* size, std::size_t capacity,
                   const unsigned char* signature, std::size_t signature_size) noexcept {
  return as_operation(operation).verification().recover(as_bytes(signature, signature_size), out, size, capacity);
}

int digest_verify_init(void* operation, const char* digest, void* key, const OSSL_PARAM parameters[]) noexcept {
  Operation& started = as_operation(operation);
  const Key* taken = started.take(as_key(key));
  return started.verification().start_hashing(taken, digest, parameters);
}

int digest_verify_update(void* operation, const unsigned char* data, std::size_t size) noexcept {
  return as_operation(operation).verification().update(as_bytes(data, size));
}

int digest_verify_final(void* operation, const unsigned char* signature, std::size_t size) noexcept {
  return as_operation(operation).verification().finish(as_bytes(signature, size));
}

int set_parameters(void* operation, const OSSL_PARAM parameters[]) noexcept {
  return as_operation(operation).set(parameters);
}

int get_parameters(void* operation, OSSL_PARAM parameters[]) noexcept {
  return as_operation(operation).get(parameters);
}

template <KeyKind kind>
const OSSL_PARAM* list_parameters(void* /*operation*/, void* /*context*/) noexcept {
  return SignatureOptions::list(kind);
}

template <KeyKind kind>
const OSSL_DISPATCH functions[] = {
    {OSSL_FUNC_SIGNATURE_NEWCTX, reinterpret_cast<Function>(new_operation<kind>)},
    {OSSL_FUNC_SIGNATURE_FREECTX, reinterpret_cast<Function>(free_object<Operation>)},
    {OSSL_FUNC_SIGNATURE_DUPCTX, reinterpret_cast<Function>(duplicate_operation<Operation>)},
    {OSSL_FUNC_SIGNATURE_SIGN_INIT, reinterpret_cast<Function>(sign_init)},
    {OSSL_FUNC_SIGNATURE_SIGN, reinterpret_cast<Function>(sign)},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, reinterpret_cast<Function>(digest_sign_init)},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, reinterpret_cast<Function>(digest_sign_update)},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, reinterpret_cast<Function>(digest_sign_final)},
    {OSSL_FUNC_SIGNATURE_VERIFY_INIT, reinterpret_cast<Function>(verify_init)},
    {OSSL_FUNC_SIGNATURE_VERIFY, reinterpret_cast<Function>(verify)},
    {OSSL_FUNC_SIGNATURE_VERIFY_RECOVER_INIT, reinterpret_cast<Function>(verify_recover_init)},
    {OSSL_FUNC_SIGNATURE_VERIFY_RECOVER, reinterpret_cast<Function>(verify_recover)},
    {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, reinterpret_cast<Function>(digest_verify_init)},
    {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_UPDATE, reinterpret_cast<Function>(digest_verify_update)},
    {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_FINAL, reinterpret_cast<Function>(digest_verify_final)},
    {OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, reinterpret_cast<Function>(set_parameters)},
    {OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, reinterpret_cast<Function>(list_parameters<kind>)},
    {OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, reinterpret_cast<Function>(get_parameters)},
    {OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, reinterpret_cast<Function>(list_parameters<kind>)},
    {0, nullptr}};

constexpr Tables tables(std::to_array<OSSL_ALGORITHM>(
    {{rsa_names, own_property, functions<KeyKind::rsa>, "RSA signatures by the Edgeseal agent"},
     {"ECDSA", own_property, functions<KeyKind::ec>, "ECDSA signatures by the Edgeseal agent"},
     {ed25519_names, own_property, ed25519_signature, "Ed25519 signatures by the Edgeseal agent"}}));

}  // namespace

constinit const Offer signatures = tables.offer();

}  // namespace edgeseal::provider
