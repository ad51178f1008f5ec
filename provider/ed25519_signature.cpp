#include <openssl/core_names.h>
#include <openssl/params.h>

#include "provider/algorithm_identifier.h"
#include "provider/algorithms.h"
#include "provider/operation.h"
#include "provider/parameter.h"
#include "provider/verification.h"

namespace edgeseal::provider {
namespace {

// Since OpenSSL 3.2. The others than the pure one of the name sign something else than the message.
constexpr const char* instance = "instance";
constexpr const char* context_string = "context-string";

bool is_pure(const OSSL_PARAM parameters[]) noexcept {
  if (parameters == nullptr) return true;
  const OSSL_PARAM* chosen = OSSL_PARAM_locate_const(parameters, instance);
  const OSSL_PARAM* string = OSSL_PARAM_locate_const(parameters, context_string);
  if ((chosen == nullptr || text_of(*chosen) == "Ed25519") && (string == nullptr || string->data_size == 0))
    return true;
  raise_error(Reason::operation_unsupported, "keys of the agent know neither Ed25519ctx nor Ed25519ph");
  return false;
}

// Ed25519 hashes the message twice (RFC 8032 section 5.1.6): it goes to the agent as it is, in one piece.
class Operation {
 public:
  explicit Operation(Context& context) noexcept : context_(context) {}

  // Null where memory is out.
  [[nodiscard]] Owned<Operation> duplicate() const noexcept;
  [[nodiscard]] bool start(Key* key, const char* digest) noexcept;
  [[nodiscard]] bool start_verifying(Key* key, const char* digest, const OSSL_PARAM parameters[]) noexcept;
  // With no `signature` it tells the size only.
  [[nodiscard]] bool sign(ByteView message, unsigned char* signature, std::size_t* size, std::size_t capacity) noexcept;
  [[nodiscard]] bool verify(ByteView message, ByteView signature) noexcept;

  [[nodiscard]] bool set(const OSSL_PARAM parameters[]) noexcept;

 private:
  Context& context_;
  Key::Reference key_;
  Verification verification_;
};

Owned<Operation> Operation::duplicate() const noexcept {
  Owned<Operation> copy = make_object<Operation>(context_);
  if (copy == nullptr || !verification_.copy_to(copy->verification_)) return nullptr;
  if (key_ != nullptr) copy->key_ = key_->share();
  return copy;
}

bool Operation::start(Key* key, const char* digest) noexcept {
  if (digest != nullptr && *digest != '\0') {
    raise_error(Reason::digest_unsupported, "%s: Ed25519 takes none", digest);
    return false;
  }
  verification_.stop();
  if (key != nullptr) key_ = key->share();
  if (key_ != nullptr && key_->kind == KeyKind::ed25519 && key_->agent_key.has_value()) return true;
  raise_error(Reason::private_key_missing, "only keys of the agent can sign");
  return false;
}

bool Operation::start_verifying(Key* key, const char* digest, const OSSL_PARAM parameters[]) noexcept {
  if (key != nullptr) key_ = key->share();
  return verification_.start_hashing(key_.get(), digest, parameters);
}

bool Operation::verify(ByteView message, ByteView signature) noexcept {
  return verification_.verify_message(signature, message);
}

bool Operation::set(const OSSL_PARAM parameters[]) noexcept {
  return verification_.started() ? verification_.set(parameters) : is_pure(parameters);
}

bool Operation::sign(ByteView message, unsigned char* signature, std::size_t* size, std::size_t capacity) noexcept {
  if (key_ == nullptr || !key_->agent_key.has_value()) return false;
  const std::size_t exact = key_->signature_size();
  *size = exact;
  if (signature == nullptr) return true;
  if (!has_room(exact, capacity)) return false;
  if (message.size() > wire::max_message_to_sign) {
    raise_error(Reason::request_too_large, "a message of %zu bytes; Ed25519 keys of the agent sign at most %zu",
                message.size(), wire::max_message_to_sign);
    return false;
  }
  const wire::SignRequest request{.key_id = key_->agent_key->id,
                                  .scheme = wire::SignatureScheme::ed25519,
                                  .hash = wire::Hash::none,
                                  .salt_length = 0,
                                  .digest = message};
  const MutableByteView out(reinterpret_cast<std::byte*>(signature), exact);
  *size = context_.agent.sign(request, key_->agent_key->name.data(), out);
  if (*size == 0 || *size == exact) return *size != 0;
  raise_error(Reason::agent_answer_malformed, "an Ed25519 signature of %zu bytes instead of %zu", *size, exact);
  return false;
}

Operation& as_operation(void* operation) noexcept {
  return *static_cast<Operation*>(operation);
}

void* new_operation(void* context, const char* /*properties*/) noexcept {
  return make_object<Operation>(*static_cast<Context*>(context)).release();
}

int digest_sign_init(void* operation, const char* digest, void* key, const OSSL_PARAM parameters[]) noexcept {
  Operation& started = as_operation(operation);
  return started.start(static_cast<Key*>(key), digest) && started.set(parameters);
}

int digest_sign(void* operation, unsigned char* signature, std::size_t* size, std::size_t capacity,
                const unsigned char* message, std::size_t message_size) noexcept {
  return as_operation(operation).sign(as_bytes(message, message_size), signature, size, capacity);
}

int digest_verify_init(void* operation, const char* digest, void* key, const OSSL_PARAM parameters[]) noexcept {
  return as_operation(operation).start_verifying(static_cast<Key*>(key), digest, parameters);
}

int digest_verify(void* operation, const unsigned char* signature, std::size_t size, const unsigned char* message,
                  std::size_t message_size) noexcept {
  return as_operation(operation).verify(as_bytes(message, message_size), as_bytes(signature, size));
}

int set_parameters(void* operation, const OSSL_PARAM parameters[]) noexcept {
  return as_operation(operation).set(parameters);
}

int get_parameters(void* /*operation*/, OSSL_PARAM parameters[]) noexcept {
  OSSL_PARAM* parameter = OSSL_PARAM_locate(parameters, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
  return parameter == nullptr ||
         put_algorithm_identifier(*parameter, wire::SignatureScheme::ed25519, wire::Hash::none, 0);
}

const OSSL_PARAM* list_settable(void* /*operation*/, void* /*context*/) noexcept {
  static constexpr OSSL_PARAM list[] = {text(instance), octets(context_string), end_of_list};
  return list;
}

const OSSL_PARAM* list_gettable(void* /*operation*/, void* /*context*/) noexcept {
  static constexpr OSSL_PARAM list[] = {octets(OSSL_SIGNATURE_PARAM_ALGORITHM_ID), end_of_list};
  return list;
}

}  // namespace

const OSSL_DISPATCH ed25519_signature[] = {
    {OSSL_FUNC_SIGNATURE_NEWCTX, reinterpret_cast<Function>(new_operation)},
    {OSSL_FUNC_SIGNATURE_FREECTX, reinterpret_cast<Function>(free_object<Operation>)},
    {OSSL_FUNC_SIGNATURE_DUPCTX, reinterpret_cast<Function>(duplicate_operation<Operation>)},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, reinterpret_cast<Function>(digest_sign_init)},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN, reinterpret_cast<Function>(digest_sign)},
    {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, reinterpret_cast<Function>(digest_verify_init)},
    {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY, reinterpret_cast<Function>(digest_verify)},
    {OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, reinterpret_cast<Function>(set_parameters)},
    {OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, reinterpret_cast<Function>(list_settable)},
    {OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, reinterpret_cast<Function>(get_parameters)},
    {OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, reinterpret_cast<Function>(list_gettable)},
    {0, nullptr}};

}  // namespace edgeseal::provider
