#include "enroll/key_reference.h"

#include <openssl/decoder.h>
#include <openssl/err.h>

#include "enroll/error.h"

namespace edgeseal::enroll {
namespace {

using DecoderPtr = std::unique_ptr<OSSL_DECODER_CTX, OpensslFree<OSSL_DECODER_CTX, OSSL_DECODER_CTX_free>>;

}  // namespace

Key open_key_reference(ByteView der) {
  EVP_PKEY* key = nullptr;
  const unsigned char* at = octets(der);
  std::size_t size = der.size();
  const DecoderPtr decoder(
      OSSL_DECODER_CTX_new_for_pkey(&key, "DER", nullptr, nullptr, EVP_PKEY_KEYPAIR, nullptr, nullptr));
  require_openssl(decoder != nullptr, "OSSL_DECODER_CTX_new_for_pkey");
  const bool decoded = OSSL_DECODER_from_data(decoder.get(), &at, &size) == 1;
  Key result(key);
  if (!decoded || !result)
    throw Error(ErrorClass::policy, "the key of the request is none for this program: " + openssl_reason());
  ERR_clear_error();
  return result;
}

}  // namespace edgeseal::enroll
