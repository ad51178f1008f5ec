// What a program reads as a file of keys, in PEM and in DER.

#include <openssl/decoder.h>
#include <openssl/encoder.h>
#include <openssl/pem.h>

#include <cstdlib>

#include "tests/fuzz/provider_program.h"

namespace {

using namespace edgeseal::fuzz;

// Made once, because libcrypto takes a millisecond for it; it has the decoders of this provider only.
class Decoder {
 public:
  explicit Decoder(const char* input)
      : context_(OSSL_DECODER_CTX_new_for_pkey(&key_, input, nullptr, nullptr, EVP_PKEY_KEYPAIR, program(),
                                               "provider=edgeseal")) {
    if (context_ == nullptr || OSSL_DECODER_CTX_get_num_decoders(context_) == 0) std::abort();
  }

  PkeyPtr decode(const std::string& content) {
    key_ = nullptr;
    BIO* bio = BIO_new_mem_buf(content.data(), static_cast<int>(content.size()));
    const bool good = OSSL_DECODER_from_bio(context_, bio) == 1;
    BIO_free(bio);
    if (good != (key_ != nullptr)) std::abort();
    require_reason(good);
    return {key_, EVP_PKEY_free};
  }

 private:
  EVP_PKEY* key_ = nullptr;
  OSSL_DECODER_CTX* context_;
};

std::string encoded(EVP_PKEY* key) {
  BIO* out = BIO_new(BIO_s_mem());
  const bool good = PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr) == 1;
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  const std::string text = good ? std::string(data, static_cast<std::size_t>(size)) : std::string();
  BIO_free(out);
  require_reason(good);
  return text;
}

Decoder& from_pem() {
  static Decoder decoder("PEM");
  return decoder;
}

Decoder& from_der() {
  static Decoder decoder("DER");
  return decoder;
}

// A key that was read is written as what is read as the same key.
void check(const PkeyPtr& key) {
  if (key == nullptr) return;
  const std::string text = encoded(key.get());
  if (text.empty()) return;  // its public part was not in DER
  const PkeyPtr again = from_pem().decode(text);
  if (again == nullptr || EVP_PKEY_eq(key.get(), again.get()) != 1) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string content(reinterpret_cast<const char*>(data), size);
  check(from_pem().decode(content));
  check(from_der().decode(content));
  return 0;
}
