#include "provider/wire/message.h"

#include <limits>

#include "provider/wire/cursor.h"

namespace edgeseal::wire {
namespace {

constexpr std::size_t max_short_field = std::numeric_limits<std::uint16_t>::max();

template <typename Enum>
bool is_one_of(Enum value, Enum first, Enum last) noexcept {
  return value >= first && value <= last;
}

bool is_known(Operation value) noexcept {
  return is_one_of(value, Operation::hello, Operation::trust_anchors);
}
bool is_known(Status value) noexcept {
  return value <= Status::decryption_failed;
}
bool is_known(KeyType value) noexcept {
  return is_one_of(value, KeyType::rsa, KeyType::rsa_pss);
}
bool is_known(SignatureScheme value) noexcept {
  return is_one_of(value, SignatureScheme::rsa_pkcs1, SignatureScheme::rsa_raw);
}
bool is_known(DecryptionScheme value) noexcept {
  return is_one_of(value, DecryptionScheme::rsa_oaep, DecryptionScheme::rsa_pkcs1);
}
bool is_known(Hash value) noexcept {
  return value <= Hash::sha512;
}

bool is_zero(const KeyId& id) noexcept {
  return std::all_of(id.begin(), id.end(), [](std::byte b) { return b == std::byte{0}; });
}

bool is_consistent(const SignRequest& request) noexcept {
  if (request.salt_length != 0 && request.scheme != SignatureScheme::rsa_pss) return false;
  if (request.scheme == SignatureScheme::ed25519)
    return request.hash == Hash::none && request.digest.size() <= max_message_to_sign;
  if (request.scheme == SignatureScheme::rsa_raw)
    return request.hash == Hash::none && !request.digest.empty() && request.digest.size() <= max_modulus_size;
  return request.hash != Hash::none && request.digest.size() == digest_size(request.hash);
}

bool is_consistent(const DecryptRequest& request) noexcept {
  const bool hashes = request.hash != Hash::none && request.mgf_hash != Hash::none;
  const bool no_hash = request.hash == Hash::none && request.mgf_hash == Hash::none;
  const bool fits_scheme = request.scheme == DecryptionScheme::rsa_oaep ? hashes : no_hash && request.label.empty();
  return fits_scheme && request.label.size() <= max_label_size && !request.ciphertext.empty() &&
         request.ciphertext.size() <= max_ciphertext_size;
}

template <typename Enum>
void put(Writer& writer, Enum value) noexcept {
  writer.require(is_known(value));
  writer.integer(static_cast<std::uint16_t>(value));
}

void put_short_field(Writer& writer, ByteView value) noexcept {
  writer.require(value.size() <= max_short_field);
  writer.integer(static_cast<std::uint16_t>(value.size()));
  writer.bytes(value);
}

template <typename Enum>
Enum take(Reader& reader) noexcept {
  const auto value = static_cast<Enum>(reader.integer<std::uint16_t>());
  reader.require(is_known(value));
  return value;
}

ByteView take_short_field(Reader& reader) noexcept {
  return reader.bytes(reader.integer<std::uint16_t>());
}

void take_key_id(Reader& reader, KeyId& id) noexcept {
  const ByteView field = reader.bytes(id.size());
  std::copy(field.begin(), field.end(), id.begin());
}

template <class Code>
Writer begin_record(Code code, std::uint32_t request_id, MutableByteView out) noexcept {
  Writer writer(out.first(std::min(out.size(), max_message_size)));
  writer.integer(protocol_version);
  put(writer, code);
  writer.integer(request_id);
  return writer;
}

template <class Code>
bool take_header(ByteView record, std::uint16_t& version, Code& code, std::uint32_t& request_id) noexcept {
  Reader reader(record);
  version = reader.integer<std::uint16_t>();
  code = static_cast<Code>(reader.integer<std::uint16_t>());
  request_id = reader.integer<std::uint32_t>();
  return reader.good() && record.size() <= max_message_size && is_known(code);
}

Reader body(ByteView record) noexcept {
  Reader reader(record);
  reader.require(record.size() <= max_message_size);
  static_cast<void>(reader.bytes(header_size));
  return reader;
}

void put_certificates(Writer& writer, const CertificateList& list) noexcept {
  writer.require(list.count <= max_chain_length);
  if (list.count > max_chain_length) return;
  writer.integer(static_cast<std::uint16_t>(list.count));
  for (const ByteView certificate : std::span(list.certificates).first(list.count)) {
    writer.require(!certificate.empty() && certificate.size() <= max_message_size);
    writer.integer(static_cast<std::uint32_t>(certificate.size()));
    writer.bytes(certificate);
  }
}

void take_certificates(Reader& reader, CertificateList& list) noexcept {
  list = {};
  const std::size_t count = reader.integer<std::uint16_t>();
  reader.require(count <= max_chain_length);
  while (reader.good() && list.count < count) {
    const ByteView certificate = reader.bytes(reader.integer<std::uint32_t>());
    reader.require(!certificate.empty());
    list.certificates[list.count++] = certificate;
  }
}

}  // namespace

std::size_t encode_hello_request(std::uint32_t request_id, MutableByteView out) noexcept {
  return begin_record(Operation::hello, request_id, out).size();
}

std::size_t encode(std::uint32_t request_id, const DescribeRequest& describe, MutableByteView out) noexcept {
  const bool by_name = !describe.key_name.empty();
  Writer writer = begin_record(Operation::describe, request_id, out);
  writer.require(!by_name || is_key_name(describe.key_name));
  writer.bytes(by_name ? KeyId{} : describe.key_id);
  put_short_field(writer, as_bytes(describe.key_name));
  return writer.size();
}

std::size_t encode(std::uint32_t request_id, const SignRequest& sign, MutableByteView out) noexcept {
  Writer writer = begin_record(Operation::sign, request_id, out);
  writer.require(is_consistent(sign));
  writer.bytes(sign.key_id);
  put(writer, sign.scheme);
  put(writer, sign.hash);
  writer.integer(sign.salt_length);
  put_short_field(writer, sign.digest);
  return writer.size();
}

std::size_t encode(std::uint32_t request_id, const DecryptRequest& decrypt, MutableByteView out) noexcept {
  Writer writer = begin_record(Operation::decrypt, request_id, out);
  writer.require(is_consistent(decrypt));
  writer.bytes(decrypt.key_id);
  put(writer, decrypt.scheme);
  put(writer, decrypt.hash);
  put(writer, decrypt.mgf_hash);
  put_short_field(writer, decrypt.label);
  put_short_field(writer, decrypt.ciphertext);
  return writer.size();
}

std::size_t encode(std::uint32_t request_id, const TrustAnchorsRequest& anchors, MutableByteView out) noexcept {
  Writer writer = begin_record(Operation::trust_anchors, request_id, out);
  writer.require(is_key_name(anchors.key_name));
  put_short_field(writer, as_bytes(anchors.key_name));
  writer.integer(anchors.first);
  return writer.size();
}

std::size_t encode(std::uint32_t request_id, const HelloResponse& hello, MutableByteView out) noexcept {
  Writer writer = begin_record(Status::ok, request_id, out);
  writer.integer(hello.version);
  writer.integer(hello.deadline_ms);
  return writer.size();
}

std::size_t encode(std::uint32_t request_id, const DescribeResponse& describe, MutableByteView out) noexcept {
  Writer writer = begin_record(Status::ok, request_id, out);
  writer.require(is_key_name(describe.key_name) && !describe.public_key.empty());
  writer.bytes(describe.key_id);
  put(writer, describe.type);
  put_short_field(writer, as_bytes(describe.key_name));
  put_short_field(writer, describe.public_key);
  put_certificates(writer, describe.chain);
  return writer.size();
}

std::size_t encode(std::uint32_t request_id, const SignResponse& sign, MutableByteView out) noexcept {
  Writer writer = begin_record(Status::ok, request_id, out);
  writer.require(!sign.signature.empty());
  put_short_field(writer, sign.signature);
  return writer.size();
}

std::size_t encode(std::uint32_t request_id, const DecryptResponse& decrypted, MutableByteView out) noexcept {
  Writer writer = begin_record(Status::ok, request_id, out);
  writer.require(decrypted.plaintext.size() <= max_ciphertext_size);
  put_short_field(writer, decrypted.plaintext);
  return writer.size();
}

std::size_t encode(std::uint32_t request_id, const TrustAnchorsResponse& anchors, MutableByteView out) noexcept {
  Writer writer = begin_record(Status::ok, request_id, out);
  writer.integer(anchors.generation);
  writer.integer(anchors.total);
  put_certificates(writer, anchors.certificates);
  return writer.size();
}

std::size_t encode(std::uint32_t request_id, Status status, const ErrorResponse& error, MutableByteView out) noexcept {
  Writer writer = begin_record(status, request_id, out);
  writer.require(status != Status::ok && error.text.size() <= max_error_text_size);
  writer.integer(error.retry_after_ms);
  put_short_field(writer, as_bytes(error.text));
  return writer.size();
}

bool decode(ByteView record, RequestHeader& header) noexcept {
  return take_header(record, header.version, header.operation, header.request_id);
}

bool decode(ByteView record, ResponseHeader& header) noexcept {
  return take_header(record, header.version, header.status, header.request_id);
}

bool decode_hello_request(ByteView record) noexcept {
  return body(record).finished();
}

bool decode(ByteView record, DescribeRequest& describe) noexcept {
  Reader reader = body(record);
  take_key_id(reader, describe.key_id);
  describe.key_name = as_text(take_short_field(reader));
  const bool by_name = !describe.key_name.empty();
  reader.require(by_name ? is_key_name(describe.key_name) && is_zero(describe.key_id) : !is_zero(describe.key_id));
  return reader.finished();
}

bool decode(ByteView record, SignRequest& sign) noexcept {
  Reader reader = body(record);
  take_key_id(reader, sign.key_id);
  sign.scheme = take<SignatureScheme>(reader);
  sign.hash = take<Hash>(reader);
  sign.salt_length = reader.integer<std::uint16_t>();
  sign.digest = take_short_field(reader);
  reader.require(is_consistent(sign));
  return reader.finished();
}

bool decode(ByteView record, DecryptRequest& decrypt) noexcept {
  Reader reader = body(record);
  take_key_id(reader, decrypt.key_id);
  decrypt.scheme = take<DecryptionScheme>(reader);
  decrypt.hash = take<Hash>(reader);
  decrypt.mgf_hash = take<Hash>(reader);
  decrypt.label = take_short_field(reader);
  decrypt.ciphertext = take_short_field(reader);
  reader.require(is_consistent(decrypt));
  return reader.finished();
}

bool decode(ByteView record, TrustAnchorsRequest& anchors) noexcept {
  Reader reader = body(record);
  anchors.key_name = as_text(take_short_field(reader));
  anchors.first = reader.integer<std::uint16_t>();
  reader.require(is_key_name(anchors.key_name));
  return reader.finished();
}

bool decode(ByteView record, HelloResponse& hello) noexcept {
  Reader reader = body(record);
  hello.version = reader.integer<std::uint16_t>();
  hello.deadline_ms = reader.integer<std::uint32_t>();
  return reader.finished();
}

bool decode(ByteView record, DescribeResponse& describe) noexcept {
  Reader reader = body(record);
  take_key_id(reader, describe.key_id);
  describe.type = take<KeyType>(reader);
  describe.key_name = as_text(take_short_field(reader));
  describe.public_key = take_short_field(reader);
  take_certificates(reader, describe.chain);
  reader.require(is_key_name(describe.key_name) && !describe.public_key.empty());
  return reader.finished();
}

bool decode(ByteView record, SignResponse& sign) noexcept {
  Reader reader = body(record);
  sign.signature = take_short_field(reader);
  reader.require(!sign.signature.empty());
  return reader.finished();
}

bool decode(ByteView record, DecryptResponse& decrypted) noexcept {
  Reader reader = body(record);
  decrypted.plaintext = take_short_field(reader);
  reader.require(decrypted.plaintext.size() <= max_ciphertext_size);
  return reader.finished();
}

bool decode(ByteView record, TrustAnchorsResponse& anchors) noexcept {
  Reader reader = body(record);
  anchors.generation = reader.integer<std::uint32_t>();
  anchors.total = reader.integer<std::uint16_t>();
  take_certificates(reader, anchors.certificates);
  return reader.finished();
}

bool decode(ByteView record, ErrorResponse& error) noexcept {
  Reader reader = body(record);
  error.retry_after_ms = reader.integer<std::uint32_t>();
  error.text = as_text(take_short_field(reader));
  reader.require(error.text.size() <= max_error_text_size);
  return reader.finished();
}

}  // namespace edgeseal::wire
