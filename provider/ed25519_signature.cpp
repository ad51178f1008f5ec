#include <openssl/core_names.h>
#include <openssl/params.h>

#include "provider/algorithm_identifier.h"
#include "provider/algorithms.h"
#include "provider/key.h"

namespace edgeseal::provider {
namespace {

// Ed25519 hashes the message twice (RFC 8032 section 5.1.6): it goes to the agent as it is, in one piece.
class Operation {
 public:
  explicit Operation(Context& context) noexcept : context_(context) {}

  // Null where memory is out.
  [[nodiscard]] Owned<Operation> duplicate() const noexcept;
  [[nodiscard]] bool start(Key* key, const char* digest) noexcept;
  // With no `signature` it tells the size only.
  [[nodiscard]] bool sign(ByteView message, unsigned char* signature, std::size_t* size, std::size_t capacity) noexcept;

 private:
  Context& context_;
  Key::Reference key_;
};

Owned<Operation> Operation::duplicate() const noexcept {
  Owned<Operation> copy = make_object<Operation>(context_);
  if (copy != nullptr && key_ != nullptr) copy->key_ = key_->share();
  return copy;
}

bool Operation::start(Key* key, const char* digest) noexcept {
  if (digest != nullptr && *digest != '\0') {
    raise_error(Reason::digest_unsupported, "%s: Ed25519 takes none", digest);
    return false;
  }
  if (key != nullptr) key_ = key->share();
  if (key_ != nullptr && key_->kind == KeyKind::ed25519 && key_->agent_key.has_value()) return true;
  raise_error(Reason::private_key_missing, "only keys of the agent can sign");
  return false;
}

bool Operation::sign(ByteView message, unsigned char* signature, std::size_t* size, std::size_t capacity) noexcept {
  if (key_ == nullptr) return false;
  const std::size_t exact = key_->signature_size();
  *size = exact;
  if (signature == nullptr) return true;
  if (capacity < exact) {
    raise_error(Reason::buffer_too_small, "%zu bytes where a signature takes %zu", capacity, exact);
    return false;
  }
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

void free_operation(void* operation) noexcept {
  if (operation != nullptr) Destroy{}(static_cast<Operation*>(operation));
}

void* duplicate_operation(void* operation) noexcept {
  return as_operation(operation).duplicate().release();
}

int digest_sign_init(void* operation, const char* digest, void* key, const OSSL_PARAM /*parameters*/[]) noexcept {
  return as_operation(operation).start(static_cast<Key*>(key), digest);
}

int digest_sign(void* operation, unsigned char* signature, std::size_t* size, std::size_t capacity,
                const unsigned char* message, std::size_t message_size) noexcept {
  const ByteView bytes(reinterpret_cast<const std::byte*>(message), message_size);
  return as_operation(operation).sign(bytes, signature, size, capacity);
}

int get_parameters(void* /*operation*/, OSSL_PARAM parameters[]) noexcept {
  OSSL_PARAM* parameter = OSSL_PARAM_locate(parameters, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
  return parameter == nullptr ||
         put_algorithm_identifier(*parameter, wire::SignatureScheme::ed25519, wire::Hash::none, 0);
}

const OSSL_PARAM* list_parameters(void* /*operation*/, void* /*context*/) noexcept {
  static constexpr OSSL_PARAM list[] = {octets(OSSL_SIGNATURE_PARAM_ALGORITHM_ID), end_of_list};
  return list;
}

}  // namespace

const OSSL_DISPATCH ed25519_signature[] = {
    {OSSL_FUNC_SIGNATURE_NEWCTX, reinterpret_cast<Function>(new_operation)},
    {OSSL_FUNC_SIGNATURE_FREECTX, reinterpret_cast<Function>(free_operation)},
    {OSSL_FUNC_SIGNATURE_DUPCTX, reinterpret_cast<Function>(duplicate_operation)},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, reinterpret_cast<Function>(digest_sign_init)},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN, reinterpret_cast<Function>(digest_sign)},
    {OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, reinterpret_cast<Function>(get_parameters)},
    {OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, reinterpret_cast<Function>(list_parameters)},
    {0, nullptr}};

}  // namespace edgeseal::provider
