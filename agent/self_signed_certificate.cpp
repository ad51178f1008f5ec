#include "agent/self_signed_certificate.h"

#include <openssl/rand.h>

#include <array>

#include "agent/certificate_signature.h"
#include "agent/error.h"
#include "agent/public_key.h"

namespace edgeseal::agent {

namespace {

constexpr std::chrono::days before_now{1};

// Positive and not guessable (RFC 5280 §4.1.2.2).
void set_serial_number(X509& certificate) {
  std::array<unsigned char, 16> octets{};
  require_openssl(RAND_bytes(octets.data(), static_cast<int>(octets.size())) == 1, "RAND_bytes");
  octets[0] = static_cast<unsigned char>((octets[0] & 0x7f) | 0x40);
  const std::unique_ptr<BIGNUM, OpensslFree<BIGNUM, BN_free>> number(
      BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr));
  require_openssl(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)) != nullptr,
                  "BN_to_ASN1_INTEGER");
}

// 99991231235959Z is the latest that X.509 can say. In seconds: what counts in nanoseconds ends in 2262.
void set_validity(X509& certificate, std::chrono::system_clock::time_point now, std::chrono::days lifetime) {
  constexpr std::time_t latest = 253402300799;
  const std::time_t from = std::chrono::system_clock::to_time_t(now - before_now);
  const std::time_t until =
      std::min(std::chrono::system_clock::to_time_t(now) + std::chrono::seconds(lifetime).count(), latest);
  require_openssl(ASN1_TIME_set(X509_getm_notBefore(&certificate), from) != nullptr &&
                      ASN1_TIME_set(X509_getm_notAfter(&certificate), until) != nullptr,
                  "ASN1_TIME_set");
}

void push_key_identifier(X509& certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &certificate, &certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION, X509_EXTENSION_free>> extension(
      X509V3_EXT_nconf_nid(nullptr, &context, nid, value));
  require_openssl(extension && X509_add_ext(&certificate, extension.get(), -1) == 1, "key identifier");
}

// libcrypto 3.0 lets nobody but itself write these two, and then only with a private key at hand.
struct SignatureFields {
  explicit SignatureFields(X509& certificate) {
    const ASN1_BIT_STRING* signature = nullptr;
    const X509_ALGOR* outer_algorithm = nullptr;
    X509_get0_signature(&signature, &outer_algorithm, &certificate);
    bits = const_cast<ASN1_BIT_STRING*>(signature);
    outer = const_cast<X509_ALGOR*>(outer_algorithm);
    inner = const_cast<X509_ALGOR*>(X509_get0_tbs_sigalg(&certificate));
  }

  ASN1_BIT_STRING* bits;
  X509_ALGOR* outer;
  X509_ALGOR* inner;
};

}  // namespace

SelfSignedCertificate::SelfSignedCertificate(const CertificateSubject& subject,
                                             std::chrono::system_clock::time_point now, std::chrono::days lifetime)
    : certificate_(X509_new()), extensions_(extensions_of(subject)) {
  const NamePtr name = name_of(subject);
  require_openssl(certificate_ && X509_set_version(certificate_.get(), X509_VERSION_3) == 1 &&
                      X509_set_subject_name(certificate_.get(), name.get()) == 1 &&
                      X509_set_issuer_name(certificate_.get(), name.get()) == 1,
                  "X509");
  set_serial_number(*certificate_);
  set_validity(*certificate_, now, lifetime);
}

tpm::Bytes SelfSignedCertificate::to_be_signed(tpm::ByteView public_key) {
  const PublicKeyPtr key = parse_public_key(public_key);
  push_key_usage(*extensions_, *key, Issuer::itself);
  require_openssl(X509_set_pubkey(certificate_.get(), key.get()) == 1, "X509_set_pubkey");
  for (int i = 0; i < sk_X509_EXTENSION_num(extensions_.get()); ++i)
    require_openssl(X509_add_ext(certificate_.get(), sk_X509_EXTENSION_value(extensions_.get(), i), -1) == 1,
                    "X509_add_ext");
  push_key_identifier(*certificate_, NID_subject_key_identifier, "hash");
  push_key_identifier(*certificate_, NID_authority_key_identifier, "keyid:always");  // else libcrypto leaves it empty
  const SignatureFields fields(*certificate_);
  const AlgorithmPtr identifier = signature_algorithm(public_key);
  require_openssl(
      X509_ALGOR_copy(fields.inner, identifier.get()) == 1 && X509_ALGOR_copy(fields.outer, identifier.get()) == 1,
      "X509_ALGOR_copy");
  return der_of(certificate_.get(), i2d_re_X509_tbs);
}

tpm::Bytes SelfSignedCertificate::finish(tpm::ByteView signature) {
  set_signature(*SignatureFields(*certificate_).bits, signature);
  return der_of(certificate_.get(), i2d_X509);
}

}  // namespace edgeseal::agent
