#include "agent/keys/pss_key.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>

#include "agent/error.h"
#include "agent/keys/signature_encoding.h"

namespace edgeseal::agent {

namespace {

using tpm::HashAlgorithm;
using InfoPtr = std::unique_ptr<X509_PUBKEY, OpensslFree<X509_PUBKEY, X509_PUBKEY_free>>;
using ParametersPtr = std::unique_ptr<RSA_PSS_PARAMS, OpensslFree<RSA_PSS_PARAMS, RSA_PSS_PARAMS_free>>;
using StringPtr = std::unique_ptr<ASN1_STRING, OpensslFree<ASN1_STRING, ASN1_STRING_free>>;

constexpr long default_salt = 20;   // RFC 4055 §3.1
constexpr long longest_salt = 512;  // no key is larger
constexpr long default_trailer = 1;

InfoPtr parse_info(ByteView public_key) {
  const unsigned char* cursor = octets(public_key);
  InfoPtr info(d2i_X509_PUBKEY(nullptr, &cursor, static_cast<long>(public_key.size())));
  if (info) return info;
  ERR_clear_error();
  throw Error(Code::invalid_argument, "not a SubjectPublicKeyInfo");
}

const X509_ALGOR& algorithm_of(const X509_PUBKEY& info) {
  X509_ALGOR* algorithm = nullptr;
  require_openssl(X509_PUBKEY_get0_param(nullptr, nullptr, nullptr, &algorithm, &info) == 1, "X509_PUBKEY_get0_param");
  return *algorithm;
}

int identifier_of(const X509_ALGOR& algorithm) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, &algorithm);
  return OBJ_obj2nid(object);
}

// The DER of the parameters; empty where there are none.
ByteView parameters_of(const X509_ALGOR& algorithm) {
  int type = V_ASN1_UNDEF;
  const void* value = nullptr;
  X509_ALGOR_get0(nullptr, &type, &value, &algorithm);
  if (type == V_ASN1_UNDEF) return {};
  if (type != V_ASN1_SEQUENCE) refuse_pss_parameters();
  const auto* sequence = static_cast<const ASN1_STRING*>(value);
  return std::as_bytes(
      std::span(ASN1_STRING_get0_data(sequence), static_cast<std::size_t>(ASN1_STRING_length(sequence))));
}

HashAlgorithm hash_of(const X509_ALGOR* algorithm) {
  const int nid = algorithm == nullptr ? NID_sha1 : identifier_of(*algorithm);
  for (const HashAlgorithm hash : {HashAlgorithm::sha256, HashAlgorithm::sha384, HashAlgorithm::sha512})
    if (EVP_MD_get_type(message_digest(hash)) == nid) return hash;
  refuse_pss_parameters();
}

HashAlgorithm mask_hash_of(const X509_ALGOR* mask) {
  if (mask == nullptr || identifier_of(*mask) != NID_mgf1) refuse_pss_parameters();
  const ByteView parameters = parameters_of(*mask);
  const unsigned char* cursor = octets(parameters);
  const AlgorithmPtr hash(d2i_X509_ALGOR(nullptr, &cursor, static_cast<long>(parameters.size())));
  if (!hash) refuse_pss_parameters();
  return hash_of(hash.get());
}

long number_of(const ASN1_INTEGER* number, long absent) {
  return number == nullptr ? absent : ASN1_INTEGER_get(number);
}

PssRestriction read_restriction(ByteView der) {
  const unsigned char* cursor = octets(der);
  const ParametersPtr parameters(d2i_RSA_PSS_PARAMS(nullptr, &cursor, static_cast<long>(der.size())));
  if (!parameters || cursor != octets(der) + der.size()) refuse_pss_parameters();
  const HashAlgorithm hash = hash_of(parameters->hashAlgorithm);
  const long salt = number_of(parameters->saltLength, default_salt);
  if (mask_hash_of(parameters->maskGenAlgorithm) != hash || salt < 0 || salt > longest_salt ||
      number_of(parameters->trailerField, default_trailer) != default_trailer)
    refuse_pss_parameters();
  return {hash, static_cast<std::size_t>(salt)};
}

// --- what is written

void set(X509_ALGOR& algorithm, int nid, const Bytes& sequence) {
  StringPtr value(ASN1_STRING_type_new(V_ASN1_SEQUENCE));
  require_openssl(value && ASN1_STRING_set(value.get(), sequence.data(), static_cast<int>(sequence.size())) == 1 &&
                      X509_ALGOR_set0(&algorithm, OBJ_nid2obj(nid), V_ASN1_SEQUENCE, value.get()) == 1,
                  "X509_ALGOR_set0");
  (void)value.release();
}

AlgorithmPtr hash_identifier(HashAlgorithm hash) {
  AlgorithmPtr algorithm(X509_ALGOR_new());
  const int nid = EVP_MD_get_type(message_digest(hash));
  require_openssl(algorithm && X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(nid), V_ASN1_NULL, nullptr) == 1,
                  "X509_ALGOR_set0");
  return algorithm;
}

}  // namespace

void refuse_pss_parameters() {
  ERR_clear_error();
  throw Error(Code::not_supported,
              "an RSASSA-PSS key is kept with no parameters, or with SHA-256, SHA-384 or SHA-512 for message and MGF1, "
              "a salt length that fits, and the trailer 0xbc");
}

std::optional<PssRestriction> pss_restriction(ByteView public_key) {
  const InfoPtr info = parse_info(public_key);
  const X509_ALGOR& algorithm = algorithm_of(*info);
  if (identifier_of(algorithm) != NID_rsassaPss) return std::nullopt;
  const ByteView parameters = parameters_of(algorithm);
  return parameters.empty() ? PssRestriction{} : read_restriction(parameters);
}

Bytes as_pss_key(ByteView public_key, ByteView model) {
  const InfoPtr info = parse_info(public_key);
  const InfoPtr model_info = model.empty() ? nullptr : parse_info(model);
  const ByteView parameters = model_info ? parameters_of(algorithm_of(*model_info)) : ByteView();
  auto& algorithm = const_cast<X509_ALGOR&>(algorithm_of(*info));
  if (!parameters.empty())
    set(algorithm, NID_rsassaPss, {parameters.begin(), parameters.end()});
  else
    require_openssl(X509_ALGOR_set0(&algorithm, OBJ_nid2obj(NID_rsassaPss), V_ASN1_UNDEF, nullptr) == 1,
                    "X509_ALGOR_set0");
  return der_of(info.get(), i2d_X509_PUBKEY);
}

AlgorithmPtr algorithm_identifier(ByteView public_key) {
  AlgorithmPtr algorithm(X509_ALGOR_dup(&algorithm_of(*parse_info(public_key))));
  require_openssl(algorithm != nullptr, "X509_ALGOR_dup");
  return algorithm;
}

AlgorithmPtr pss_algorithm(HashAlgorithm hash, std::size_t salt_length) {
  const ParametersPtr parameters(RSA_PSS_PARAMS_new());
  const AlgorithmPtr mask_hash = hash_identifier(hash);
  require_openssl(parameters != nullptr, "RSA_PSS_PARAMS_new");
  parameters->hashAlgorithm = hash_identifier(hash).release();
  parameters->maskGenAlgorithm = X509_ALGOR_new();
  parameters->saltLength = ASN1_INTEGER_new();
  require_openssl(parameters->maskGenAlgorithm != nullptr && parameters->saltLength != nullptr &&
                      ASN1_INTEGER_set_uint64(parameters->saltLength, salt_length) == 1,
                  "RSA_PSS_PARAMS");
  set(*parameters->maskGenAlgorithm, NID_mgf1, der_of(mask_hash.get(), i2d_X509_ALGOR));
  AlgorithmPtr algorithm(X509_ALGOR_new());
  require_openssl(algorithm != nullptr, "X509_ALGOR_new");
  set(*algorithm, NID_rsassaPss, der_of(parameters.get(), i2d_RSA_PSS_PARAMS));
  return algorithm;
}

void require_permitted(const PssRestriction& restriction, const SignatureRequest& request, std::string_view name) {
  if (request.scheme != wire::SignatureScheme::rsa_pss)
    throw Error(Code::not_supported, fmt::format("{} is an RSASSA-PSS key: it signs with PSS and nothing else", name));
  if (restriction.hash && *restriction.hash != request.hash)
    throw Error(Code::not_supported, fmt::format("{} is restricted to signatures over {}", name,
                                                 EVP_MD_get0_name(message_digest(*restriction.hash))));
  if (request.salt_length < restriction.least_salt)
    throw Error(Code::not_supported,
                fmt::format("{} is restricted to a PSS salt of {} bytes or more", name, restriction.least_salt));
}

}  // namespace edgeseal::agent
