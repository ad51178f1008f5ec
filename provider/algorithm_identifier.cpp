#include "provider/algorithm_identifier.h"

#include <openssl/objects.h>
#include <openssl/params.h>

#include "provider/hash.h"

namespace edgeseal::provider {
namespace {

using Asn1String = std::unique_ptr<ASN1_STRING, FreeBy<ASN1_STRING_free>>;

constexpr std::uint16_t default_salt_length = 20;  // RFC 4055 section 3.1; a default is not encoded

AlgorithmIdentifier make(int nid, int type, void* parameters) noexcept {
  AlgorithmIdentifier identifier(X509_ALGOR_new());
  if (identifier == nullptr || X509_ALGOR_set0(identifier.get(), OBJ_nid2obj(nid), type, parameters) != 1)
    return nullptr;
  return identifier;
}

AlgorithmIdentifier make_with(int nid, Asn1String parameters) noexcept {
  if (parameters == nullptr) return nullptr;
  AlgorithmIdentifier identifier = make(nid, V_ASN1_SEQUENCE, parameters.get());
  if (identifier != nullptr) static_cast<void>(parameters.release());
  return identifier;
}

template <typename Object>
Asn1String pack(Object* object, const ASN1_ITEM* item) noexcept {
  return object == nullptr ? nullptr : Asn1String(ASN1_item_pack(object, item, nullptr));
}

bool set_salt_length(RSA_PSS_PARAMS& parameters, std::uint16_t salt_length) noexcept {
  if (salt_length == default_salt_length) return true;
  parameters.saltLength = ASN1_INTEGER_new();
  return parameters.saltLength != nullptr && ASN1_INTEGER_set(parameters.saltLength, salt_length) == 1;
}

bool set_hash(RSA_PSS_PARAMS& parameters, wire::Hash hash) noexcept {
  if (hash == wire::Hash::sha1) return true;  // the default too
  parameters.hashAlgorithm = make(hash_of(hash).nid, V_ASN1_NULL, nullptr).release();
  parameters.maskGenAlgorithm =
      make_with(NID_mgf1, pack(parameters.hashAlgorithm, ASN1_ITEM_rptr(X509_ALGOR))).release();
  return parameters.hashAlgorithm != nullptr && parameters.maskGenAlgorithm != nullptr;
}

AlgorithmIdentifier identify_pss(wire::Hash hash, std::uint16_t salt_length) noexcept {
  const PssParameters parameters(RSA_PSS_PARAMS_new());
  if (parameters == nullptr || !set_hash(*parameters, hash) || !set_salt_length(*parameters, salt_length))
    return nullptr;
  return make_with(NID_rsassaPss, pack(parameters.get(), ASN1_ITEM_rptr(RSA_PSS_PARAMS)));
}

AlgorithmIdentifier identify_pair(wire::Hash hash, int key_nid, int parameter_type) noexcept {
  int nid = NID_undef;
  if (OBJ_find_sigid_by_algs(&nid, hash_of(hash).nid, key_nid) != 1) return nullptr;
  return make(nid, parameter_type, nullptr);
}

// Null where there is none or memory is out.
AlgorithmIdentifier identify_signature(wire::SignatureScheme scheme, wire::Hash hash,
                                       std::uint16_t salt_length) noexcept {
  switch (scheme) {
    case wire::SignatureScheme::rsa_pkcs1: return identify_pair(hash, NID_rsaEncryption, V_ASN1_NULL);
    case wire::SignatureScheme::rsa_pss: return identify_pss(hash, salt_length);
    case wire::SignatureScheme::ecdsa: return identify_pair(hash, NID_X9_62_id_ecPublicKey, V_ASN1_UNDEF);
    case wire::SignatureScheme::rsa_raw: return nullptr;  // whatever the program padded
    case wire::SignatureScheme::ed25519: return make(NID_ED25519, V_ASN1_UNDEF, nullptr);
  }
  return nullptr;
}

}  // namespace

bool put_algorithm_identifier(OSSL_PARAM& parameter, wire::SignatureScheme scheme, wire::Hash hash,
                              std::uint16_t salt_length) noexcept {
  const AlgorithmIdentifier identifier = identify_signature(scheme, hash, salt_length);
  unsigned char* encoded = nullptr;
  const int size = identifier != nullptr ? i2d_X509_ALGOR(identifier.get(), &encoded) : -1;
  const OpensslMemory<unsigned char> owner(encoded);
  return size > 0 && OSSL_PARAM_set_octet_string(&parameter, encoded, static_cast<std::size_t>(size)) == 1;
}

}  // namespace edgeseal::provider
