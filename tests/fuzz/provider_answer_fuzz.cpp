// What an agent may answer to a program: the input is the request that the program makes, then records.

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <openssl/store.h>

#include <array>
#include <cstdlib>
#include <vector>

#include "tests/fuzz/answers.h"
#include "tests/fuzz/provider_program.h"

namespace {

using namespace edgeseal::fuzz;

using Octets = std::vector<unsigned char>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, void (*)(EVP_PKEY_CTX*)>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)>;

const std::string message(100, 'm');

const unsigned char* message_octets() {
  return reinterpret_cast<const unsigned char*>(message.data());
}

// Made once: which key it is does not matter to what is done with an answer.
EVP_PKEY* key(const char* type) {
  static const PkeyPtr ec = read_reference(make_reference("EC"));
  static const PkeyPtr rsa = read_reference(make_reference("RSA"));
  static const PkeyPtr ed25519 = read_reference(make_reference("ED25519"));
  return (*type == 'R' ? rsa : type[1] == 'C' ? ec : ed25519).get();
}

bool open_store(const char* uri, int expect) {
  OSSL_STORE_CTX* store = OSSL_STORE_open_ex(uri, program(), nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  if (store == nullptr) return false;
  bool good = expect == 0 || OSSL_STORE_expect(store, expect) == 1;
  while (good && OSSL_STORE_eof(store) == 0) {
    OSSL_STORE_INFO* info = OSSL_STORE_load(store);
    good = info != nullptr;
    OSSL_STORE_INFO_free(info);
  }
  OSSL_STORE_close(store);
  return good;
}

// Into a buffer as large as the program was told, and no larger.
bool sign(const char* type, const char* digest, int padding) {
  const DigestContext context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* options = nullptr;
  std::size_t size = 0;
  if (EVP_DigestSignInit_ex(context.get(), &options, digest, program(), nullptr, key(type), nullptr) != 1 ||
      (padding != 0 && EVP_PKEY_CTX_set_rsa_padding(options, padding) != 1) ||
      EVP_DigestSign(context.get(), nullptr, &size, message_octets(), message.size()) != 1) {
    return false;
  }
  Octets signature(size);
  if (EVP_DigestSign(context.get(), signature.data(), &size, message_octets(), message.size()) != 1) return false;
  if (size == 0 || size > signature.size()) std::abort();
  return true;
}

bool decrypt(int padding) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(program(), key("RSA"), nullptr), EVP_PKEY_CTX_free);
  const Octets ciphertext(256, 7);
  std::size_t size = 0;
  unsigned version = 0x0303;
  const OSSL_PARAM tls[] = {OSSL_PARAM_construct_uint(OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION, &version),
                            OSSL_PARAM_construct_end()};
  if (EVP_PKEY_decrypt_init(context.get()) != 1 || EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) != 1 ||
      (padding == RSA_PKCS1_WITH_TLS_PADDING && EVP_PKEY_CTX_set_params(context.get(), tls) != 1) ||
      EVP_PKEY_decrypt(context.get(), nullptr, &size, ciphertext.data(), ciphertext.size()) != 1) {
    return false;
  }
  Octets plaintext(size);
  if (EVP_PKEY_decrypt(context.get(), plaintext.data(), &size, ciphertext.data(), ciphertext.size()) != 1) return false;
  if (size > plaintext.size()) std::abort();
  return true;
}

bool make_request(unsigned choice) {
  switch (choice % 11) {
    case 0: return open_store("edgeseal:web", 0);
    case 1: return open_store("edgeseal:web", OSSL_STORE_INFO_CERT);
    case 2: return open_store("edgeseal:web;type=public", 0);
    case 3: return open_store("edgeseal:web;type=trust", 0);
    case 4: return sign("EC", "SHA256", 0);
    case 5: return sign("RSA", "SHA384", 0);
    case 6: return sign("RSA", "SHA256", RSA_PKCS1_PSS_PADDING);
    case 7: return sign("ED25519", nullptr, 0);
    case 8: return decrypt(RSA_PKCS1_OAEP_PADDING);
    case 9: return decrypt(RSA_PKCS1_PADDING);
    default: return decrypt(RSA_PKCS1_WITH_TLS_PADDING);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  answer_with(std::as_bytes(std::span(data, size)).subspan(1));
  require_reason(make_request(data[0]));
  return 0;
}
