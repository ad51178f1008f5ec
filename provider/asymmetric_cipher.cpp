#include <openssl/core_names.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>

#include "provider/algorithms.h"
#include "provider/cipher_options.h"
#include "provider/key.h"
#include "provider/operation.h"
#include "provider/wiped.h"

namespace edgeseal::provider {
namespace {

constexpr std::size_t largest_modulus = 1024;
constexpr std::size_t pkcs1_overhead = 11;  // RFC 8017 section 7.2.1

// One encryption or decryption of the program. Its key decrypts in the agent; to encrypt takes the public part only,
// and is done here.
class Operation {
 public:
  explicit Operation(Context& context) noexcept : context_(context), options_(context) {}

  // Null where memory is out.
  [[nodiscard]] Owned<Operation> duplicate() const noexcept;
  [[nodiscard]] bool start_decrypting(Key* key, const OSSL_PARAM parameters[]) noexcept;
  [[nodiscard]] bool start_encrypting(Key* key, const OSSL_PARAM parameters[]) noexcept;

  // With no `out` they tell the largest size only.
  [[nodiscard]] bool decrypt(ByteView ciphertext, unsigned char* out, std::size_t* size, std::size_t capacity) noexcept;
  [[nodiscard]] bool encrypt(ByteView plaintext, unsigned char* out, std::size_t* size, std::size_t capacity) noexcept;

  [[nodiscard]] bool set(const OSSL_PARAM parameters[]) noexcept { return options_.set(parameters); }
  [[nodiscard]] bool get(OSSL_PARAM parameters[]) const noexcept { return options_.get(parameters); }

 private:
  [[nodiscard]] bool ask(ByteView ciphertext, MutableByteView plaintext, std::size_t* size) noexcept;
  [[nodiscard]] bool ask_premaster_secret(ByteView ciphertext, MutableByteView out, std::size_t* size) noexcept;
  [[nodiscard]] std::size_t largest_plaintext() const noexcept;
  [[nodiscard]] bool configure(EVP_PKEY_CTX* encryption) const noexcept;

  Context& context_;
  CipherOptions options_;
  Key::Reference key_;
};

Owned<Operation> Operation::duplicate() const noexcept {
  Owned<Operation> copy = make_object<Operation>(context_);
  if (copy == nullptr) return nullptr;
  copy->options_ = options_;
  if (key_ != nullptr) copy->key_ = key_->share();
  return copy;
}

bool Operation::start_decrypting(Key* key, const OSSL_PARAM parameters[]) noexcept {
  if (key != nullptr) key_ = key->share();
  if (key_ != nullptr && key_->kind == KeyKind::rsa && key_->agent_key.has_value() &&
      key_->signature_size() <= largest_modulus)
    return options_.set(parameters);
  raise_error(Reason::private_key_missing, "only RSA keys of the agent can decrypt, and those for PSS cannot");
  return false;
}

bool Operation::start_encrypting(Key* key, const OSSL_PARAM parameters[]) noexcept {
  if (key != nullptr) key_ = key->share();
  if (key_ != nullptr && key_->kind == KeyKind::rsa && key_->public_key != nullptr) return options_.set(parameters);
  raise_error(Reason::operation_unsupported, "only RSA keys can encrypt, and those for PSS cannot");
  return false;
}

bool Operation::decrypt(ByteView ciphertext, unsigned char* out, std::size_t* size, std::size_t capacity) noexcept {
  if (key_ == nullptr || !key_->agent_key.has_value()) return false;
  const std::size_t modulus_size = key_->signature_size();
  const bool is_tls = options_.padding() == CipherPadding::pkcs1_tls;
  const std::size_t largest = is_tls ? premaster_secret_size : modulus_size;
  if (out == nullptr) {
    *size = largest;
    return true;
  }
  if (!has_room(largest, capacity)) return false;
  if (ciphertext.empty() || ciphertext.size() > modulus_size) {
    raise_error(Reason::ciphertext_size_wrong, "%zu bytes for a modulus of %zu", ciphertext.size(), modulus_size);
    return false;
  }
  std::array<std::byte, largest_modulus> padded{};  // some senders leave leading zeros out
  const auto block = MutableByteView(padded).first(modulus_size);
  std::copy_backward(ciphertext.begin(), ciphertext.end(), block.end());
  const MutableByteView room(reinterpret_cast<std::byte*>(out), largest);
  return is_tls ? ask_premaster_secret(block, room, size) : ask(block, room, size);
}

bool Operation::ask(ByteView ciphertext, MutableByteView plaintext, std::size_t* size) noexcept {
  const bool is_oaep = options_.padding() == CipherPadding::oaep;
  const wire::DecryptRequest request{
      .key_id = key_->agent_key->id,
      .scheme = is_oaep ? wire::DecryptionScheme::rsa_oaep : wire::DecryptionScheme::rsa_pkcs1,
      .hash = is_oaep ? options_.hash() : wire::Hash::none,
      .mgf_hash = is_oaep ? options_.mgf_hash() : wire::Hash::none,
      .label = is_oaep ? options_.label() : ByteView(),
      .ciphertext = ciphertext};
  const std::size_t largest = std::min(plaintext.size(), largest_plaintext());
  const auto written = context_.agent.decrypt(request, key_->agent_key->name.data(), plaintext.first(largest));
  *size = written.value_or(0);
  return written.has_value();
}

bool Operation::ask_premaster_secret(ByteView ciphertext, MutableByteView out, std::size_t* size) noexcept {
  if (options_.tls_versions().client == 0) {
    raise_error(Reason::tls_version_missing, "a premaster secret begins with that of the client");
    return false;
  }
  WipedArray<largest_modulus> plaintext;
  std::size_t decrypted = 0;
  if (!ask(ciphertext, plaintext.view(), &decrypted)) return false;
  *size = premaster_secret_size;
  return take_premaster_secret(context_.library.get(), plaintext.view(), decrypted, options_.tls_versions(), out);
}

// RFC 8017 sections 7.1.1 and 7.2.1.
std::size_t Operation::largest_plaintext() const noexcept {
  const std::size_t modulus_size = key_->signature_size();
  const bool is_oaep = options_.padding() == CipherPadding::oaep;
  const std::size_t overhead = is_oaep ? 2 * wire::digest_size(options_.hash()) + 2 : pkcs1_overhead;
  return modulus_size > overhead ? modulus_size - overhead : 0;
}

bool Operation::encrypt(ByteView plaintext, unsigned char* out, std::size_t* size, std::size_t capacity) noexcept {
  if (key_ == nullptr || key_->public_key == nullptr) return false;
  const PkeyContext encryption(EVP_PKEY_CTX_new_from_pkey(context_.library.get(), key_->public_key.get(), nullptr));
  *size = capacity;
  return encryption != nullptr && EVP_PKEY_encrypt_init(encryption.get()) == 1 && configure(encryption.get()) &&
         EVP_PKEY_encrypt(encryption.get(), out, size, as_octets(plaintext), plaintext.size()) == 1;
}

bool Operation::configure(EVP_PKEY_CTX* encryption) const noexcept {
  if (options_.padding() == CipherPadding::pkcs1)
    return EVP_PKEY_CTX_set_rsa_padding(encryption, RSA_PKCS1_PADDING) == 1;
  if (options_.padding() != CipherPadding::oaep) {
    raise_error(Reason::padding_unsupported, "that of TLS is for decryption only");
    return false;
  }
  const auto named = [](const char* parameter, wire::Hash hash) {
    return OSSL_PARAM_construct_utf8_string(parameter, const_cast<char*>(hash_of(hash).name), 0);
  };
  const ByteView label = options_.label();
  const OSSL_PARAM parameters[] = {
      named(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, options_.hash()),
      named(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, options_.mgf_hash()),
      label.empty() ? OSSL_PARAM_construct_end()
                    : OSSL_PARAM_construct_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL,
                                                        const_cast<std::byte*>(label.data()), label.size()),
      OSSL_PARAM_construct_end()};
  return EVP_PKEY_CTX_set_rsa_padding(encryption, RSA_PKCS1_OAEP_PADDING) == 1 &&
         EVP_PKEY_CTX_set_params(encryption, parameters) == 1;
}

Operation& as_operation(void* operation) noexcept {
  return *static_cast<Operation*>(operation);
}

void* new_operation(void* context) noexcept {
  return make_object<Operation>(*static_cast<Context*>(context)).release();
}

int decrypt_init(void* operation, void* key, const OSSL_PARAM parameters[]) noexcept {
  return as_operation(operation).start_decrypting(static_cast<Key*>(key), parameters);
}

int decrypt(void* operation, unsigned char* out, std::size_t* size, std::size_t capacity, const unsigned char* in,
            std::size_t in_size) noexcept {
  return as_operation(operation).decrypt(as_bytes(in, in_size), out, size, capacity);
}

int encrypt_init(void* operation, void* key, const OSSL_PARAM parameters[]) noexcept {
  return as_operation(operation).start_encrypting(static_cast<Key*>(key), parameters);
}

int encrypt(void* operation, unsigned char* out, std::size_t* size, std::size_t capacity, const unsigned char* in,
            std::size_t in_size) noexcept {
  return as_operation(operation).encrypt(as_bytes(in, in_size), out, size, capacity);
}

int set_parameters(void* operation, const OSSL_PARAM parameters[]) noexcept {
  return as_operation(operation).set(parameters);
}

int get_parameters(void* operation, OSSL_PARAM parameters[]) noexcept {
  return as_operation(operation).get(parameters);
}

const OSSL_PARAM* list_settable(void* /*operation*/, void* /*context*/) noexcept {
  return CipherOptions::settable();
}

const OSSL_PARAM* list_gettable(void* /*operation*/, void* /*context*/) noexcept {
  return CipherOptions::gettable();
}

const OSSL_DISPATCH functions[] = {
    {OSSL_FUNC_ASYM_CIPHER_NEWCTX, reinterpret_cast<Function>(new_operation)},
    {OSSL_FUNC_ASYM_CIPHER_FREECTX, reinterpret_cast<Function>(free_object<Operation>)},
    {OSSL_FUNC_ASYM_CIPHER_DUPCTX, reinterpret_cast<Function>(duplicate_operation<Operation>)},
    {OSSL_FUNC_ASYM_CIPHER_DECRYPT_INIT, reinterpret_cast<Function>(decrypt_init)},
    {OSSL_FUNC_ASYM_CIPHER_DECRYPT, reinterpret_cast<Function>(decrypt)},
    {OSSL_FUNC_ASYM_CIPHER_ENCRYPT_INIT, reinterpret_cast<Function>(encrypt_init)},
    {OSSL_FUNC_ASYM_CIPHER_ENCRYPT, reinterpret_cast<Function>(encrypt)},
    {OSSL_FUNC_ASYM_CIPHER_SET_CTX_PARAMS, reinterpret_cast<Function>(set_parameters)},
    {OSSL_FUNC_ASYM_CIPHER_SETTABLE_CTX_PARAMS, reinterpret_cast<Function>(list_settable)},
    {OSSL_FUNC_ASYM_CIPHER_GET_CTX_PARAMS, reinterpret_cast<Function>(get_parameters)},
    {OSSL_FUNC_ASYM_CIPHER_GETTABLE_CTX_PARAMS, reinterpret_cast<Function>(list_gettable)},
    {0, nullptr}};

constexpr Tables tables(std::to_array<OSSL_ALGORITHM>({{rsa_names, own_property, functions,
                                                        "RSA decryption by the Edgeseal agent"}}));

}  // namespace

constinit const Offer asymmetric_ciphers = tables.offer();

}  // namespace edgeseal::provider
