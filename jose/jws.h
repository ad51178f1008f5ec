#pragma once

#include <functional>
#include <optional>

#include "jose/bytes.h"
#include "jose/certificate_limits.h"
#include "jose/signature.h"

// JSON Web Signature, general JSON serialization (RFC 7515 §7.2.1): what OPC 10000-21 §8.1 writes tickets in.
namespace edgeseal::jose {

inline constexpr std::size_t max_jws_size = 256 * 1024;
inline constexpr std::size_t max_jws_signatures = 16;
inline constexpr std::size_t max_jws_certificates = 8;  // in the "x5c" of one signature

// The protected header of one signature (RFC 7515 §4.1). What stands in the unprotected header counts for nothing.
struct JwsHeader {
  std::string text;                         // as it was signed: JSON
  std::string algorithm;                    // "alg"; empty: absent
  std::optional<std::string> type;          // "typ"
  std::optional<std::string> key_id;        // "kid"
  std::vector<Bytes> certificates;          // "x5c": DER, that of the signer first; nobody has judged them
  std::optional<Bytes> certificate_sha256;  // "x5t#S256": 32 bytes
};

struct JwsSignature {
  JwsHeader header;
  Verdict verdict;
};

struct Jws {
  Bytes payload;                         // not to be believed but for a valid signature by a key that is trusted
  std::vector<JwsSignature> signatures;  // one at least, in their order
};

// The SubjectPublicKeyInfo (DER) to check a signature by; none where no key of this header is trusted. Not asked where
// the header alone is reason to refuse.
using FindKey = std::function<std::optional<Bytes>(const JwsHeader&)>;

// Throws Error{malformed, too_large} where the whole is not a JWS; a signature that is refused has its verdict.
[[nodiscard]] Jws verify_jws(std::string_view json, const FindKey& find_key);

}  // namespace edgeseal::jose
