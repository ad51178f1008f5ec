#include "enroll/cmp/answer_limits.h"

#include <fmt/format.h>
#include <openssl/objects.h>

#include <algorithm>
#include <array>

#include "enroll/certificate_limits.h"
#include "enroll/cmp/der_fields.h"
#include "enroll/error.h"

namespace edgeseal::enroll::cmp {
namespace {

constexpr std::array strong_digests{NID_sha256, NID_sha384, NID_sha512, NID_sha3_256, NID_sha3_384, NID_sha3_512};
// HMAC with SHA-1 is what most servers use here; nothing is known against it.
constexpr std::array strong_macs{NID_hmac_sha1,      NID_hmacWithSHA1,  NID_hmacWithSHA256, NID_hmacWithSHA384,
                                 NID_hmacWithSHA512, NID_hmac_sha3_256, NID_hmac_sha3_384,  NID_hmac_sha3_512};
constexpr std::array strong_without_digest{NID_rsassaPss, NID_ED25519, NID_ED448};

template <std::size_t Size>
bool is_one_of(int nid, const std::array<int, Size>& list) {
  return std::ranges::find(list, nid) != list.end();
}

[[noreturn]] void refuse_weak(const std::string& reason) {
  throw Error(ErrorClass::weak_protection,
              "the message protection of the server's answer is too weak: " + reason + "; change it at the server");
}

void require_strong(const MacParameters& mac) {
  if (!mac.iterations || *mac.iterations < min_mac_iterations || *mac.iterations > max_mac_iterations)
    refuse_weak(fmt::format("its iteration count is not between {} and {}", min_mac_iterations, max_mac_iterations));
  if (mac.salt_size < min_mac_salt) refuse_weak("its salt is shorter than 8 bytes");
  if (!is_one_of(mac.one_way_function, strong_digests)) refuse_weak("its one-way function is not SHA-2 or SHA-3");
  if (!is_one_of(mac.mac, strong_macs)) refuse_weak("its MAC is not HMAC with SHA-1, SHA-2 or SHA-3");
}

// What libcrypto does not know it refuses by itself.
void require_strong_signature(int algorithm) {
  int digest = NID_undef;
  if (is_one_of(algorithm, strong_without_digest) || OBJ_find_sigid_algs(algorithm, &digest, nullptr) != 1) return;
  if (!is_one_of(digest, strong_digests)) refuse_weak("its signature is not made with SHA-2 or SHA-3");
}

void require_certificate_size(std::size_t size) {
  if (size > max_certificate_size)
    throw Error(ErrorClass::policy,
                fmt::format("the server's answer has a certificate of {} bytes; at most {} are read", size,
                            max_certificate_size));
}

void require_certificate_count(std::size_t count) {
  if (count > max_certificates)
    throw Error(ErrorClass::policy,
                fmt::format("the server's answer has more than {} certificates in one place", max_certificates));
}

void require_few_certificates(DerReader list) {
  for (std::size_t count = 1; !list.at_end(); ++count) {
    require_certificate_size(list.next().whole.size());
    require_certificate_count(count);
  }
}

// CertifiedKeyPair ::= SEQUENCE { CHOICE { [0] certificate, [1] encrypted }, privateKey [0] OPTIONAL, ... }
void require_plain_certificate(DerReader pair) {
  if (next_tagged(pair, 1))
    throw Error(ErrorClass::policy,
                "the server encrypted the certificate to its key; it has to send certificates in the clear");
  const auto certificate = next_tagged(pair, 0);
  if (!certificate) throw MalformedDer();
  require_certificate_size(certificate->content.size());
  if (next_tagged(pair, 0))
    throw Error(ErrorClass::policy, "the server sent a private key; those of this device are made by its own TPM");
}

// CertResponse ::= SEQUENCE { certReqId, status, certifiedKeyPair OPTIONAL, rspInfo OPTIONAL }
void require_plain_certificates(DerReader responses) {
  while (!responses.at_end()) {
    DerReader response = responses.sequence();
    (void)next_integer(response);
    (void)response.sequence();
    if (!response.at_end() && response.peek().is(V_ASN1_SEQUENCE)) require_plain_certificate(response.sequence());
  }
}

// CertRepMessage ::= SEQUENCE { caPubs [1] SEQUENCE OF OPTIONAL, response SEQUENCE OF CertResponse }
void check_certificate_response(ByteView content) {
  DerReader message = DerReader(content).sequence();
  if (const auto authorities = next_tagged(message, 1))
    require_few_certificates(DerReader(authorities->content).sequence());
  require_plain_certificates(message.sequence());
}

}  // namespace

void require_within_limits(const MessageOutline& outline) {
  require_certificate_count(outline.extra_certificates);
  require_certificate_size(outline.largest_certificate);
  if (outline.mac) require_strong(*outline.mac);
  require_strong_signature(outline.protection_algorithm);
  if (outline.body != BodyType::other) check_certificate_response(outline.body_content);
}

}  // namespace edgeseal::enroll::cmp
