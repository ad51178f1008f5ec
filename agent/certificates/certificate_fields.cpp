#include "agent/certificates/certificate_fields.h"

#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "agent/certificates/certificate_signature.h"
#include "agent/error.h"

namespace edgeseal::agent {

namespace {

constexpr std::chrono::days before_now{1};

void push_key_identifier(X509& certificate, X509& issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_nconf_nid(nullptr, &context, nid, value));
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

void set_serial_number(X509& certificate) {
  std::array<unsigned char, 16> octets{};
  require_openssl(RAND_bytes(octets.data(), static_cast<int>(octets.size())) == 1, "RAND_bytes");
  octets[0] = static_cast<unsigned char>((octets[0] & 0x7f) | 0x40);
  const BignumPtr number(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr));
  require_openssl(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)) != nullptr,
                  "BN_to_ASN1_INTEGER");
}

// In seconds: what counts in nanoseconds ends in 2262.
void set_validity(X509& certificate, std::chrono::system_clock::time_point now, std::chrono::days lifetime) {
  constexpr std::time_t latest = 253402300799;
  const std::time_t from = std::chrono::system_clock::to_time_t(now - before_now);
  const std::time_t until =
      std::min(std::chrono::system_clock::to_time_t(now) + std::chrono::seconds(lifetime).count(), latest);
  require_openssl(ASN1_TIME_set(X509_getm_notBefore(&certificate), from) != nullptr &&
                      ASN1_TIME_set(X509_getm_notAfter(&certificate), until) != nullptr,
                  "ASN1_TIME_set");
}

void push_key_identifiers(X509& certificate, X509& issuer) {
  push_key_identifier(certificate, issuer, NID_subject_key_identifier, "hash");
  push_key_identifier(certificate, issuer, NID_authority_key_identifier,
                      "keyid:always");  // else libcrypto leaves it empty
}

void set_signature_algorithm(X509& certificate, tpm::ByteView public_key) {
  const SignatureFields fields(certificate);
  const AlgorithmPtr identifier = signature_algorithm(public_key);
  require_openssl(
      X509_ALGOR_copy(fields.inner, identifier.get()) == 1 && X509_ALGOR_copy(fields.outer, identifier.get()) == 1,
      "X509_ALGOR_copy");
}

void set_certificate_signature(X509& certificate, tpm::ByteView signature) {
  set_signature(*SignatureFields(certificate).bits, signature);
}

}  // namespace edgeseal::agent
