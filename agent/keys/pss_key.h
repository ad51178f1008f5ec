#pragma once

#include <optional>
#include <string_view>

#include "agent/keys/key_operation.h"
#include "agent/openssl.h"

// RSASSA-PSS keys (RFC 4055): RSA keys whose SubjectPublicKeyInfo says that they sign with PSS and do nothing else.
namespace edgeseal::agent {

using tpm::Bytes;
using tpm::ByteView;

// What the parameters beside such a key permit (RFC 4055 §3.3).
struct PssRestriction {
  std::optional<tpm::HashAlgorithm> hash{};  // of the message and of MGF1; nothing: any
  std::size_t least_salt = 0;                // bytes
};

// Of a key (DER SubjectPublicKeyInfo) that is an RSASSA-PSS key; nothing for any other. Throws Error{not_supported} for
// parameters that the agent does not serve, saying which it does; Error{invalid_argument} for none.
[[nodiscard]] std::optional<PssRestriction> pss_restriction(ByteView public_key);

// Throws Error{not_supported}, saying which parameters the agent serves.
[[noreturn]] void refuse_pss_parameters();

// An RSA key (DER SubjectPublicKeyInfo) as the RSASSA-PSS key of the same numbers, with the parameters of `model`: such
// a key, or empty for none.
[[nodiscard]] Bytes as_pss_key(ByteView public_key, ByteView model = {});

// A copy of what stands beside the public key.
[[nodiscard]] AlgorithmPtr algorithm_identifier(ByteView public_key);

// What stands beside a signature (RFC 4055 §3.1): MGF1 with the same hash.
[[nodiscard]] AlgorithmPtr pss_algorithm(tpm::HashAlgorithm hash, std::size_t salt_length);

// Throws Error{not_supported}, saying what the key does; `name` is that of the key.
void require_permitted(const PssRestriction& restriction, const SignatureRequest& request, std::string_view name);

}  // namespace edgeseal::agent
