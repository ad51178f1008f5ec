// The same calls on a key of the agent and on the same key in a file: each succeeds with both or fails with both, reads
// the same, and signs the same way. A sequence ends with its first failure, as a program does.

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <cstring>
#include <random>

#include "tests/provider/fixture.h"

namespace edgeseal::tests {
namespace {

using KeyContext = std::shared_ptr<EVP_PKEY_CTX>;
using DigestContext = std::shared_ptr<EVP_MD_CTX>;

enum class Call { sign_init, digest_sign_init, set, set_part, set_number, get, get_number, sign, update, finish, copy };

struct Step {
  Call call;
  std::string name;   // of a parameter; the digest for digest_sign_init
  std::string value;  // a number for set_number, the size of what is signed for sign
};

std::string to_string(const Step& step) {
  static const char* const calls[] = {"sign_init", "digest_sign_init", "set",  "set_part", "set_number",
                                      "get",       "get_number",       "sign", "update",   "final",
                                      "copy"};
  return std::string(calls[static_cast<std::size_t>(step.call)]) + ' ' + step.name + ' ' + step.value;
}

const std::string failed = "failed";
std::string result(bool good) {
  return good ? "good" : failed;
}

// Small enough for every modulus, and a DigestInfo where it has the size of one.
Bytes content_of(std::size_t size) {
  static constexpr unsigned char start[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                            0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
  Bytes content(size, std::byte{0x11});
  const auto* prefix = reinterpret_cast<const std::byte*>(start);
  if (size == sizeof(start) + 32) std::copy(prefix, prefix + sizeof(start), content.begin());
  return content;
}

unsigned char* octets(Bytes& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
const unsigned char* octets(const Bytes& bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// One program with one key.
class Run {
 public:
  Run(OSSL_LIB_CTX* library, EVP_PKEY* key, EVP_PKEY* public_key)
      : library_(library), key_(key), public_key_(public_key) {}

  std::string operator()(const Step& step) {
    switch (step.call) {
      case Call::sign_init: return sign_init();
      case Call::digest_sign_init: return digest_sign_init(step.name);
      case Call::set: return set(step.name, step.value);
      case Call::set_part: return set_part(step.name, step.value);
      case Call::set_number: return set_number(step.name, std::stoi(step.value));
      case Call::get: return get(step.name);
      case Call::get_number: return get_number(step.name);
      case Call::sign: return sign(content_of(std::stoul(step.value)));
      case Call::update: return update();
      case Call::finish: return finish();
      case Call::copy: return copy();
    }
    return {};
  }

 private:
  EVP_PKEY_CTX* context() const { return hashing_ ? EVP_MD_CTX_get_pkey_ctx(hashing_.get()) : of_digest_.get(); }

  std::string sign_init() {
    hashing_.reset();
    of_digest_ = KeyContext(EVP_PKEY_CTX_new_from_pkey(library_, key_, nullptr), EVP_PKEY_CTX_free);
    return result(EVP_PKEY_sign_init(of_digest_.get()) == 1);
  }

  std::string digest_sign_init(const std::string& digest) {
    hashed_.clear();
    hashing_ = DigestContext(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    return result(EVP_DigestSignInit_ex(hashing_.get(), nullptr, digest.empty() ? nullptr : digest.c_str(), library_,
                                        nullptr, key_, nullptr) == 1);
  }

  std::string set(const std::string& name, const std::string& value) {
    if (hashing_ && name == OSSL_SIGNATURE_PARAM_DIGEST) return "not for this operation";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(name.c_str(), const_cast<char*>(value.c_str()), 0),
        OSSL_PARAM_construct_end()};
    return result(EVP_PKEY_CTX_set_params(context(), parameters) == 1);
  }

  // The value is part of a longer text, and ends with its size.
  std::string set_part(const std::string& name, const std::string& value) {
    Bytes memory(value.size() + 7, std::byte{'x'});
    std::memcpy(memory.data(), value.data(), value.size());
    const OSSL_PARAM parameters[] = {{name.c_str(), OSSL_PARAM_UTF8_STRING, memory.data(), value.size(), 0},
                                     OSSL_PARAM_construct_end()};
    return result(EVP_PKEY_CTX_set_params(context(), parameters) == 1);
  }

  std::string set_number(const std::string& name, int value) {
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_int(name.c_str(), &value), OSSL_PARAM_construct_end()};
    return result(EVP_PKEY_CTX_set_params(context(), parameters) == 1);
  }

  std::string get(const std::string& name) const {
    char value[64] = {};
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(name.c_str(), value, sizeof(value)),
                               OSSL_PARAM_construct_end()};
    return EVP_PKEY_CTX_get_params(context(), parameters) == 1 ? canonical(value) : failed;
  }

  // libcrypto tells the name of a digest as the program wrote it.
  static std::string canonical(const std::string& value) {
    const std::shared_ptr<EVP_MD> digest(EVP_MD_fetch(fakes::default_only(), value.c_str(), nullptr), EVP_MD_free);
    ERR_clear_error();
    return digest ? EVP_MD_get0_name(digest.get()) : value;
  }

  std::string get_number(const std::string& name) const {
    int value = 0;
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_int(name.c_str(), &value), OSSL_PARAM_construct_end()};
    return EVP_PKEY_CTX_get_params(context(), parameters) == 1 ? std::to_string(value) : failed;
  }

  std::string sign(const Bytes& content) {
    if (hashing_) return "not for this operation";
    std::size_t size = 0;
    if (EVP_PKEY_sign(context(), nullptr, &size, octets(content), content.size()) != 1) return failed;
    Bytes signature(size);
    if (EVP_PKEY_sign(context(), octets(signature), &size, octets(content), content.size()) != 1) return failed;
    signature.resize(size);
    return described(signature, content);
  }

  std::string update() {
    if (!hashing_) return "not for this operation";
    hashed_ += "piece ";
    return result(EVP_DigestSignUpdate(hashing_.get(), "piece ", 6) == 1);
  }

  std::string finish() {
    if (!hashing_) return "not for this operation";
    std::size_t size = 0;
    if (EVP_DigestSignFinal(hashing_.get(), nullptr, &size) != 1) return failed;
    Bytes signature(size);
    if (EVP_DigestSignFinal(hashing_.get(), octets(signature), &size) != 1) return failed;
    signature.resize(size);
    Bytes digest(EVP_MAX_MD_SIZE);
    std::size_t digest_size = 0;
    EVP_Q_digest(fakes::default_only(), get(OSSL_SIGNATURE_PARAM_DIGEST).c_str(), nullptr, hashed_.data(),
                 hashed_.size(), octets(digest), &digest_size);
    digest.resize(digest_size);
    return described(signature, digest);
  }

  std::string copy() {
    if (!hashing_) {
      of_digest_ = KeyContext(EVP_PKEY_CTX_dup(of_digest_.get()), EVP_PKEY_CTX_free);
      return result(of_digest_ != nullptr);
    }
    const DigestContext first = hashing_;
    hashing_ = DigestContext(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    return result(EVP_MD_CTX_copy_ex(hashing_.get(), first.get()) == 1);
  }

  // All that a receiver could tell apart: the bytes of what is not random, the salt of PSS.
  std::string described(const Bytes& signature, const Bytes& content) const {
    const bool rsa = EVP_PKEY_is_a(key_, "EC") != 1;
    if (!rsa) return "ECDSA " + result(verifies(signature, content, nullptr, 0));
    const std::string padding = get(OSSL_SIGNATURE_PARAM_PAD_MODE);
    if (padding != OSSL_PKEY_RSA_PAD_MODE_PSS) return padding + ' ' + hex(signature);
    for (int salt = 0; salt <= 256; ++salt) {
      if (verifies(signature, content, OSSL_PKEY_RSA_PAD_MODE_PSS, salt)) return "PSS, salt " + std::to_string(salt);
    }
    return "PSS, does not verify";
  }

  bool verifies(const Bytes& signature, const Bytes& content, const char* padding, int salt) const {
    const KeyContext verification(EVP_PKEY_CTX_new_from_pkey(fakes::default_only(), public_key_, nullptr),
                                  EVP_PKEY_CTX_free);
    std::string digest = get(OSSL_SIGNATURE_PARAM_DIGEST);
    std::vector<OSSL_PARAM> parameters;
    if (padding != nullptr) {
      parameters.push_back(
          OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, const_cast<char*>(padding), 0));
      parameters.push_back(OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, &salt));
    }
    if (!digest.empty())
      parameters.push_back(OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, digest.data(), 0));
    parameters.push_back(OSSL_PARAM_construct_end());
    const bool good =
        EVP_PKEY_verify_init_ex(verification.get(), parameters.data()) == 1 &&
        EVP_PKEY_verify(verification.get(), octets(signature), signature.size(), octets(content), content.size()) == 1;
    ERR_clear_error();
    return good;
  }

  static std::string hex(const Bytes& bytes) {
    const std::shared_ptr<char> text(OPENSSL_buf2hexstr(octets(bytes), static_cast<long>(bytes.size())),
                                     [](char* made) { OPENSSL_free(made); });
    return text.get();
  }

  OSSL_LIB_CTX* library_;
  EVP_PKEY* key_;
  EVP_PKEY* public_key_;
  KeyContext of_digest_;
  DigestContext hashing_;
  std::string hashed_;
};

const char* const pad_mode = OSSL_SIGNATURE_PARAM_PAD_MODE;
const char* const salt_length = OSSL_SIGNATURE_PARAM_PSS_SALTLEN;
const char* const digest = OSSL_SIGNATURE_PARAM_DIGEST;
const char* const mgf1_digest = OSSL_SIGNATURE_PARAM_MGF1_DIGEST;

// What comes after the start of an operation. What the key socket does not have is not among it: other hashes, X9.31,
// another hash for MGF1, ECDSA of a digest that has the size of none. Nor is what libcrypto leaves in disorder: a
// digest that is set while hashing, the name of a padding that there is not.
std::vector<Step> steps_for(const std::string& key) {
  std::vector<Step> steps{
      {Call::update, "", ""},          {Call::update, "", ""},        {Call::finish, "", ""},
      {Call::finish, "", ""},          {Call::copy, "", ""},          {Call::set, digest, "SHA1"},
      {Call::set, digest, "SHA2-256"}, {Call::set, digest, "sha384"}, {Call::set, digest, "no such digest"},
      {Call::get, digest, ""},         {Call::sign, "", "20"},        {Call::sign, "", "32"},
      {Call::sign, "", "32"},          {Call::sign, "", "48"}};
  const std::vector<Step> of_rsa{{Call::set, pad_mode, "pkcs1"},
                                 {Call::set, pad_mode, "pss"},
                                 {Call::set, pad_mode, "pss"},
                                 {Call::set, pad_mode, "none"},
                                 {Call::set_number, pad_mode, "1"},
                                 {Call::set_number, pad_mode, "6"},
                                 {Call::set_number, pad_mode, "3"},
                                 {Call::set_number, pad_mode, "4"},
                                 {Call::set, salt_length, "digest"},
                                 {Call::set, salt_length, "max"},
                                 {Call::set, salt_length, "auto"},
                                 {Call::set, salt_length, "32"},
                                 {Call::set_number, salt_length, "0"},
                                 {Call::set_number, salt_length, "20"},
                                 {Call::set_number, salt_length, "64"},
                                 {Call::set_number, salt_length, "300"},
                                 {Call::set_number, salt_length, "-5"},
                                 {Call::get, salt_length, ""},
                                 {Call::get_number, salt_length, ""},
                                 {Call::get, pad_mode, ""},
                                 {Call::get_number, pad_mode, ""},
                                 {Call::get, mgf1_digest, ""},
                                 {Call::sign, "", "0"},
                                 {Call::sign, "", "36"},
                                 {Call::sign, "", "51"},
                                 {Call::sign, "", "245"},
                                 {Call::sign, "", "246"},
                                 {Call::sign, "", "255"},
                                 {Call::sign, "", "256"}};
  if (key != "ec") steps.insert(steps.end(), of_rsa.begin(), of_rsa.end());
  // On restricted keys the versions of libcrypto differ.
  if (key == "pss-sha256") std::erase_if(steps, [](const Step& step) { return step.value == "auto"; });
  return steps;
}

std::vector<Step> random_sequence(const std::vector<Step>& steps, std::mt19937& random) {
  static const std::vector<Step> starts{{Call::sign_init, "", ""},
                                        {Call::sign_init, "", ""},
                                        {Call::digest_sign_init, "SHA256", ""},
                                        {Call::digest_sign_init, "SHA384", ""},
                                        {Call::digest_sign_init, "", ""}};
  std::vector<Step> sequence{starts[random() % starts.size()]};
  while (sequence.size() < 8) sequence.push_back(steps[random() % steps.size()]);
  return sequence;
}

struct ParityFixture : Fixture {
  int signatures = 0;

  // The steps up to where the two differ, or nothing.
  std::string difference(const std::string& name, const std::vector<Step>& sequence) {
    const PkeyPtr key = program.load_key("edgeseal:" + name);
    EVP_PKEY* const software = Material::get().key(name).get();
    Run of_agent(program.context(), key.get(), software);
    Run of_file(fakes::default_only(), software, software);
    std::string told;
    for (const Step& step : sequence) {
      const std::string agent = of_agent(step);
      const std::string errors = take_errors();
      const std::string file = of_file(step);
      ERR_clear_error();
      told += to_string(step) + ": " + agent + '\n';
      if (agent != file) return told + "but with a file: " + file + '\n' + errors;
      if (agent == failed) return {};
      signatures += agent != "not for this operation" && (step.call == Call::sign || step.call == Call::finish) ? 1 : 0;
    }
    return {};
  }
};

const std::vector<std::string> names{"rsa", "pss", "pss-sha256", "ec", "p384"};

}  // namespace

BOOST_AUTO_TEST_SUITE(parity)

BOOST_DATA_TEST_CASE_F(ParityFixture, signs_like_a_key_in_a_file_whatever_the_program_does,
                       boost::unit_test::data::make(names), name) {
  const std::vector<Step> steps = steps_for(name == "p384" ? "ec" : name);
  std::mt19937 random(20240501);
  for (int i = 0; i < 1200; ++i) {
    const std::string told = difference(name, random_sequence(steps, random));
    BOOST_REQUIRE_MESSAGE(told.empty(), told);
  }
  BOOST_TEST_MESSAGE(signatures << " signatures");
  BOOST_TEST(signatures >= 100);
}

BOOST_DATA_TEST_CASE_F(ParityFixture, a_value_ends_with_its_size, boost::unit_test::data::make(names), name) {
  const std::string told = difference(
      name,
      {{Call::sign_init, "", ""}, {Call::set_part, digest, "SHA256"}, {Call::get, digest, ""}, {Call::sign, "", "32"}});
  BOOST_TEST(told.empty(), told);
  BOOST_TEST(signatures == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
