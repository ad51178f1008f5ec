#include "agent/trust/certificate_outline.h"

#include <fmt/format.h>
#include <openssl/asn1t.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#include <map>

#include "agent/certificates/certificate.h"
#include "agent/error.h"

namespace edgeseal::agent {

namespace {

// Certificate (RFC 5280 section 4.1) with the templates that libcrypto has for its parts, but for the key.
struct Key {
  X509_ALGOR* algorithm;
  ASN1_BIT_STRING* bits;
};

struct Body {
  ASN1_INTEGER* version;
  ASN1_INTEGER* serial_number;
  X509_ALGOR* signature;
  X509_NAME* issuer;
  X509_VAL* validity;
  X509_NAME* subject;
  Key* key;
  ASN1_BIT_STRING* issuer_id;
  ASN1_BIT_STRING* subject_id;
  STACK_OF(X509_EXTENSION) * extensions;
};

struct Certificate {
  Body* body;
  X509_ALGOR* algorithm;
  ASN1_BIT_STRING* signature;
};

// clang-format off
ASN1_SEQUENCE(Key) = {
  ASN1_SIMPLE(Key, algorithm, X509_ALGOR),
  ASN1_SIMPLE(Key, bits, ASN1_BIT_STRING)
} static_ASN1_SEQUENCE_END(Key)

ASN1_SEQUENCE(Body) = {
  ASN1_EXP_OPT(Body, version, ASN1_INTEGER, 0),
  ASN1_SIMPLE(Body, serial_number, ASN1_INTEGER),
  ASN1_SIMPLE(Body, signature, X509_ALGOR),
  ASN1_SIMPLE(Body, issuer, X509_NAME),
  ASN1_SIMPLE(Body, validity, X509_VAL),
  ASN1_SIMPLE(Body, subject, X509_NAME),
  ASN1_SIMPLE(Body, key, Key),
  ASN1_IMP_OPT(Body, issuer_id, ASN1_BIT_STRING, 1),
  ASN1_IMP_OPT(Body, subject_id, ASN1_BIT_STRING, 2),
  ASN1_EXP_SEQUENCE_OF_OPT(Body, extensions, X509_EXTENSION, 3)
} static_ASN1_SEQUENCE_END(Body)

ASN1_SEQUENCE(Certificate) = {
  ASN1_SIMPLE(Certificate, body, Body),
  ASN1_SIMPLE(Certificate, algorithm, X509_ALGOR),
  ASN1_SIMPLE(Certificate, signature, ASN1_BIT_STRING)
} static_ASN1_SEQUENCE_END(Certificate)
    // clang-format on

    int algorithm_of(const X509_ALGOR& algorithm) {
  return OBJ_obj2nid(algorithm.algorithm);
}

// 0 where it is no RSA key, or none that parse_certificate() takes.
int rsa_bits(const ASN1_BIT_STRING& encoded) {
  const unsigned char* cursor = encoded.data;
  const PublicKeyPtr key(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &cursor, encoded.length));
  ERR_clear_error();
  return key && cursor == encoded.data + encoded.length && excess_of(*key).empty() ? EVP_PKEY_get_bits(key.get()) : 0;
}

using GroupPtr = std::unique_ptr<EC_GROUP, OpensslFree<EC_GROUP, EC_GROUP_free>>;
using PointPtr = std::unique_ptr<EC_POINT, OpensslFree<EC_POINT, EC_POINT_free>>;

// Made once per curve: that takes longer than all the rest. Null where there is none.
const EC_GROUP* curve_of(const X509_ALGOR& algorithm) {
  thread_local std::map<int, GroupPtr> curves;
  if (algorithm.parameter == nullptr || algorithm.parameter->type != V_ASN1_OBJECT) return nullptr;
  const int nid = OBJ_obj2nid(algorithm.parameter->value.object);
  if (nid == NID_sm2) return nullptr;  // to libcrypto a key of another kind
  const auto [curve, is_new] = curves.try_emplace(nid);
  if (is_new) curve->second.reset(EC_GROUP_new_by_curve_name(nid));
  ERR_clear_error();
  return curve->second.get();
}

// 0 where it is no point of the curve.
int curve_bits(const EC_GROUP& curve, const ASN1_BIT_STRING& encoded) {
  const PointPtr point(EC_POINT_new(&curve));
  const bool good = point && EC_POINT_oct2point(&curve, point.get(), encoded.data,
                                                static_cast<std::size_t>(encoded.length), nullptr) == 1;
  ERR_clear_error();
  return good ? EC_GROUP_order_bits(&curve) : 0;
}

}  // namespace

struct CertificateOutline::Fields : Certificate {};

void CertificateOutline::Free::operator()(Fields* fields) const noexcept {
  ASN1_item_free(reinterpret_cast<ASN1_VALUE*>(fields), ASN1_ITEM_rptr(Certificate));
}

std::uint64_t name_hash(const X509_NAME& name) {
  int good = 0;
  const unsigned long hash = X509_NAME_hash_ex(&name, nullptr, nullptr, &good);
  require_openssl(good == 1, "X509_NAME_hash_ex");
  return hash;
}

CertificateOutline::CertificateOutline(tpm::ByteView der) {
  if (der.empty() || der.size() > max_certificate_size)
    throw Error(Code::certificate_invalid,
                fmt::format("the certificate has {} bytes; 1 to {} are taken", der.size(), max_certificate_size));
  const unsigned char* cursor = octets(der);
  fields_.reset(reinterpret_cast<Fields*>(
      ASN1_item_d2i(nullptr, &cursor, static_cast<long>(der.size()), ASN1_ITEM_rptr(Certificate))));
  if (!fields_)
    throw Error(Code::certificate_invalid, fmt::format("not an X.509 certificate in DER: {}", openssl_reason()));
  if (cursor != octets(der) + der.size()) throw Error(Code::certificate_invalid, "bytes follow the certificate");
}

std::uint64_t CertificateOutline::subject_hash() const {
  return name_hash(*fields_->body->subject);
}

std::optional<Strength> CertificateOutline::strength() const {
  const Key& key = *fields_->body->key;
  Strength strength;
  if (OBJ_find_sigid_algs(algorithm_of(*fields_->algorithm), &strength.hash, nullptr) != 1 ||
      EVP_get_digestbynid(strength.hash) == nullptr)
    return std::nullopt;
  if (algorithm_of(*key.algorithm) == NID_rsaEncryption) {
    strength.kind = Strength::Kind::rsa;
    strength.bits = rsa_bits(*key.bits);
  } else if (const EC_GROUP* curve =
                 algorithm_of(*key.algorithm) == NID_X9_62_id_ecPublicKey ? curve_of(*key.algorithm) : nullptr) {
    strength.kind = Strength::Kind::curve;
    strength.bits = curve_bits(*curve, *key.bits);
  }
  return strength.bits == 0 ? std::nullopt : std::optional(strength);
}

}  // namespace edgeseal::agent
