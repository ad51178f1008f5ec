#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#include "provider/algorithms.h"
#include "provider/delivery.h"
#include "provider/wire/key_reference.h"

namespace edgeseal::provider {
namespace {

// Decoders are offered everything that any program of the process loads. What is not theirs they leave without an
// error, so that libcrypto goes on with the next decoder.
constexpr int not_mine = 1;

void* new_decoder(void* context) noexcept {
  return context;
}
void free_decoder(void* /*context*/) noexcept {}

Bio open_input(const Context& context, OSSL_CORE_BIO* input) noexcept {
  return Bio(BIO_new_from_core_bio(context.library.get(), input));
}

// One PEM block.
struct PemBlock {
  OpensslMemory<char> label;
  OpensslMemory<unsigned char> content;
  ByteView der;
};

// False where none is left or it is broken, which is for the decoders of the default provider to tell.
bool read_block(BIO* input, PemBlock& block) noexcept {
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* content = nullptr;
  long size = 0;
  ERR_set_mark();
  const bool found = PEM_read_bio(input, &label, &header, &content, &size) == 1;
  ERR_pop_to_mark();
  const OpensslMemory<char> unused(header);
  block.label.reset(label);
  block.content.reset(content);
  if (found) block.der = std::as_bytes(std::span(content, static_cast<std::size_t>(size)));
  return found;
}

int decode_pem(void* opaque, OSSL_CORE_BIO* input, int /*selection*/, OSSL_CALLBACK* receive, void* argument,
               OSSL_PASSPHRASE_CALLBACK* /*passphrase*/, void* /*passphrase_argument*/) noexcept {
  const Context& context = *static_cast<Context*>(opaque);
  const Bio bio = open_input(context, input);
  PemBlock block;
  if (bio == nullptr) return 0;
  if (!read_block(bio.get(), block)) return not_mine;
  if (block.label.get() != wire::key_reference_label) {
    OPENSSL_cleanse(block.content.get(), block.der.size());  // may be a private key of the program's own
    return not_mine;
  }
  return context.is_configured() && deliver_key_reference(block.der, receive, argument);
}

bool read_exactly(BIO* input, MutableByteView out) noexcept {
  std::size_t done = 0;
  while (done < out.size()) {
    std::size_t read = 0;
    if (BIO_read_ex(input, out.data() + done, out.size() - done, &read) != 1) return false;
    done += read;
  }
  return true;
}

// Total size of a DER element from its first bytes, zero where it is not a SEQUENCE of less than 64 KiB.
std::size_t size_of_sequence(ByteView head) noexcept {
  const auto byte = [&](std::size_t at) { return std::to_integer<std::size_t>(head[at]); };
  if (byte(0) != 0x30) return 0;
  if (byte(1) < 0x80) return 2 + byte(1);
  if (byte(1) == 0x81) return 3 + byte(2);
  return byte(1) == 0x82 ? 4 + (byte(2) << 8 | byte(3)) : 0;
}

// Not more than one element, so that what follows stays for the next decoder. Empty where the input is none that fits.
ByteView read_sequence(BIO* input, MutableByteView out) noexcept {
  constexpr std::size_t head = 4;
  if (!read_exactly(input, out.first(head))) return {};
  const std::size_t size = size_of_sequence(out.first(head));
  if (size < head || size > out.size() || !read_exactly(input, out.subspan(head, size - head))) return {};
  return out.first(size);
}

// Moves on behind the header of a SEQUENCE.
bool enter_sequence(const unsigned char*& next, const unsigned char* end) noexcept {
  long size = 0;
  int tag = 0;
  int tag_class = 0;
  const int form = ASN1_get_object(&next, &size, &tag, &tag_class, end - next);
  return form == V_ASN1_CONSTRUCTED && tag == V_ASN1_SEQUENCE;
}

// What the AlgorithmIdentifier says, which is asked of each reference by the decoder of each kind: to parse the key
// takes libcrypto 3.0 a third of a millisecond.
std::optional<KeyKind> kind_of(ByteView public_key) noexcept {
  const unsigned char* next = as_octets(public_key);
  const unsigned char* const end = next + public_key.size();
  if (!enter_sequence(next, end) || !enter_sequence(next, end)) return std::nullopt;
  const std::unique_ptr<ASN1_OBJECT, FreeBy<ASN1_OBJECT_free>> algorithm(d2i_ASN1_OBJECT(nullptr, &next, end - next));
  switch (algorithm != nullptr ? OBJ_obj2nid(algorithm.get()) : NID_undef) {
    case NID_rsaEncryption: return KeyKind::rsa;
    case NID_rsassaPss: return KeyKind::rsa_pss;
    case NID_X9_62_id_ecPublicKey: return KeyKind::ec;
    case NID_ED25519: return KeyKind::ed25519;
    default: return std::nullopt;
  }
}

template <KeyKind kind>
int decode_der(void* opaque, OSSL_CORE_BIO* input, int /*selection*/, OSSL_CALLBACK* receive, void* argument,
               OSSL_PASSPHRASE_CALLBACK* /*passphrase*/, void* /*passphrase_argument*/) noexcept {
  Context& context = *static_cast<Context*>(opaque);
  const Bio bio = open_input(context, input);
  if (bio == nullptr) return 0;
  std::array<std::byte, wire::max_key_reference_size> buffer;
  wire::KeyReference reference;
  ERR_set_mark();
  const bool mine = wire::decode(read_sequence(bio.get(), buffer), reference) && kind_of(reference.public_key) == kind;
  ERR_pop_to_mark();
  if (!mine) {
    OPENSSL_cleanse(buffer.data(), buffer.size());  // may be a private key of the program's own
    return not_mine;
  }
  if (!context.is_configured()) return 0;
  Key::Reference key = Key::of_agent(context, reference.key_name, reference.public_key);
  return key != nullptr && key->kind == kind && deliver(std::move(key), receive, argument);
}

// A reference stands for a private key, and such a file is none of a public key. libcrypto 3.0 goes through all
// decoders that it may need for each public key, thus each certificate: to have no part in that saves half of what the
// decoders cost there.
int does_selection(void* /*context*/, int selection) noexcept {
  return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
}

const OSSL_DISPATCH pem_functions[] = {{OSSL_FUNC_DECODER_NEWCTX, reinterpret_cast<Function>(new_decoder)},
                                       {OSSL_FUNC_DECODER_FREECTX, reinterpret_cast<Function>(free_decoder)},
                                       {OSSL_FUNC_DECODER_DECODE, reinterpret_cast<Function>(decode_pem)},
                                       {0, nullptr}};

template <KeyKind kind>
const OSSL_DISPATCH der_functions[] = {{OSSL_FUNC_DECODER_NEWCTX, reinterpret_cast<Function>(new_decoder)},
                                       {OSSL_FUNC_DECODER_FREECTX, reinterpret_cast<Function>(free_decoder)},
                                       {OSSL_FUNC_DECODER_DOES_SELECTION, reinterpret_cast<Function>(does_selection)},
                                       {OSSL_FUNC_DECODER_DECODE, reinterpret_cast<Function>(decode_der<kind>)},
                                       {0, nullptr}};

constexpr const char* from_pem = "provider=edgeseal,input=pem";
constexpr const char* from_der = "provider=edgeseal,input=der,structure=EdgesealKeyReference";

constexpr Tables tables(std::to_array<OSSL_ALGORITHM>(
    {{"DER", from_pem, pem_functions, "Edgeseal key reference in PEM"},
     {rsa_names, from_der, der_functions<KeyKind::rsa>, "Edgeseal key reference, RSA"},
     {rsa_pss_names, from_der, der_functions<KeyKind::rsa_pss>, "Edgeseal key reference, RSA-PSS"},
     {ec_names, from_der, der_functions<KeyKind::ec>, "Edgeseal key reference, EC"},
     {ed25519_names, from_der, der_functions<KeyKind::ed25519>, "Edgeseal key reference, Ed25519"}}));

}  // namespace

constinit const Offer decoders = tables.offer();

}  // namespace edgeseal::provider
