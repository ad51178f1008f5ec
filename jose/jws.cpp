#include "jose/jws.h"

#include "jose/base64.h"
#include "jose/error.h"
#include "jose/strict_json.h"

namespace edgeseal::jose {

namespace {

[[noreturn]] void refuse(const std::string& problem) {
  throw Error(Problem::malformed, problem);
}

std::optional<std::string> copied(std::optional<std::string_view> text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

Bytes certificate_of(const Json& entry) {
  if (!entry.is_string()) refuse("an entry of 'x5c' is not a string");
  const auto der = decode_base64(entry.get_ref<const SecretText&>(), "an entry of 'x5c'");
  if (der.empty() || der.size() > max_certificate_size)
    throw Error(Problem::too_large, "a certificate in 'x5c' is empty or longer than 16 KiB");
  return {der.begin(), der.end()};
}

std::vector<Bytes> certificates_of(const Json& header) {
  const auto member = header.find("x5c");
  if (member == header.end()) return {};
  if (!member->is_array() || member->empty()) refuse("'x5c' is not an array of certificates");
  if (member->size() > max_jws_certificates)
    throw Error(Problem::too_large, "'x5c' has more than " + std::to_string(max_jws_certificates) + " certificates");
  std::vector<Bytes> certificates;
  for (const Json& entry : *member) certificates.push_back(certificate_of(entry));
  return certificates;
}

std::optional<Bytes> thumbprint_of(const Json& header) {
  const auto text = find_text(header, "x5t#S256");
  if (!text) return std::nullopt;
  Bytes thumbprint = decode_base64url(*text, "'x5t#S256'");
  if (thumbprint.size() != 32) refuse("'x5t#S256' is not a SHA-256");
  return thumbprint;
}

JwsHeader header_of(const Bytes& text, const Json& json) {
  return {std::string(text_of(text)),     std::string(find_text(json, "alg").value_or("")),
          copied(find_text(json, "typ")), copied(find_text(json, "kid")),
          certificates_of(json),          thumbprint_of(json)};
}

// RFC 7515 §7.2.1: no name stands in both headers.
void require_disjoint(const Json& entry, const Json& protected_header) {
  const auto unprotected = entry.find("header");
  if (unprotected == entry.end()) return;
  if (!unprotected->is_object()) refuse("the unprotected header of a signature is not an object");
  for (const auto& item : unprotected->items())
    if (protected_header.contains(item.key())) refuse("a name stands in the protected and in the unprotected header");
}

Verdict judge(const JwsHeader& header, const Json& json, ByteView message, ByteView signature,
              const FindKey& find_key) {
  if (!is_signature_algorithm(header.algorithm)) return Verdict::algorithm_refused;
  if (json.contains("crit")) return Verdict::extension_refused;
  const auto key = find_key(header);
  return key ? check_signature(header.algorithm, *key, message, signature) : Verdict::key_unknown;
}

JwsSignature verify(const Json& entry, std::string_view payload, const FindKey& find_key) {
  if (!entry.is_object()) refuse("an entry of 'signatures' is not an object");
  const auto encoded = require_text(entry, "protected");
  const Bytes text = decode_base64url(encoded, "a protected header");
  const Json json = parse_json_object(text_of(text), "a protected header");
  require_disjoint(entry, json);
  const Bytes signature = decode_base64url(require_text(entry, "signature"), "a signature");
  const std::string message = std::string(encoded) + "." + std::string(payload);
  JwsSignature result{header_of(text, json), Verdict::invalid};
  result.verdict = judge(result.header, json, bytes_of(message), signature, find_key);
  return result;
}

const Json& signatures_of(const Json& json) {
  const Json& signatures = require_member(json, "signatures");
  if (!signatures.is_array() || signatures.empty()) refuse("'signatures' is not an array with one entry at least");
  if (signatures.size() > max_jws_signatures)
    throw Error(Problem::too_large, "'signatures' has more than " + std::to_string(max_jws_signatures) + " entries");
  if (json.contains("signature")) refuse("'signature' beside 'signatures' (RFC 7515 §7.2.2)");
  return signatures;
}

}  // namespace

Jws verify_jws(std::string_view text, const FindKey& find_key) {
  if (text.size() > max_jws_size) throw Error(Problem::too_large, "a JWS is 256 KiB long at most");
  const Json json = parse_json_object(text, "the JWS");
  const auto payload = require_text(json, "payload");
  Jws result{decode_base64url(payload, "the payload"), {}};
  for (const Json& entry : signatures_of(json)) result.signatures.push_back(verify(entry, payload, find_key));
  return result;
}

}  // namespace edgeseal::jose
