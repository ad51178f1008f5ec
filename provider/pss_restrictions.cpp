#include "provider/pss_restrictions.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <array>

namespace edgeseal::provider {

// libcrypto leaves out what is the default of RFC 4055, but for the salt length.
bool read_restrictions(OSSL_LIB_CTX* library, const EVP_PKEY& key,
                       std::optional<PssRestrictions>& restrictions) noexcept {
  std::array<char, 32> hash{"SHA1"};
  std::array<char, 32> mgf1_hash{"SHA1"};
  int salt = 0;
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_int(OSSL_PKEY_PARAM_RSA_PSS_SALTLEN, &salt),
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_RSA_DIGEST, hash.data(), hash.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_RSA_MGF1_DIGEST, mgf1_hash.data(), mgf1_hash.size()),
      OSSL_PARAM_construct_end()};
  if (EVP_PKEY_is_a(&key, "RSA-PSS") != 1) return true;
  if (EVP_PKEY_get_params(&key, parameters) != 1) return false;
  if (OSSL_PARAM_modified(&parameters[0]) != 1) return true;
  restrictions = {find_hash_on_wire(library, hash.data(), {}), find_hash_on_wire(library, mgf1_hash.data(), {}), salt};
  return restrictions->hash != nullptr && restrictions->mgf1_hash != nullptr;
}

}  // namespace edgeseal::provider
