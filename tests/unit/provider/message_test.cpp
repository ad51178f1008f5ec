#include "provider/wire/message.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/provider/records.h"

namespace edgeseal::wire {
namespace {

const Bytes digest = Bytes(32, std::byte{0xd1});
const Bytes label = bytes_of("label");
const Bytes ciphertext = Bytes(64, std::byte{0xc7});
const Bytes public_key = bytes_of("a public key");
const Bytes leaf = bytes_of("the certificate");
const Bytes issuer = bytes_of("the certificate of its issuer");

SignRequest sign_request() {
  return {.key_id = some_id(),
          .scheme = SignatureScheme::rsa_pss,
          .hash = Hash::sha256,
          .salt_length = 32,
          .digest = digest};
}

SignRequest message_to_sign(ByteView message) {
  return {.key_id = some_id(), .scheme = SignatureScheme::ed25519, .hash = Hash::none, .digest = message};
}

SignRequest padded_block(ByteView block) {
  return {.key_id = some_id(), .scheme = SignatureScheme::rsa_raw, .hash = Hash::none, .digest = block};
}

TrustAnchorsResponse trust_anchors_response() {
  TrustAnchorsResponse response{.generation = 0x01020304, .total = 40, .certificates = {}};
  response.certificates.certificates[0] = issuer;
  response.certificates.count = 1;
  return response;
}

DecryptRequest oaep_request() {
  return {.key_id = some_id(),
          .scheme = DecryptionScheme::rsa_oaep,
          .hash = Hash::sha256,
          .mgf_hash = Hash::sha1,
          .label = label,
          .ciphertext = ciphertext};
}

DecryptRequest pkcs1_request() {
  return {.key_id = some_id(),
          .scheme = DecryptionScheme::rsa_pkcs1,
          .hash = Hash::none,
          .mgf_hash = Hash::none,
          .label = {},
          .ciphertext = ciphertext};
}

DescribeResponse describe_response() {
  DescribeResponse response{.key_id = some_id(),
                            .type = KeyType::ec_p256,
                            .key_name = "web/https/https",
                            .public_key = public_key,
                            .chain = {}};
  response.chain.certificates[0] = leaf;
  response.chain.certificates[1] = issuer;
  response.chain.count = 2;
  return response;
}

std::vector<Bytes> all_records() {
  Bytes hello(max_message_size);
  hello.resize(encode_hello_request(7, hello));
  return {hello,
          encoded(7U, DescribeRequest{.key_name = "web"}),
          encoded(7U, DescribeRequest{.key_name = {}, .key_id = some_id()}),
          encoded(7U, sign_request()),
          encoded(7U, message_to_sign(leaf)),
          encoded(7U, padded_block(leaf)),
          encoded(7U, oaep_request()),
          encoded(7U, pkcs1_request()),
          encoded(7U, TrustAnchorsRequest{.key_name = "web", .first = 16}),
          encoded(7U, HelloResponse{.version = 1, .deadline_ms = 5000}),
          encoded(7U, describe_response()),
          encoded(7U, SignResponse{.signature = digest}),
          encoded(7U, DecryptResponse{.plaintext = leaf}),
          encoded(7U, trust_anchors_response()),
          encoded(7U, Status::busy, ErrorResponse{.retry_after_ms = 20, .text = "queue full"})};
}

// Every view that a decoder returned lies in the record: AddressSanitizer sees it where not.
std::size_t touch(ByteView view) {
  std::size_t sum = 0;
  for (const std::byte byte : view) sum += std::to_integer<std::size_t>(byte);
  return sum;
}

std::size_t touch(std::string_view view) {
  return touch(std::as_bytes(std::span(view)));
}

std::size_t touch(const CertificateList& list) {
  BOOST_REQUIRE(list.count <= max_chain_length);
  std::size_t sum = 0;
  for (std::size_t i = 0; i < list.count; ++i) sum += touch(list.certificates[i]);
  return sum;
}

std::size_t decode_as_everything(const Bytes& record) {
  std::size_t sum = 0;
  RequestHeader request_header;
  ResponseHeader response_header;
  DescribeRequest describe;
  SignRequest sign;
  DecryptRequest decrypt;
  TrustAnchorsRequest wanted;
  HelloResponse hello;
  DescribeResponse described;
  TrustAnchorsResponse anchors;
  SignResponse signed_digest;
  DecryptResponse decrypted;
  ErrorResponse error;
  sum += decode(record, request_header) ? 1 : 0;
  sum += decode(record, response_header) ? 1 : 0;
  sum += decode_hello_request(record) ? 1 : 0;
  if (decode(record, describe)) sum += touch(describe.key_name);
  if (decode(record, sign)) sum += touch(sign.digest);
  if (decode(record, decrypt)) sum += touch(decrypt.label) + touch(decrypt.ciphertext);
  if (decode(record, hello)) sum += hello.deadline_ms;
  if (decode(record, described))
    sum += touch(described.key_name) + touch(described.public_key) + touch(described.chain);
  if (decode(record, wanted)) sum += touch(wanted.key_name);
  if (decode(record, anchors)) sum += touch(anchors.certificates);
  if (decode(record, signed_digest)) sum += touch(signed_digest.signature);
  if (decode(record, decrypted)) sum += touch(decrypted.plaintext);
  if (decode(record, error)) sum += touch(error.text);
  return sum;
}

bool equal(ByteView left, ByteView right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(message)

BOOST_AUTO_TEST_CASE(headers_come_back) {
  RequestHeader request;
  BOOST_TEST(decode(encoded(0x01020304U, sign_request()), request));
  BOOST_TEST(request.version == protocol_version);
  BOOST_TEST((request.operation == Operation::sign));
  BOOST_TEST(request.request_id == 0x01020304U);

  ResponseHeader response;
  BOOST_TEST(decode(encoded(9U, Status::key_retired, ErrorResponse{}), response));
  BOOST_TEST((response.status == Status::key_retired));
  BOOST_TEST(response.request_id == 9U);
}

BOOST_AUTO_TEST_CASE(integers_are_little_endian) {
  Bytes record(header_size);
  BOOST_TEST(encode_hello_request(0x0a0b0c0d, record) == header_size);
  const Bytes expected{std::byte{1},    std::byte{0},    std::byte{1},    std::byte{0},
                       std::byte{0x0d}, std::byte{0x0c}, std::byte{0x0b}, std::byte{0x0a}};
  BOOST_TEST((record == expected));
}

BOOST_AUTO_TEST_CASE(a_describe_request_comes_back) {
  DescribeRequest by_name;
  const Bytes named = encoded(1U, DescribeRequest{.key_name = "web/https/https", .key_id = some_id()});
  BOOST_TEST(decode(named, by_name));
  BOOST_TEST(by_name.key_name == "web/https/https");
  BOOST_TEST((by_name.key_id == KeyId{}));

  DescribeRequest by_id;
  const Bytes identified = encoded(1U, DescribeRequest{.key_name = {}, .key_id = some_id()});
  BOOST_TEST(decode(identified, by_id));
  BOOST_TEST(by_id.key_name.empty());
  BOOST_TEST((by_id.key_id == some_id()));
}

BOOST_AUTO_TEST_CASE(a_sign_request_comes_back) {
  SignRequest request;
  const Bytes record = encoded(1U, sign_request());
  BOOST_TEST(decode(record, request));
  BOOST_TEST((request.key_id == some_id()));
  BOOST_TEST((request.scheme == SignatureScheme::rsa_pss));
  BOOST_TEST((request.hash == Hash::sha256));
  BOOST_TEST(request.salt_length == 32);
  BOOST_TEST(equal(request.digest, digest));
}

BOOST_AUTO_TEST_CASE(an_ed25519_request_carries_the_message_itself) {
  const Bytes longest(max_message_to_sign, std::byte{0x6d});
  for (const Bytes& message : {Bytes(), leaf, longest}) {
    SignRequest request;
    const Bytes record = encoded(1U, message_to_sign(message));
    BOOST_REQUIRE(decode(record, request));
    BOOST_TEST((request.scheme == SignatureScheme::ed25519));
    BOOST_TEST((request.hash == Hash::none));
    BOOST_TEST(equal(request.digest, message));
  }
}

BOOST_AUTO_TEST_CASE(a_decrypt_request_comes_back) {
  DecryptRequest oaep;
  const Bytes record = encoded(1U, oaep_request());
  BOOST_REQUIRE(decode(record, oaep));
  BOOST_TEST((oaep.key_id == some_id()));
  BOOST_TEST((oaep.scheme == DecryptionScheme::rsa_oaep));
  BOOST_TEST((oaep.hash == Hash::sha256));
  BOOST_TEST((oaep.mgf_hash == Hash::sha1));
  BOOST_TEST(equal(oaep.label, label));
  BOOST_TEST(equal(oaep.ciphertext, ciphertext));

  DecryptRequest pkcs1;
  const Bytes plain = encoded(1U, pkcs1_request());
  BOOST_REQUIRE(decode(plain, pkcs1));
  BOOST_TEST((pkcs1.scheme == DecryptionScheme::rsa_pkcs1));
  BOOST_TEST((pkcs1.hash == Hash::none));
  BOOST_TEST((pkcs1.mgf_hash == Hash::none));
  BOOST_TEST(pkcs1.label.empty());
  BOOST_TEST(equal(pkcs1.ciphertext, ciphertext));
}

BOOST_AUTO_TEST_CASE(a_plaintext_comes_back_an_empty_one_too) {
  const Bytes longest(max_ciphertext_size, std::byte{0x70});
  for (const Bytes& plaintext : {Bytes(), leaf, longest}) {
    DecryptResponse response;
    const Bytes record = encoded(1U, DecryptResponse{.plaintext = plaintext});
    BOOST_REQUIRE(decode(record, response));
    BOOST_TEST(equal(response.plaintext, plaintext));
  }
}

BOOST_AUTO_TEST_CASE(a_padded_block_comes_back) {
  SignRequest request;
  const Bytes record = encoded(1U, padded_block(Bytes(max_modulus_size, std::byte{1})));
  BOOST_REQUIRE(decode(record, request));
  BOOST_TEST((request.scheme == SignatureScheme::rsa_raw));
  BOOST_TEST(request.digest.size() == max_modulus_size);
}

BOOST_AUTO_TEST_CASE(trust_anchors_come_back_in_parts) {
  TrustAnchorsRequest request;
  BOOST_REQUIRE(decode(encoded(1U, TrustAnchorsRequest{.key_name = "web//https", .first = 16}), request));
  BOOST_TEST(request.first == 16);

  TrustAnchorsResponse response;
  const Bytes record = encoded(1U, trust_anchors_response());
  BOOST_REQUIRE(decode(record, response));
  BOOST_TEST(response.generation == 0x01020304U);
  BOOST_TEST(response.total == 40);
  BOOST_TEST(response.certificates.count == 1U);
  BOOST_TEST(equal(response.certificates.certificates[0], issuer));
}

BOOST_AUTO_TEST_CASE(answers_come_back) {
  HelloResponse hello;
  BOOST_TEST(decode(encoded(1U, HelloResponse{.version = 3, .deadline_ms = 5000}), hello));
  BOOST_TEST(hello.version == 3);
  BOOST_TEST(hello.deadline_ms == 5000U);

  DescribeResponse described;
  const Bytes description = encoded(1U, describe_response());
  BOOST_TEST(decode(description, described));
  BOOST_TEST((described.key_id == some_id()));
  BOOST_TEST((described.type == KeyType::ec_p256));
  BOOST_TEST(described.key_name == "web/https/https");
  BOOST_TEST(equal(described.public_key, public_key));
  BOOST_TEST(described.chain.count == 2U);
  BOOST_TEST(equal(described.chain.certificates[1], issuer));

  SignResponse signature;
  const Bytes signed_record = encoded(1U, SignResponse{.signature = digest});
  BOOST_TEST(decode(signed_record, signature));
  BOOST_TEST(equal(signature.signature, digest));

  ErrorResponse error;
  const Bytes failed = encoded(1U, Status::busy, ErrorResponse{.retry_after_ms = 20, .text = "queue full"});
  BOOST_TEST(decode(failed, error));
  BOOST_TEST(error.retry_after_ms == 20U);
  BOOST_TEST(error.text == "queue full");
}

BOOST_AUTO_TEST_CASE(no_neighbour_of_a_record_reads_out_of_bounds) {
  std::size_t sum = 0;
  for (const Bytes& record : all_records()) {
    for_each_neighbour(record, [&](const Bytes& neighbour) { sum += decode_as_everything(neighbour); });
  }
  BOOST_TEST(sum > 0U);
}

BOOST_AUTO_TEST_CASE(a_short_or_longer_record_is_refused) {
  const Bytes record = encoded(1U, describe_response());
  DescribeResponse response;
  for (std::size_t size = 0; size < record.size(); ++size) {
    BOOST_TEST(!decode(exactly(ByteView(record).first(size)), response));
  }
  Bytes longer = record;
  longer.push_back(std::byte{0});
  BOOST_TEST(!decode(longer, response));
  BOOST_TEST(!decode_hello_request(longer));
}

BOOST_AUTO_TEST_CASE(unknown_enumerators_are_refused) {
  const auto with = [](Bytes record, std::size_t at, unsigned value) {
    record[at] = static_cast<std::byte>(value);
    return record;
  };
  constexpr std::size_t scheme_at = header_size + 32;
  SignRequest request;
  for (const unsigned value : {0U, 4U, 5U, 6U, 255U})
    BOOST_TEST(!decode(with(encoded(1U, sign_request()), scheme_at, value), request));
  for (const unsigned value : {0U, 5U})
    BOOST_TEST(!decode(with(encoded(1U, sign_request()), scheme_at + 2, value), request));
  DecryptRequest decrypt;
  for (const unsigned value : {0U, 3U, 255U})
    BOOST_TEST(!decode(with(encoded(1U, oaep_request()), scheme_at, value), decrypt));
  for (const std::size_t hash_at : {scheme_at + 2, scheme_at + 4}) {
    for (const unsigned value : {0U, 5U})
      BOOST_TEST(!decode(with(encoded(1U, oaep_request()), hash_at, value), decrypt));
    for (const unsigned value : {1U, 5U})
      BOOST_TEST(!decode(with(encoded(1U, pkcs1_request()), hash_at, value), decrypt));
  }
  ResponseHeader header;
  BOOST_TEST(decode(with(encoded(1U, Status::busy, ErrorResponse{}), 2, 9), header));
  BOOST_TEST(!decode(with(encoded(1U, Status::busy, ErrorResponse{}), 2, 10), header));
  DescribeResponse description;
  for (const unsigned value : {0U, 7U}) {
    BOOST_TEST(!decode(with(encoded(1U, describe_response()), header_size + 32, value), description));
  }
}

BOOST_AUTO_TEST_CASE(a_header_with_an_unknown_operation_still_names_the_request) {
  Bytes record = encoded(77U, sign_request());
  record[2] = std::byte{99};
  RequestHeader header;
  BOOST_TEST(!decode(record, header));
  BOOST_TEST(header.request_id == 77U);
}

BOOST_AUTO_TEST_CASE(broken_bounds_are_not_encoded) {
  Bytes out(max_message_size);
  SignRequest wrong_size = sign_request();
  wrong_size.hash = Hash::sha384;
  SignRequest salted_ecdsa = sign_request();
  salted_ecdsa.scheme = SignatureScheme::ecdsa;
  DescribeResponse too_many = describe_response();
  too_many.chain.count = max_chain_length + 1;
  DescribeResponse empty_certificate = describe_response();
  empty_certificate.chain.count = 3;
  const std::string long_name(max_key_name_size + 1, 'a');
  const std::string long_text(max_error_text_size + 1, 'a');
  const Bytes long_signature(max_message_size);
  BOOST_TEST(encode(1, wrong_size, out) == 0U);
  BOOST_TEST(encode(1, salted_ecdsa, out) == 0U);
  BOOST_TEST(encode(1, too_many, out) == 0U);
  BOOST_TEST(encode(1, empty_certificate, out) == 0U);
  BOOST_TEST(encode(1, DescribeRequest{.key_name = long_name}, out) == 0U);
  BOOST_TEST(encode(1, DescribeRequest{.key_name = "white space"}, out) == 0U);
  BOOST_TEST(encode(1, DescribeRequest{.key_name = "esc\x1b"}, out) == 0U);
  BOOST_TEST(encode(1, SignResponse{.signature = {}}, out) == 0U);
  BOOST_TEST(encode(1, SignResponse{.signature = long_signature}, out) == 0U);
  BOOST_TEST(encode(1, Status::ok, ErrorResponse{}, out) == 0U);
  BOOST_TEST(encode(1, Status::busy, ErrorResponse{.text = long_text}, out) == 0U);
}

BOOST_AUTO_TEST_CASE(a_signature_request_of_two_minds_is_not_encoded) {
  Bytes out(max_message_size);
  const Bytes too_long(max_message_to_sign + 1);
  SignRequest hashed = message_to_sign(digest);
  hashed.hash = Hash::sha256;
  SignRequest salted = message_to_sign(leaf);
  salted.salt_length = 32;
  SignRequest unhashed = sign_request();
  unhashed.hash = Hash::none;
  SignRequest unhashed_and_empty = unhashed;
  unhashed_and_empty.digest = {};
  SignRequest hashed_block = padded_block(digest);
  hashed_block.hash = Hash::sha256;
  BOOST_TEST(encode(1, message_to_sign(too_long), out) == 0U);
  BOOST_TEST(encode(1, hashed, out) == 0U);
  BOOST_TEST(encode(1, salted, out) == 0U);
  BOOST_TEST(encode(1, unhashed, out) == 0U);
  BOOST_TEST(encode(1, unhashed_and_empty, out) == 0U);
  BOOST_TEST(encode(1, hashed_block, out) == 0U);
  BOOST_TEST(encode(1, padded_block({}), out) == 0U);
  BOOST_TEST(encode(1, padded_block(Bytes(max_modulus_size + 1)), out) == 0U);
}

BOOST_AUTO_TEST_CASE(a_decrypt_request_over_its_bounds_is_not_encoded) {
  Bytes out(max_message_size);
  const auto refused = [&](DecryptRequest request, const auto& spoil) {
    spoil(request);
    return encode(1, request, out) == 0U;
  };
  const Bytes long_label(max_label_size + 1);
  const Bytes long_ciphertext(max_ciphertext_size + 1);
  BOOST_TEST(refused(oaep_request(), [&](DecryptRequest& r) { r.label = long_label; }));
  BOOST_TEST(refused(oaep_request(), [&](DecryptRequest& r) { r.ciphertext = long_ciphertext; }));
  BOOST_TEST(refused(oaep_request(), [](DecryptRequest& r) { r.ciphertext = {}; }));
  BOOST_TEST(refused(oaep_request(), [](DecryptRequest& r) { r.hash = Hash::none; }));
  BOOST_TEST(refused(oaep_request(), [](DecryptRequest& r) { r.mgf_hash = Hash::none; }));
  BOOST_TEST(refused(pkcs1_request(), [](DecryptRequest& r) { r.hash = Hash::sha1; }));
  BOOST_TEST(refused(pkcs1_request(), [](DecryptRequest& r) { r.mgf_hash = Hash::sha1; }));
  BOOST_TEST(refused(pkcs1_request(), [](DecryptRequest& r) { r.label = label; }));
  BOOST_TEST(encode(1, DecryptResponse{.plaintext = long_ciphertext}, out) == 0U);
}

// As a hostile peer writes it, past the encoder.
BOOST_AUTO_TEST_CASE(a_length_over_its_bound_is_not_decoded) {
  const auto grown = [](Bytes record, std::size_t length_at, std::size_t length) {
    record[length_at] = static_cast<std::byte>(length);
    record[length_at + 1] = static_cast<std::byte>(length >> 8);
    record.resize(length_at + 2 + length);
    return record;
  };
  constexpr std::size_t digest_at = header_size + 32 + 3 * 2;
  SignRequest sign;
  BOOST_TEST(decode(grown(encoded(1U, message_to_sign(leaf)), digest_at, max_message_to_sign), sign));
  BOOST_TEST(!decode(grown(encoded(1U, message_to_sign(leaf)), digest_at, max_message_to_sign + 1), sign));

  constexpr std::size_t ciphertext_at = header_size + 32 + 3 * 2 + 2;
  DecryptRequest decrypt;
  BOOST_TEST(decode(grown(encoded(1U, pkcs1_request()), ciphertext_at, max_ciphertext_size), decrypt));
  BOOST_TEST(!decode(grown(encoded(1U, pkcs1_request()), ciphertext_at, max_ciphertext_size + 1), decrypt));
  BOOST_TEST(!decode(grown(encoded(1U, pkcs1_request()), ciphertext_at, 0), decrypt));

  DecryptResponse decrypted;
  const Bytes answer = encoded(1U, DecryptResponse{.plaintext = leaf});
  BOOST_TEST(decode(grown(answer, header_size, max_ciphertext_size), decrypted));
  BOOST_TEST(!decode(grown(answer, header_size, max_ciphertext_size + 1), decrypted));

  Bytes long_label = encoded(1U, oaep_request());
  const std::size_t label_at = ciphertext_at - 2;
  long_label[label_at + 1] = std::byte{1};  // 256 bytes and more
  long_label.insert(long_label.begin() + static_cast<std::ptrdiff_t>(label_at + 2), 256, std::byte{0});
  BOOST_TEST(!decode(long_label, decrypt));
}

BOOST_AUTO_TEST_CASE(the_largest_values_fit) {
  const std::string name(max_key_name_size, 'a');
  const std::string text(max_error_text_size, 'a');
  DescribeRequest request;
  ErrorResponse error;
  BOOST_TEST(decode(encoded(1U, DescribeRequest{.key_name = name}), request));
  BOOST_TEST(decode(encoded(1U, Status::internal, ErrorResponse{.text = text}), error));

  const Bytes longest_label(max_label_size);
  const Bytes longest_ciphertext(max_ciphertext_size);
  DecryptRequest longest = oaep_request();
  longest.label = longest_label;
  longest.ciphertext = longest_ciphertext;
  DecryptRequest decrypt;
  BOOST_TEST(decode(encoded(1U, longest), decrypt));

  DescribeResponse full = describe_response();
  const Bytes certificate(4000, std::byte{0x30});
  full.chain.certificates.fill(certificate);
  full.chain.count = max_chain_length;
  DescribeResponse described;
  const Bytes record = encoded(1U, full);
  BOOST_TEST(decode(record, described));
  BOOST_TEST(described.chain.count == max_chain_length);
}

BOOST_AUTO_TEST_CASE(a_record_is_written_only_where_it_fits) {
  const Bytes record = encoded(1U, describe_response());
  for (std::size_t size = 0; size < record.size(); ++size) {
    Bytes out(size);
    BOOST_TEST(encode(1, describe_response(), out) == 0U);
  }
  Bytes out(record.size());
  BOOST_TEST(encode(1, describe_response(), out) == record.size());
}

BOOST_AUTO_TEST_CASE(nothing_over_the_largest_message_is_written_or_read) {
  DescribeResponse large = describe_response();
  const Bytes certificate(5000, std::byte{0x30});
  large.chain.certificates.fill(certificate);
  large.chain.count = max_chain_length;
  Bytes out(2 * max_message_size);
  BOOST_TEST(encode(1, large, out) == 0U);
  RequestHeader header;
  BOOST_TEST(!decode(Bytes(max_message_size + 1, std::byte{1}), header));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::wire
