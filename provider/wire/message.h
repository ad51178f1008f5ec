#pragma once

// The messages of the key socket (docs/key-socket.md). One SOCK_SEQPACKET record is one message; integers are little
// endian; variable parts are a length and bytes. This codec is shared by the agent and the provider: libc only, no
// exceptions, no allocation. A decoder looks at every length before it uses it, and returns views into the record,
// which must outlive them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace edgeseal::wire {

using ByteView = std::span<const std::byte>;
using MutableByteView = std::span<std::byte>;

inline constexpr const char* default_socket_path = "/run/edgeseal/keys.sock";
inline constexpr std::uint16_t protocol_version = 1;
inline constexpr std::size_t max_message_size = 64 * 1024;
inline constexpr std::size_t max_key_name_size = 255;
inline constexpr std::size_t max_message_to_sign = 60 * 1024;  // for schemes that hash by themselves
inline constexpr std::size_t max_label_size = 255;             // OAEP
inline constexpr std::size_t max_ciphertext_blocks = 32;       // each as long as the modulus
inline constexpr std::size_t max_modulus_size = 512;           // RSA 4096
inline constexpr std::size_t max_ciphertext_size = max_ciphertext_blocks * max_modulus_size;
inline constexpr std::size_t max_chain_length = 16;  // certificates
inline constexpr std::size_t max_error_text_size = 512;

// SHA-256 of the DER SubjectPublicKeyInfo: says which key, whatever generation a name stands for today.
using KeyId = std::array<std::byte, 32>;

enum class Operation : std::uint16_t { hello = 1, describe = 2, sign = 3, decrypt = 4, trust_anchors = 5 };

// What went wrong, as far as the program can act on it; the text says it for people. Zero is success.
enum class Status : std::uint16_t {
  ok = 0,
  bad_request = 1,      // malformed, wrong version, unknown operation: the agent closes after this answer
  unknown_key = 2,      // no key of that name or id
  not_permitted = 3,    // the caller is named by no access rule of the key
  key_retired = 4,      // the key was replaced and its grace time is over, or it was deleted
  unsupported = 5,      // the key cannot do that scheme or hash, or policy forbids it
  busy = 6,             // queue full or deadline passed: retry after `retry_after_ms`
  tpm_unavailable = 7,  // absent, replaced, locked out, failed: the text says which and what to do
  internal = 8,
  decryption_failed = 9  // the ciphertext is none that was made with the public key; why is not told
};

enum class KeyType : std::uint16_t { rsa = 1, ec_p256 = 2, ec_p384 = 3, ec_p521 = 4, ed25519 = 5, rsa_pss = 6 };
enum class SignatureScheme : std::uint16_t { rsa_pkcs1 = 1, rsa_pss = 2, ecdsa = 3, ed25519 = 4, rsa_raw = 5 };
enum class DecryptionScheme : std::uint16_t { rsa_oaep = 1, rsa_pkcs1 = 2 };
enum class Hash : std::uint16_t { none = 0, sha1 = 1, sha256 = 2, sha384 = 3, sha512 = 4 };

[[nodiscard]] constexpr std::size_t digest_size(Hash hash) noexcept {
  switch (hash) {
    case Hash::none: return 0;
    case Hash::sha1: return 20;
    case Hash::sha256: return 32;
    case Hash::sha384: return 48;
    case Hash::sha512: return 64;
  }
  return 0;
}

// Header of a request: version u16, operation u16, request_id u32. Of a response: version u16, status u16, request_id
// u32.
inline constexpr std::size_t header_size = 8;

struct RequestHeader {
  std::uint16_t version = protocol_version;
  Operation operation = Operation::hello;
  std::uint32_t request_id = 0;
};

struct ResponseHeader {
  std::uint16_t version = protocol_version;
  Status status = Status::ok;
  std::uint32_t request_id = 0;
};

// hello: empty. Answer: the version that the agent speaks and the longest time in ms that it takes to answer a request.
struct HelloResponse {
  std::uint16_t version = protocol_version;
  std::uint32_t deadline_ms = 0;
};

// describe: a name ("web", "web/https/https"; an empty part stands for the first, as in "web//tls-client"), or, where
// the name is empty, a key id (not all zero). On the wire the id of a request by name is zero.
struct DescribeRequest {
  std::string_view key_name;
  KeyId key_id{};
};

// A list of DER certificates inside a record: u16 count, then for each u32 length and bytes. Leaf first.
struct CertificateList {
  std::array<ByteView, max_chain_length> certificates{};
  std::size_t count = 0;
};

struct DescribeResponse {
  KeyId key_id{};
  KeyType type = KeyType::rsa;
  std::string_view key_name;  // canonical: application/group/certificate-type
  ByteView public_key;        // DER SubjectPublicKeyInfo
  CertificateList chain;      // empty where no certificate is installed for this key
};

struct SignRequest {
  KeyId key_id{};
  SignatureScheme scheme = SignatureScheme::ecdsa;
  Hash hash = Hash::sha256;       // also the MGF1 hash of PSS; none for Ed25519 and raw RSA
  std::uint16_t salt_length = 0;  // PSS: bytes; else 0
  // digest_size(hash) bytes; Ed25519: the message, at most max_message_to_sign bytes; raw RSA: a padded block as long
  // as the modulus, which the receiver checks.
  ByteView digest;
};

// Answer to sign: the signature as X.509 and TLS carry it (ECDSA: DER Ecdsa-Sig-Value).
struct SignResponse {
  ByteView signature;
};

struct DecryptRequest {
  KeyId key_id{};
  DecryptionScheme scheme = DecryptionScheme::rsa_oaep;
  Hash hash = Hash::sha256;      // of the OAEP label; none for PKCS#1
  Hash mgf_hash = Hash::sha256;  // of MGF1 in OAEP; none for PKCS#1
  ByteView label;                // OAEP: at most max_label_size bytes; empty for PKCS#1
  ByteView ciphertext;           // blocks as long as the modulus, in a row; the receiver checks that they are whole
};

// Answer to decrypt: the plaintexts of the blocks in a row. An empty message has an empty one.
struct DecryptResponse {
  ByteView plaintext;
};

// trust_anchors: those of the certificate group that the name stands for, in parts: as many from the number `first` on
// as fit. A client asks again until it has `total`, and starts over where the generation differs: the list was changed.
struct TrustAnchorsRequest {
  std::string_view key_name;
  std::uint16_t first = 0;
};

struct TrustAnchorsResponse {
  std::uint32_t generation = 0;
  std::uint16_t total = 0;
  CertificateList certificates;
};

// Body of every answer whose status is not ok.
struct ErrorResponse {
  std::uint32_t retry_after_ms = 0;
  std::string_view text;
};

// Encoders write a whole record into `out` and return its size, 0 where it does not fit or a bound above is broken.
[[nodiscard]] std::size_t encode_hello_request(std::uint32_t request_id, MutableByteView out) noexcept;
[[nodiscard]] std::size_t encode(std::uint32_t request_id, const DescribeRequest& request,
                                 MutableByteView out) noexcept;
[[nodiscard]] std::size_t encode(std::uint32_t request_id, const SignRequest& request, MutableByteView out) noexcept;
[[nodiscard]] std::size_t encode(std::uint32_t request_id, const DecryptRequest& request, MutableByteView out) noexcept;
[[nodiscard]] std::size_t encode(std::uint32_t request_id, const TrustAnchorsRequest& request,
                                 MutableByteView out) noexcept;
[[nodiscard]] std::size_t encode(std::uint32_t request_id, const HelloResponse& response, MutableByteView out) noexcept;
[[nodiscard]] std::size_t encode(std::uint32_t request_id, const DescribeResponse& response,
                                 MutableByteView out) noexcept;
[[nodiscard]] std::size_t encode(std::uint32_t request_id, const SignResponse& response, MutableByteView out) noexcept;
[[nodiscard]] std::size_t encode(std::uint32_t request_id, const DecryptResponse& response,
                                 MutableByteView out) noexcept;
[[nodiscard]] std::size_t encode(std::uint32_t request_id, const TrustAnchorsResponse& response,
                                 MutableByteView out) noexcept;
[[nodiscard]] std::size_t encode(std::uint32_t request_id, Status status, const ErrorResponse& error,
                                 MutableByteView out) noexcept;

// Decoders return false on anything that is not exactly one well-formed record: short, trailing bytes, unknown
// enumerators, lengths over the bounds above. The header is decoded first; the body decoders take the whole record too.
// A header decoder leaves the version to the caller and fills in the version and id even where it returns false, as far
// as the record has them, so that a refusal can name the request. Key names are 1 to 255 visible ASCII characters. An
// error text is any bytes.
[[nodiscard]] bool decode(ByteView record, RequestHeader& header) noexcept;
[[nodiscard]] bool decode(ByteView record, ResponseHeader& header) noexcept;
[[nodiscard]] bool decode_hello_request(ByteView record) noexcept;
[[nodiscard]] bool decode(ByteView record, DescribeRequest& request) noexcept;
[[nodiscard]] bool decode(ByteView record, SignRequest& request) noexcept;
[[nodiscard]] bool decode(ByteView record, DecryptRequest& request) noexcept;
[[nodiscard]] bool decode(ByteView record, TrustAnchorsRequest& request) noexcept;
[[nodiscard]] bool decode(ByteView record, HelloResponse& response) noexcept;
[[nodiscard]] bool decode(ByteView record, DescribeResponse& response) noexcept;
[[nodiscard]] bool decode(ByteView record, SignResponse& response) noexcept;
[[nodiscard]] bool decode(ByteView record, DecryptResponse& response) noexcept;
[[nodiscard]] bool decode(ByteView record, TrustAnchorsResponse& response) noexcept;
[[nodiscard]] bool decode(ByteView record, ErrorResponse& error) noexcept;

}  // namespace edgeseal::wire
