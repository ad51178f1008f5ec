#include "tests/enroll/cmp/forgery.h"

#include <openssl/crmf.h>

#include <stdexcept>

#include "enroll/der_reader.h"

namespace edgeseal::test {
namespace {

using enroll::DerReader;
using enroll::require_openssl;

constexpr unsigned sequence = 0x30;
constexpr unsigned octet_string = 0x04;
constexpr unsigned bit_string = 0x03;
constexpr unsigned context_0 = 0xA0;
constexpr unsigned context_1 = 0xA1;
constexpr unsigned context_2 = 0xA2;
constexpr unsigned directory_name = 0xA4;

Bytes copy(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

std::vector<Bytes> elements(ByteView content) {
  std::vector<Bytes> result;
  for (DerReader reader(content); !reader.at_end();) result.push_back(copy(reader.next().whole));
  return result;
}

Bytes algorithm(int nid) {
  return der(sequence, der_object(nid));
}

Bytes parameters_of(const MacClaim& claim) {
  return der(sequence, {der(octet_string, Bytes(claim.salt, std::byte{7})), algorithm(claim.one_way_function),
                        claim.iterations, algorithm(claim.mac)});
}

Bytes mac_of(const Bytes& parameters, const Bytes& message, const std::string& secret) {
  const unsigned char* at = enroll::octets(parameters);
  OSSL_CRMF_PBMPARAMETER* pbm = d2i_OSSL_CRMF_PBMPARAMETER(nullptr, &at, static_cast<long>(parameters.size()));
  unsigned char* mac = nullptr;
  std::size_t size = 0;
  require_openssl(
      OSSL_CRMF_pbm_new(nullptr, nullptr, pbm, enroll::octets(message), message.size(),
                        reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), &mac, &size) == 1,
      "OSSL_CRMF_pbm_new");
  const auto* bytes = reinterpret_cast<const std::byte*>(mac);
  Bytes result(bytes, bytes + size);
  OPENSSL_free(mac);
  OSSL_CRMF_PBMPARAMETER_free(pbm);
  return result;
}

Bytes signature_of(const Bytes& message, const Key& key, const EVP_MD* digest) {
  const std::unique_ptr<EVP_MD_CTX, enroll::OpensslFree<EVP_MD_CTX, EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  std::size_t size = 0;
  require_openssl(EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key.get()) == 1 &&
                      EVP_DigestSign(context.get(), nullptr, &size, enroll::octets(message), message.size()) == 1,
                  "EVP_DigestSign");
  Bytes result(size);
  require_openssl(
      EVP_DigestSign(context.get(), enroll::out_octets(result), &size, enroll::octets(message), message.size()) == 1,
      "EVP_DigestSign");
  result.resize(size);
  return result;
}

}  // namespace

Bytes der(unsigned tag, ByteView content) {
  Bytes result{static_cast<std::byte>(tag)};
  if (content.size() < 0x80) {
    result.push_back(static_cast<std::byte>(content.size()));
  } else {
    Bytes length;
    for (std::size_t rest = content.size(); rest > 0; rest >>= 8U)
      length.insert(length.begin(), static_cast<std::byte>(rest & 0xFFU));
    result.push_back(static_cast<std::byte>(0x80U | length.size()));
    result.insert(result.end(), length.begin(), length.end());
  }
  result.insert(result.end(), content.begin(), content.end());
  return result;
}

Bytes der(unsigned tag, const std::vector<Bytes>& contents) {
  Bytes all;
  for (const Bytes& content : contents) all.insert(all.end(), content.begin(), content.end());
  return der(tag, ByteView(all));
}

Bytes der_integer(std::int64_t value) {
  ASN1_INTEGER* integer = ASN1_INTEGER_new();
  ASN1_INTEGER_set_int64(integer, value);
  unsigned char* encoded = nullptr;
  const int size = i2d_ASN1_INTEGER(integer, &encoded);
  const auto* bytes = reinterpret_cast<const std::byte*>(encoded);
  Bytes result(bytes, bytes + size);
  OPENSSL_free(encoded);
  ASN1_INTEGER_free(integer);
  return result;
}

Bytes der_object(int nid) {
  unsigned char* encoded = nullptr;
  const int size = i2d_ASN1_OBJECT(OBJ_nid2obj(nid), &encoded);
  const auto* bytes = reinterpret_cast<const std::byte*>(encoded);
  Bytes result(bytes, bytes + size);
  OPENSSL_free(encoded);
  return result;
}

Forgery::Forgery(const std::string& message) {
  DerReader outer(enroll::bytes_of(message));
  DerReader parts = outer.sequence();
  header = elements(parts.next().content);
  body = copy(parts.next().whole);
  if (!parts.at_end() && parts.peek().is_context(0)) (void)parts.next();
  if (!parts.at_end()) extra_certificates = elements(DerReader(parts.next().content).next().content);
}

ByteView Forgery::body_content() const {
  return DerReader(body).next().content;
}

// The algorithm stands behind the time, where there is one.
void Forgery::set_algorithm(const Bytes& identifier) {
  std::erase_if(header, [](const Bytes& field) { return field[0] == std::byte{context_1}; });
  if (identifier.empty()) return;
  const std::size_t place = header.size() > 3 && header[3][0] == std::byte{context_0} ? 4 : 3;
  header.insert(header.begin() + static_cast<std::ptrdiff_t>(place), der(context_1, identifier));
}

// And no senderKID, which would be another's.
void Forgery::set_sender(const Identity& signer) {
  unsigned char* encoded = nullptr;
  const int size = i2d_X509_NAME(X509_get_subject_name(signer.certificate.get()), &encoded);
  const auto* bytes = reinterpret_cast<const std::byte*>(encoded);
  header[1] = der(directory_name, ByteView(bytes, static_cast<std::size_t>(size)));
  OPENSSL_free(encoded);
  std::erase_if(header, [](const Bytes& field) { return field[0] == std::byte{context_2}; });
}

Bytes Forgery::protected_part() const {
  return der(sequence, {der(sequence, header), body});
}

std::string Forgery::assemble(const std::optional<Bytes>& protection) const {
  std::vector<Bytes> parts{der(sequence, header), body};
  if (protection) {
    Bytes bits{std::byte{0}};
    bits.insert(bits.end(), protection->begin(), protection->end());
    parts.push_back(der(context_0, der(bit_string, ByteView(bits))));
  }
  if (!extra_certificates.empty()) parts.push_back(der(context_1, der(sequence, extra_certificates)));
  return std::string(enroll::text_of(der(sequence, parts)));
}

std::string Forgery::unprotected() {
  set_algorithm({});
  return assemble(std::nullopt);
}

std::string Forgery::with_mac(const std::string& secret, const MacClaim& claim) {
  const Bytes parameters = parameters_of(claim);
  set_algorithm(der(sequence, {der_object(NID_id_PasswordBasedMAC), parameters}));
  return assemble(mac_of(parameters, protected_part(), secret));
}

std::string Forgery::with_claim(const MacClaim& claim) {
  set_algorithm(der(sequence, {der_object(NID_id_PasswordBasedMAC), parameters_of(claim)}));
  return assemble(Bytes(32, std::byte{1}));
}

std::string Forgery::with_signature(const Identity& signer, int signature_algorithm) {
  int digest = 0;
  require_openssl(OBJ_find_sigid_algs(signature_algorithm, &digest, nullptr) == 1, "OBJ_find_sigid_algs");
  set_sender(signer);
  set_algorithm(algorithm(signature_algorithm));
  extra_certificates.insert(extra_certificates.begin(), enroll::der_of(signer.certificate));
  return assemble(signature_of(protected_part(), signer.key, EVP_get_digestbynid(digest)));
}

}  // namespace edgeseal::test
