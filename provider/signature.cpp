#include <array>

#include "provider/algorithms.h"
#include "provider/signature_options.h"

namespace edgeseal::provider {
namespace {

// One signature operation of the program. The hash is computed here, by the program's own provider; the agent gets the
// digest.
class Operation {
 public:
  Operation(Context& context, KeyKind kind) noexcept : context_(context), kind_(kind), options_(context, kind) {}

  // Null where memory is out.
  [[nodiscard]] Owned<Operation> duplicate() const noexcept;
  [[nodiscard]] bool start(Key* key, const OSSL_PARAM parameters[]) noexcept;
  [[nodiscard]] bool start_hashing(const char* digest) noexcept;
  [[nodiscard]] bool update(const unsigned char* data, std::size_t size) noexcept;

  // With no `signature` they tell the largest size only.
  [[nodiscard]] bool finish(unsigned char* signature, std::size_t* size, std::size_t capacity) noexcept;
  [[nodiscard]] bool sign(ByteView digest, unsigned char* signature, std::size_t* size, std::size_t capacity) noexcept;

  [[nodiscard]] bool set(const OSSL_PARAM parameters[]) noexcept;
  [[nodiscard]] bool get(OSSL_PARAM parameters[]) const noexcept { return options_.get(parameters, key_.get()); }

 private:
  [[nodiscard]] std::optional<wire::Hash> hash_for(ByteView digest) const noexcept;

  Context& context_;
  KeyKind kind_;
  SignatureOptions options_;
  Key::Reference key_;
  DigestContext hashing_;
};

Owned<Operation> Operation::duplicate() const noexcept {
  Owned<Operation> copy = make_object<Operation>(context_, kind_);
  if (copy == nullptr) return nullptr;
  copy->options_ = options_;
  if (key_ != nullptr) copy->key_ = key_->share();
  if (hashing_ == nullptr) return copy;
  copy->hashing_.reset(EVP_MD_CTX_new());
  const bool copied = copy->hashing_ != nullptr && EVP_MD_CTX_copy_ex(copy->hashing_.get(), hashing_.get()) == 1;
  return copied ? std::move(copy) : nullptr;
}

bool Operation::start(Key* key, const OSSL_PARAM parameters[]) noexcept {
  if (key != nullptr) key_ = key->share();
  hashing_.reset();
  if (key_ == nullptr || key_->kind != kind_ || !key_->agent_key.has_value()) {
    raise_error(Reason::private_key_missing, "only keys of the agent can sign");
    return false;
  }
  return set(parameters);
}

bool Operation::start_hashing(const char* digest) noexcept {
  if (digest != nullptr && *digest != '\0' && !options_.set_digest(digest, nullptr)) return false;
  if (!options_.hash().has_value()) {
    raise_error(Reason::digest_unsupported, "none was chosen");
    return false;
  }
  const Digest fetched(EVP_MD_fetch(context_.library.get(), name_of(*options_.hash()), nullptr));
  hashing_.reset(EVP_MD_CTX_new());
  return fetched != nullptr && hashing_ != nullptr && EVP_DigestInit_ex2(hashing_.get(), fetched.get(), nullptr) == 1;
}

bool Operation::update(const unsigned char* data, std::size_t size) noexcept {
  return hashing_ != nullptr && EVP_DigestUpdate(hashing_.get(), data, size) == 1;
}

bool Operation::finish(unsigned char* signature, std::size_t* size, std::size_t capacity) noexcept {
  if (hashing_ == nullptr) return false;
  if (signature == nullptr) return sign({}, nullptr, size, 0);
  std::array<std::byte, EVP_MAX_MD_SIZE> digest;
  unsigned int digest_size = 0;
  if (EVP_DigestFinal_ex(hashing_.get(), as_writable_octets(digest), &digest_size) != 1) return false;
  return sign(ByteView(digest).first(digest_size), signature, size, capacity);
}

bool Operation::sign(ByteView digest, unsigned char* signature, std::size_t* size, std::size_t capacity) noexcept {
  if (key_ == nullptr) return false;
  const std::size_t largest = key_->signature_size();
  if (signature == nullptr) {
    *size = largest;
    return largest != 0;
  }
  if (capacity < largest) {
    raise_error(Reason::buffer_too_small, "%zu bytes where a signature takes up to %zu", capacity, largest);
    return false;
  }
  const std::optional<wire::Hash> hash = hash_for(digest);
  if (!hash.has_value()) return false;
  const std::optional<std::uint16_t> salt = options_.salt_length(*hash, *key_);
  if (!salt.has_value()) return false;
  const wire::SignRequest request{.key_id = key_->agent_key->id,
                                  .scheme = options_.scheme(),
                                  .hash = *hash,
                                  .salt_length = *salt,
                                  .digest = digest};
  const MutableByteView out(reinterpret_cast<std::byte*>(signature), largest);
  *size = context_.agent.sign(request, key_->agent_key->name.data(), out);
  if (kind_ == KeyKind::ec || *size == 0 || *size == largest) return *size != 0;
  raise_error(Reason::agent_answer_malformed, "an RSA signature of %zu bytes instead of %zu", *size, largest);
  return false;
}

// ECDSA callers may leave the digest unnamed; its size then tells it. An RSA signature carries the name.
std::optional<wire::Hash> Operation::hash_for(ByteView digest) const noexcept {
  std::optional<wire::Hash> hash = options_.hash();
  if (!hash.has_value() && kind_ == KeyKind::ec) hash = hash_of_digest_size(digest.size());
  if (!hash.has_value()) {
    raise_error(Reason::digest_unsupported, "none was chosen for the %zu bytes to sign", digest.size());
    return std::nullopt;
  }
  if (digest.size() != wire::digest_size(*hash)) {
    raise_error(Reason::digest_size_wrong, "%zu bytes for %s", digest.size(), name_of(*hash));
    return std::nullopt;
  }
  return hash;
}

bool Operation::set(const OSSL_PARAM parameters[]) noexcept {
  const std::optional<wire::Hash> before = options_.hash();
  if (!options_.set(parameters)) return false;
  if (hashing_ == nullptr || options_.hash() == before) return true;
  raise_error(Reason::digest_unsupported, "it cannot change once hashing has begun");
  return false;
}

Operation& as_operation(void* operation) noexcept {
  return *static_cast<Operation*>(operation);
}

template <KeyKind kind>
void* new_operation(void* context, const char* /*properties*/) noexcept {
  return make_object<Operation>(*static_cast<Context*>(context), kind).release();
}

void free_operation(void* operation) noexcept {
  if (operation != nullptr) Destroy{}(static_cast<Operation*>(operation));
}

void* duplicate_operation(void* operation) noexcept {
  return as_operation(operation).duplicate().release();
}

int sign_init(void* operation, void* key, const OSSL_PARAM parameters[]) noexcept {
  return as_operation(operation).start(static_cast<Key*>(key), parameters);
}

int sign(void* operation, unsigned char* signature, std::size_t* size, std::size_t capacity,
         const unsigned char* digest, std::size_t digest_size) noexcept {
  const ByteView bytes(reinterpret_cast<const std::byte*>(digest), digest_size);
  return as_operation(operation).sign(bytes, signature, size, capacity);
}

int digest_sign_init(void* operation, const char* digest, void* key, const OSSL_PARAM parameters[]) noexcept {
  Operation& started = as_operation(operation);
  return started.start(static_cast<Key*>(key), parameters) && started.start_hashing(digest);
}

int digest_sign_update(void* operation, const unsigned char* data, std::size_t size) noexcept {
  return as_operation(operation).update(data, size);
}

int digest_sign_final(void* operation, unsigned char* signature, std::size_t* size, std::size_t capacity) noexcept {
  return as_operation(operation).finish(signature, size, capacity);
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
    {OSSL_FUNC_SIGNATURE_FREECTX, reinterpret_cast<Function>(free_operation)},
    {OSSL_FUNC_SIGNATURE_DUPCTX, reinterpret_cast<Function>(duplicate_operation)},
    {OSSL_FUNC_SIGNATURE_SIGN_INIT, reinterpret_cast<Function>(sign_init)},
    {OSSL_FUNC_SIGNATURE_SIGN, reinterpret_cast<Function>(sign)},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, reinterpret_cast<Function>(digest_sign_init)},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, reinterpret_cast<Function>(digest_sign_update)},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, reinterpret_cast<Function>(digest_sign_final)},
    {OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, reinterpret_cast<Function>(set_parameters)},
    {OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, reinterpret_cast<Function>(list_parameters<kind>)},
    {OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, reinterpret_cast<Function>(get_parameters)},
    {OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, reinterpret_cast<Function>(list_parameters<kind>)},
    {0, nullptr}};

}  // namespace

const OSSL_ALGORITHM signatures[] = {
    {rsa_names, own_property, functions<KeyKind::rsa>, "RSA signatures by the Edgeseal agent"},
    {"ECDSA", own_property, functions<KeyKind::ec>, "ECDSA signatures by the Edgeseal agent"},
    {ed25519_names, own_property, ed25519_signature, "Ed25519 signatures by the Edgeseal agent"},
    {nullptr, nullptr, nullptr, nullptr}};

}  // namespace edgeseal::provider
