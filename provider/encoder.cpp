#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#include "provider/algorithms.h"
#include "provider/delivery.h"
#include "provider/key.h"
#include "provider/operation.h"
#include "provider/parameter.h"
#include "provider/wire/key_reference.h"

namespace edgeseal::provider {
namespace {

// Only keys of this provider are written: there is no import for those of others.
struct Encoder {
  explicit Encoder(const Context& owner) noexcept : context(owner) {}

  const Context& context;
  bool encrypts = false;  // the program asked for a cipher
};

void* new_encoder(void* context) noexcept {
  return make_object<Encoder>(*static_cast<Context*>(context)).release();
}

Bio open_output(const Encoder& encoder, OSSL_CORE_BIO* output) noexcept {
  return Bio(BIO_new_from_core_bio(encoder.context.library.get(), output));
}

const Key* key_to_write(const void* object) noexcept {
  const auto* key = static_cast<const Key*>(object);
  if (key != nullptr && key->public_key != nullptr) return key;
  raise_error(Reason::public_key_invalid, "there is no key to write");
  return nullptr;
}

// The id of a key is that of the DER that it came with, which a stranger may have written in an odd way.
bool is_identified_by(const Key& key, ByteView public_key) noexcept {
  wire::KeyId id{};
  if (identify(key.context, public_key, id) && id == key.agent_key->id) return true;
  raise_error(Reason::public_key_invalid, "key %s: its public key was not in DER", key.agent_key->name.data());
  return false;
}

using ReferenceRoom = std::array<std::byte, wire::max_key_reference_size>;

// The private part of a key is written as what names it to the agent. Empty, with an error raised, on any failure.
[[nodiscard]] ByteView reference_to(const Key& key, ReferenceRoom& room) noexcept {
  if (!key.agent_key.has_value()) {
    raise_error(Reason::private_key_missing, "only a key of the agent has a reference");
    return {};
  }
  unsigned char* octets = nullptr;
  const int octet_count = i2d_PUBKEY(key.public_key.get(), &octets);
  const OpensslMemory<unsigned char> owner(octets);
  if (octet_count <= 0) {
    raise_error(Reason::public_key_invalid, "key %s: its public key can't be written", key.agent_key->name.data());
    return {};
  }
  const ByteView public_key = std::as_bytes(std::span(octets, static_cast<std::size_t>(octet_count)));
  if (!is_identified_by(key, public_key)) return {};
  const std::size_t size = wire::encode({.key_name = key.agent_key->name.data(), .public_key = public_key}, room);
  if (size == 0) raise_error(Reason::public_key_invalid, "key %s: no room for it", key.agent_key->name.data());
  return ByteView(room).first(size);
}

bool write_der(BIO* out, ByteView der) noexcept {
  std::size_t written = 0;
  return BIO_write_ex(out, der.data(), der.size(), &written) == 1 && written == der.size();
}

bool write_pem(BIO* out, ByteView der) noexcept {
  return PEM_write_bio(out, wire::key_reference_label.data(), "", as_octets(der), static_cast<long>(der.size())) > 0;
}

// A program that asks for encryption is not to believe that it got any.
bool is_plain(const Encoder& encoder) noexcept {
  if (encoder.encrypts) {
    raise_error(Reason::encryption_unsupported,
                "a key reference holds no secret: write it without cipher and passphrase");
  }
  return !encoder.encrypts;
}

template <bool (*write)(BIO*, ByteView) noexcept>
int encode_reference(void* opaque, OSSL_CORE_BIO* output, const void* object, const OSSL_PARAM /*abstract*/[],
                     int /*selection*/, OSSL_PASSPHRASE_CALLBACK* /*passphrase*/, void* /*argument*/) noexcept {
  const auto& encoder = *static_cast<const Encoder*>(opaque);
  const Key* key = key_to_write(object);
  if (key == nullptr || !is_plain(encoder)) return 0;
  ReferenceRoom room;
  const ByteView der = reference_to(*key, room);
  if (der.empty()) return 0;
  const Bio out = open_output(encoder, output);
  return out != nullptr && write(out.get(), der);
}

constexpr OSSL_PARAM settable[] = {text(OSSL_ENCODER_PARAM_CIPHER), end_of_list};

const OSSL_PARAM* list_settable(void* /*context*/) noexcept {
  return settable;
}

int set_parameters(void* encoder, const OSSL_PARAM parameters[]) noexcept {
  const OSSL_PARAM* cipher = OSSL_PARAM_locate_const(parameters, OSSL_ENCODER_PARAM_CIPHER);
  if (cipher != nullptr) static_cast<Encoder*>(encoder)->encrypts = !text_of(*cipher).empty();
  return 1;
}

struct PublicForm {
  const char* output;
  const char* structure;
};

constexpr PublicForm public_der{"DER", "SubjectPublicKeyInfo"};
constexpr PublicForm public_pem{"PEM", "SubjectPublicKeyInfo"};
constexpr PublicForm pkcs1_der{"DER", "type-specific"};
constexpr PublicForm pkcs1_pem{"PEM", "type-specific"};
constexpr PublicForm public_text{"TEXT", nullptr};

// As the provider writes it that has the public part.
bool write_public_part(BIO* out, const Key& key, const PublicForm& form) noexcept {
  const std::unique_ptr<OSSL_ENCODER_CTX, FreeBy<OSSL_ENCODER_CTX_free>> encoder(
      OSSL_ENCODER_CTX_new_for_pkey(key.public_key.get(), EVP_PKEY_PUBLIC_KEY, form.output, form.structure, nullptr));
  return encoder != nullptr && OSSL_ENCODER_to_bio(encoder.get(), out) == 1;
}

template <const PublicForm& form>
int encode_public_part(void* opaque, OSSL_CORE_BIO* output, const void* object, const OSSL_PARAM /*abstract*/[],
                       int /*selection*/, OSSL_PASSPHRASE_CALLBACK* /*passphrase*/, void* /*argument*/) noexcept {
  const Key* key = key_to_write(object);
  if (key == nullptr) return 0;
  const Bio out = open_output(*static_cast<const Encoder*>(opaque), output);
  return out != nullptr && write_public_part(out.get(), *key, form);
}

// Where the private part is asked for, it says first who has it.
int encode_text(void* opaque, OSSL_CORE_BIO* output, const void* object, const OSSL_PARAM /*abstract*/[], int selection,
                OSSL_PASSPHRASE_CALLBACK* /*passphrase*/, void* /*argument*/) noexcept {
  const Key* key = key_to_write(object);
  if (key == nullptr) return 0;
  const Bio out = open_output(*static_cast<const Encoder*>(opaque), output);
  if (out == nullptr) return 0;
  if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 && key->agent_key.has_value() &&
      BIO_printf(out.get(), "Private-Key: held by the Edgeseal agent, %s\n", key->agent_key->name.data()) <= 0) {
    return 0;
  }
  return write_public_part(out.get(), *key, public_text);
}

int does_private_part(void* /*context*/, int selection) noexcept {
  return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
}

int does_public_part(void* /*context*/, int selection) noexcept {
  return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == OSSL_KEYMGMT_SELECT_PUBLIC_KEY;
}

int does_key(void* /*context*/, int selection) noexcept {
  return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0;
}

template <bool (*write)(BIO*, ByteView) noexcept>
const OSSL_DISPATCH reference_functions[] = {
    {OSSL_FUNC_ENCODER_NEWCTX, reinterpret_cast<Function>(new_encoder)},
    {OSSL_FUNC_ENCODER_FREECTX, reinterpret_cast<Function>(free_object<Encoder>)},
    {OSSL_FUNC_ENCODER_SETTABLE_CTX_PARAMS, reinterpret_cast<Function>(list_settable)},
    {OSSL_FUNC_ENCODER_SET_CTX_PARAMS, reinterpret_cast<Function>(set_parameters)},
    {OSSL_FUNC_ENCODER_DOES_SELECTION, reinterpret_cast<Function>(does_private_part)},
    {OSSL_FUNC_ENCODER_ENCODE, reinterpret_cast<Function>(encode_reference<write>)},
    {0, nullptr}};

template <const PublicForm& form>
const OSSL_DISPATCH public_functions[] = {
    {OSSL_FUNC_ENCODER_NEWCTX, reinterpret_cast<Function>(new_encoder)},
    {OSSL_FUNC_ENCODER_FREECTX, reinterpret_cast<Function>(free_object<Encoder>)},
    {OSSL_FUNC_ENCODER_DOES_SELECTION, reinterpret_cast<Function>(does_public_part)},
    {OSSL_FUNC_ENCODER_ENCODE, reinterpret_cast<Function>(encode_public_part<form>)},
    {0, nullptr}};

const OSSL_DISPATCH text_functions[] = {{OSSL_FUNC_ENCODER_NEWCTX, reinterpret_cast<Function>(new_encoder)},
                                        {OSSL_FUNC_ENCODER_FREECTX, reinterpret_cast<Function>(free_object<Encoder>)},
                                        {OSSL_FUNC_ENCODER_DOES_SELECTION, reinterpret_cast<Function>(does_key)},
                                        {OSSL_FUNC_ENCODER_ENCODE, reinterpret_cast<Function>(encode_text)},
                                        {0, nullptr}};

struct Form {
  const char* properties;
  const OSSL_DISPATCH* functions;
};

constexpr const OSSL_DISPATCH* der_reference = reference_functions<write_der>;
constexpr const OSSL_DISPATCH* pem_reference = reference_functions<write_pem>;

// What programs ask for when they want a private key back as they read it; not the DER PrivateKeyInfo, of which
// libcrypto makes PKCS #8 and PKCS #12.
constexpr std::array common_forms{
    Form{"provider=edgeseal,output=der,structure=EdgesealKeyReference", der_reference},
    Form{"provider=edgeseal,output=pem,structure=EdgesealKeyReference", pem_reference},
    Form{"provider=edgeseal,output=der,structure=type-specific", der_reference},
    Form{"provider=edgeseal,output=pem,structure=type-specific", pem_reference},
    Form{"provider=edgeseal,output=pem,structure=PrivateKeyInfo", pem_reference},
    Form{"provider=edgeseal,output=der,structure=SubjectPublicKeyInfo", public_functions<public_der>},
    Form{"provider=edgeseal,output=pem,structure=SubjectPublicKeyInfo", public_functions<public_pem>},
    Form{"provider=edgeseal,output=text", text_functions}};

constexpr std::array rsa_forms{
    Form{"provider=edgeseal,output=der,structure=pkcs1", der_reference},
    Form{"provider=edgeseal,output=pem,structure=pkcs1", pem_reference},
    Form{"provider=edgeseal,output=der,structure=pkcs1", public_functions<pkcs1_der>},
    Form{"provider=edgeseal,output=pem,structure=pkcs1", public_functions<pkcs1_pem>},
    Form{"provider=edgeseal,output=der,structure=type-specific", public_functions<pkcs1_der>},
    Form{"provider=edgeseal,output=pem,structure=type-specific", public_functions<pkcs1_pem>}};

constexpr std::array key_names{rsa_names, rsa_pss_names, ec_names, ed25519_names};

constexpr auto make_table() noexcept {
  std::array<OSSL_ALGORITHM, key_names.size() * common_forms.size() + rsa_forms.size()> table{};
  std::size_t next = 0;
  const auto add = [&](const char* names, const Form& form) {
    table[next++] = {names, form.properties, form.functions, "keys held by the Edgeseal agent"};
  };
  for (const char* names : key_names) {
    for (const Form& form : common_forms) add(names, form);
  }
  for (const Form& form : rsa_forms) add(rsa_names, form);
  return table;
}

constexpr Tables tables(make_table());

}  // namespace

constinit const Offer encoders = tables.offer();

}  // namespace edgeseal::provider
