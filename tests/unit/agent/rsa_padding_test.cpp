#include <openssl/rsa.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>

#include "agent/keys/public_key.h"
#include "agent/keys/rsa_padding.h"
#include "agent/keys/signature_encoding.h"
#include "agent/keys/software_key.h"

using namespace edgeseal;
using tpm::Bytes;
using tpm::ByteView;
using tpm::HashAlgorithm;

namespace {

constexpr std::size_t size = 256;  // of the modulus

Bytes copy_of(const tpm::SecretBytes& bytes) {
  return {bytes.view().begin(), bytes.view().end()};
}

Bytes from_hex(std::string_view text) {
  Bytes bytes;
  for (std::size_t i = 0; i < text.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return bytes;
}

// --- OAEP

struct Oaep {
  HashAlgorithm hash = HashAlgorithm::sha256, mgf_hash = HashAlgorithm::sha1;
  Bytes label = Bytes(5, std::byte{7});
  std::size_t hash_size = agent::digest_size(hash);

  // lHash || zeros || 0x01 || message
  [[nodiscard]] Bytes db(std::size_t message_size) const {
    Bytes db = agent::digest_of(hash, label);
    db.resize(size - hash_size - 1);
    db[db.size() - message_size - 1] = std::byte{1};
    std::fill(db.end() - static_cast<std::ptrdiff_t>(message_size), db.end(), std::byte{0x6d});
    return db;
  }
  [[nodiscard]] Bytes block(Bytes db, std::byte first = std::byte{0}) const {
    Bytes seed(hash_size, std::byte{0x5e});
    agent::apply_mask(mgf_hash, seed, db);
    agent::apply_mask(mgf_hash, db, seed);
    Bytes block{first};
    block.insert(block.end(), seed.begin(), seed.end());
    block.insert(block.end(), db.begin(), db.end());
    return block;
  }
  [[nodiscard]] std::optional<tpm::SecretBytes> decode(ByteView block) const {
    return agent::decode_oaep(hash, mgf_hash, label, block);
  }
};

struct OaepFixture : Oaep {};

Bytes encrypt_oaep(EVP_PKEY& key, HashAlgorithm hash, HashAlgorithm mgf_hash, const Bytes& message) {
  const agent::KeyContextPtr context(EVP_PKEY_CTX_new(&key, nullptr));
  Bytes ciphertext(size);
  std::size_t written = ciphertext.size();
  BOOST_REQUIRE(EVP_PKEY_encrypt_init(context.get()) > 0 &&
                EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) > 0 &&
                EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), agent::message_digest(hash)) > 0 &&
                EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), agent::message_digest(mgf_hash)) > 0 &&
                EVP_PKEY_encrypt(context.get(), agent::out_octets(ciphertext), &written, agent::octets(message),
                                 message.size()) > 0);
  return ciphertext;
}

// --- PKCS#1 v1.5

// Vectors that another implementation of the scheme gave for a key with this secret.
const Bytes secret = from_hex("6e1b5507dee0c9ae75d052a0be7e65a0209d601aa2a31e334d281fc703afb4a9");
struct Vector {
  unsigned number;
  std::string_view message;
};
constexpr Vector vectors[] = {{3, "cbfeb8"},
                              {14, "c796e58391"},
                              {24, "1e908008699ea047bdeb799babfe"},
                              {25, "930daf78cf350c2bd30190fa974366f52d"},
                              {31, "50c16090045ecf"}};

Bytes ciphertext_of(unsigned number) {
  Bytes ciphertext(size);
  for (std::size_t i = 0; i < 252; ++i) ciphertext[i + 2] = static_cast<std::byte>(number + 7 * i);
  ciphertext.back() = static_cast<std::byte>(number);
  return ciphertext;
}

Bytes block_of(std::size_t message_size) {
  Bytes block(size, std::byte{0xaa});
  block[0] = std::byte{0};
  block[1] = std::byte{2};
  block[size - message_size - 1] = std::byte{0};
  std::fill(block.end() - static_cast<std::ptrdiff_t>(message_size), block.end(), std::byte{0x6d});
  return block;
}

Bytes decode(ByteView block, unsigned number = 0) {
  return copy_of(agent::decode_pkcs1(secret, ciphertext_of(number), block));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rsa_padding_oaep, OaepFixture)

BOOST_AUTO_TEST_CASE(decodes_what_libcrypto_encodes) {
  const auto key = agent::SoftwareKey::generate(tpm::KeyAlgorithm::rsa_2048);
  const auto public_key = agent::parse_public_key(key.public_key());
  for (const HashAlgorithm with : {HashAlgorithm::sha1, HashAlgorithm::sha256})
    for (const HashAlgorithm mgf : {HashAlgorithm::sha1, HashAlgorithm::sha256})
      for (const std::size_t length : {std::size_t{0}, std::size_t{1}, size - 2 * agent::digest_size(with) - 2}) {
        const Bytes message(length, std::byte{0x6d});
        const auto block = key.rsa_private(encrypt_oaep(*public_key, with, mgf, message));
        const auto decoded = agent::decode_oaep(with, mgf, {}, block.view());
        BOOST_REQUIRE(decoded.has_value());
        BOOST_TEST((copy_of(*decoded) == message));
      }
}

BOOST_AUTO_TEST_CASE(messages_of_every_length_that_fits_are_found) {
  for (std::size_t length = 0; length <= size - 2 * hash_size - 2; ++length) {
    const auto decoded = decode(block(db(length)));
    BOOST_REQUIRE(decoded.has_value());
    BOOST_TEST((copy_of(*decoded) == Bytes(length, std::byte{0x6d})));
  }
}

BOOST_AUTO_TEST_CASE(a_first_octet_that_is_not_zero_is_refused) {
  for (const unsigned first : {1u, 2u, 0x80u, 0xffu}) BOOST_TEST(!decode(block(db(10), std::byte(first))).has_value());
}

BOOST_AUTO_TEST_CASE(another_label_or_hash_is_refused) {
  for (std::size_t at = 0; at < hash_size; ++at) {
    Bytes changed = db(10);
    changed[at] ^= std::byte{0x40};
    BOOST_TEST(!decode(block(changed)).has_value());
  }
  BOOST_TEST(!agent::decode_oaep(hash, mgf_hash, {}, block(db(10))).has_value());
  BOOST_TEST(!agent::decode_oaep(HashAlgorithm::sha1, mgf_hash, label, block(db(10))).has_value());
  BOOST_TEST(!agent::decode_oaep(hash, HashAlgorithm::sha256, label, block(db(10))).has_value());
}

BOOST_AUTO_TEST_CASE(another_octet_before_the_separator_is_refused) {
  for (std::size_t at = hash_size; at < db(10).size() - 11; ++at) {
    Bytes changed = db(10);
    changed[at] = std::byte{0x80};
    BOOST_TEST(!decode(block(changed)).has_value());
  }
}

BOOST_AUTO_TEST_CASE(no_separator_is_refused) {
  Bytes changed = db(0);
  changed.back() = std::byte{0};
  BOOST_TEST(!decode(block(changed)).has_value());
  changed.back() = std::byte{2};
  BOOST_TEST(!decode(block(changed)).has_value());
}

BOOST_AUTO_TEST_CASE(a_block_too_short_for_the_hash_is_refused) {
  BOOST_TEST(!decode({}).has_value());
  BOOST_TEST(!decode(Bytes(2 * hash_size + 1)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(rsa_padding_pkcs1)

BOOST_AUTO_TEST_CASE(messages_of_every_length_that_fits_are_found) {
  for (std::size_t length = 0; length <= size - 11; ++length)
    BOOST_TEST((decode(block_of(length)) == Bytes(length, std::byte{0x6d})));
}

BOOST_AUTO_TEST_CASE(every_wrong_padding_gives_the_message_of_the_ciphertext) {
  std::vector<Bytes> wrong;
  for (const std::size_t at : {0u, 1u}) {
    for (const unsigned other : {0x01u, 0x03u, 0x80u, 0xffu}) {
      wrong.push_back(block_of(10));
      wrong.back()[at] = std::byte(other);
    }
  }
  wrong.push_back(block_of(10));
  wrong.back()[1] = std::byte{0};
  for (std::size_t at = 2; at < 10; ++at) {  // less than eight octets of padding
    wrong.push_back(block_of(10));
    wrong.back()[at] = std::byte{0};
  }
  wrong.push_back(block_of(0));  // no end of the padding
  wrong.back().back() = std::byte{1};
  wrong.push_back(Bytes(size));
  wrong.push_back(Bytes(size, std::byte{0xff}));
  for (const Vector& vector : vectors)
    for (const Bytes& block : wrong) BOOST_TEST((decode(block, vector.number) == from_hex(vector.message)));
}

BOOST_AUTO_TEST_CASE(the_synthetic_message_depends_on_ciphertext_and_secret_and_fits) {
  std::set<std::size_t> lengths;
  std::set<Bytes> messages;
  for (unsigned number = 0; number < 200; ++number) {
    const Bytes message = decode(Bytes(size), number);
    BOOST_TEST(message.size() <= size - 11);
    lengths.insert(message.size());
    messages.insert(message);
  }
  BOOST_TEST(lengths.size() > 80u);
  BOOST_TEST(messages.size() > 190u);
  const auto other = agent::decode_pkcs1(Bytes(32), ciphertext_of(3), Bytes(size));
  BOOST_TEST((copy_of(other) != decode(Bytes(size), 3)));
}

BOOST_AUTO_TEST_CASE(the_shortest_block_has_room_for_no_message) {
  BOOST_TEST(agent::decode_pkcs1(secret, Bytes(11), Bytes(11)).empty());
  BOOST_TEST(agent::decode_pkcs1(secret, Bytes(10), Bytes(10)).empty());
  BOOST_TEST(agent::decode_pkcs1(secret, {}, {}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
