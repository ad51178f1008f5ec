#include "agent/keys/password_encryption.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include "agent/error.h"

namespace edgeseal::agent {

namespace {

using Pbes2Ptr = std::unique_ptr<PBE2PARAM, OpensslFree<PBE2PARAM, PBE2PARAM_free>>;
using Pbkdf2Ptr = std::unique_ptr<PBKDF2PARAM, OpensslFree<PBKDF2PARAM, PBKDF2PARAM_free>>;
using PbeParameterPtr = std::unique_ptr<PBEPARAM, OpensslFree<PBEPARAM, PBEPARAM_free>>;

template <class Parameter>
Parameter unpack(const ASN1_ITEM* item, const X509_ALGOR& algorithm) {
  return Parameter(
      static_cast<typename Parameter::element_type*>(ASN1_TYPE_unpack_sequence(item, algorithm.parameter)));
}

// What stands at the ground of a failure is somewhere in the queue, not at its end.
bool not_known_to_libcrypto() {
  bool unknown = false;
  while (const unsigned long code = ERR_get_error()) {
    const int reason = ERR_GET_REASON(code);
    unknown = unknown || reason == ERR_R_UNSUPPORTED ||
              (ERR_GET_LIB(code) == ERR_LIB_EVP &&
               (reason == EVP_R_UNSUPPORTED_ALGORITHM || reason == EVP_R_UNKNOWN_PBE_ALGORITHM ||
                reason == EVP_R_UNSUPPORTED_CIPHER || reason == EVP_R_UNSUPPORTED_PRF ||
                reason == EVP_R_UNKNOWN_CIPHER || reason == EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION));
  }
  return unknown;
}

}  // namespace

Passphrase::Passphrase(tpm::ByteView bytes) : bytes_(bytes) {
  if (bytes.size() > max_size)
    throw Error(Code::invalid_argument, fmt::format("a passphrase has at most {} bytes", max_size));
}

void Passphrase::spend(const ASN1_INTEGER* iterations) {
  const long count = iterations == nullptr ? 1 : ASN1_INTEGER_get(iterations);
  if (count < 0 || count > left_)
    throw Error(Code::not_supported,
                fmt::format("the file asks for more than {} iterations to derive its keys from the passphrase; remedy: "
                            "encrypt it anew with fewer",
                            max_iterations));
  left_ -= count;
}

void Passphrase::spend(const X509_ALGOR& encryption) {
  if (OBJ_obj2nid(encryption.algorithm) != NID_pbes2) {
    const auto parameter = unpack<PbeParameterPtr>(ASN1_ITEM_rptr(PBEPARAM), encryption);
    return parameter ? spend(parameter->iter) : void();
  }
  const auto pbes2 = unpack<Pbes2Ptr>(ASN1_ITEM_rptr(PBE2PARAM), encryption);
  if (!pbes2) return;  // for libcrypto to refuse
  const int derivation = OBJ_obj2nid(pbes2->keyfunc->algorithm);
  if (derivation == NID_id_scrypt)
    throw Error(Code::not_supported,
                "the key is encrypted with scrypt, which needs more memory than is protected here; remedy: openssl "
                "pkcs8 -in FILE -topk8 -v2 aes-256-cbc");
  const auto parameter = unpack<Pbkdf2Ptr>(ASN1_ITEM_rptr(PBKDF2PARAM), *pbes2->keyfunc);
  if (parameter) spend(parameter->iter);
}

Pkcs8Ptr decrypt_pkcs8(const X509_SIG& encrypted, Passphrase& passphrase) {
  if (passphrase.empty()) ask_for_passphrase();
  const X509_ALGOR* encryption = nullptr;
  X509_SIG_get0(&encrypted, &encryption, nullptr);
  passphrase.spend(*encryption);
  Pkcs8Ptr info(PKCS8_decrypt(&encrypted, passphrase.data(), passphrase.size()));
  if (!info) refuse_decryption(passphrase);
  return info;
}

void refuse_decryption(const Passphrase& passphrase) {
  if (not_known_to_libcrypto())
    throw Error(Code::not_supported,
                "the key is encrypted with an algorithm that is not supported (of old files: RC2, DES); remedy: "
                "encrypt it anew with AES-256, for example by openssl pkcs12 -legacy and openssl pkcs8 -topk8");
  if (passphrase.empty()) ask_for_passphrase();
  throw Error(Code::invalid_argument, "the passphrase is wrong, or the file is damaged");
}

void ask_for_passphrase() {
  ERR_clear_error();
  throw Error(Code::invalid_argument, "the private key is encrypted: a passphrase is needed");
}

}  // namespace edgeseal::agent
