#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "jose/base64.h"
#include "jose/jws.h"
#include "tests/unit/jose/key.h"
#include "tests/unit/jose/problem.h"

using namespace edgeseal::jose;
using namespace edgeseal::jose::test;

BOOST_TEST_DONT_PRINT_LOG_VALUE(Verdict)

namespace {

const std::string payload = encode_base64url(bytes_of(R"({"SerialNumber":"4711"})"));

nlohmann::json signature(const Key& key, const nlohmann::json& header) {
  const std::string encoded = encode_base64url(bytes_of(header.dump()));
  const std::string message = encoded + "." + payload;
  const std::string named = header.value("alg", "");
  const std::string algorithm = is_signature_algorithm(named) ? named : "RS256";
  return {{"protected", encoded}, {"signature", encode_base64url(key.sign(algorithm, bytes_of(message)))}};
}

std::string jws(const std::vector<nlohmann::json>& signatures) {
  return nlohmann::json{{"payload", payload}, {"signatures", signatures}}.dump();
}

FindKey always(const Key& key) {
  return [der = key.public_key()](const JwsHeader&) { return std::optional(der); };
}

Verdict verdict(const std::string& text, const FindKey& find_key) {
  const Jws result = verify_jws(text, find_key);
  BOOST_REQUIRE_EQUAL(result.signatures.size(), 1U);
  return result.signatures.front().verdict;
}

Verdict verdict(const Key& signer, const nlohmann::json& header, const Key& key) {
  return verdict(jws({signature(signer, header)}), always(key));
}

struct Keys {
  Key rsa = Key::rsa(2048);
  Key p256 = Key::ec("P-256");
  Key p384 = Key::ec("P-384");
  Key p521 = Key::ec("P-521");
  Key ed25519 = Key::ed25519();
};

const Keys& keys() {
  static const Keys all;
  return all;
}

void check_malformed(const nlohmann::json& json) {
  check_refused(Problem::malformed, [&] { static_cast<void>(verify_jws(json.dump(), always(keys().p256))); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(jws_verification)

BOOST_AUTO_TEST_CASE(each_algorithm_verifies_with_the_key_that_signed) {
  for (const char* const algorithm : {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
    BOOST_CHECK_EQUAL(verdict(keys().rsa, {{"alg", algorithm}}, keys().rsa), Verdict::valid);
  BOOST_CHECK_EQUAL(verdict(keys().p256, {{"alg", "ES256"}}, keys().p256), Verdict::valid);
  BOOST_CHECK_EQUAL(verdict(keys().p384, {{"alg", "ES384"}}, keys().p384), Verdict::valid);
  BOOST_CHECK_EQUAL(verdict(keys().p521, {{"alg", "ES512"}}, keys().p521), Verdict::valid);
  BOOST_CHECK_EQUAL(verdict(keys().ed25519, {{"alg", "EdDSA"}}, keys().ed25519), Verdict::valid);
}

BOOST_AUTO_TEST_CASE(the_example_of_rfc_7515_with_p_256) {
  // Appendix A.6: its second signature, with the key of A.3.
  const char* const text =
      R"({"payload":"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",)"
      R"("signatures":[{"protected":"eyJhbGciOiJFUzI1NiJ9","header":{"kid":"e9bc097a-ce51-4036-9562-d2ade882db0d"},)"
      R"("signature":"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"}]})";
  const std::string prefix = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE";
  Bytes key;
  for (const auto& part : {decode_base64(prefix, "prefix")}) key.insert(key.end(), part.begin(), part.end());
  for (const char* const part :
       {"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}) {
    const Bytes coordinate = decode_base64url(part, "coordinate");
    key.insert(key.end(), coordinate.begin(), coordinate.end());
  }
  BOOST_CHECK_EQUAL(verdict(text, [&](const JwsHeader&) { return std::optional(key); }), Verdict::valid);
}

BOOST_AUTO_TEST_CASE(an_algorithm_belongs_to_one_type_of_key) {
  BOOST_CHECK_EQUAL(verdict(keys().rsa, {{"alg", "RS256"}}, keys().p256), Verdict::key_unsuitable);
  BOOST_CHECK_EQUAL(verdict(keys().p256, {{"alg", "ES256"}}, keys().rsa), Verdict::key_unsuitable);
  BOOST_CHECK_EQUAL(verdict(keys().p256, {{"alg", "ES256"}}, keys().p384), Verdict::key_unsuitable);
  BOOST_CHECK_EQUAL(verdict(keys().p384, {{"alg", "ES256"}}, keys().p384), Verdict::key_unsuitable);
  BOOST_CHECK_EQUAL(verdict(keys().ed25519, {{"alg", "EdDSA"}}, keys().p256), Verdict::key_unsuitable);
  const Key weak = Key::rsa(1024);
  BOOST_CHECK_EQUAL(verdict(weak, {{"alg", "RS256"}}, weak), Verdict::key_unsuitable);
}

BOOST_AUTO_TEST_CASE(G16_no_algorithm_and_an_unknown_one_are_refused_and_no_key_is_asked_for) {
  const FindKey none = [](const JwsHeader&) -> std::optional<Bytes> { throw std::logic_error("asked for a key"); };
  for (const char* const algorithm : {"none", "None", "HS256", "RS1", "ES256K", "A256KW", "", "rs256"}) {
    auto entry = signature(keys().rsa, {{"alg", algorithm}});
    BOOST_CHECK_EQUAL(verdict(jws({entry}), none), Verdict::algorithm_refused);
    entry["signature"] = "";
    BOOST_CHECK_EQUAL(verdict(jws({entry}), none), Verdict::algorithm_refused);
  }
  BOOST_CHECK_EQUAL(verdict(jws({signature(keys().rsa, {{"typ", "ticket"}})}), none), Verdict::algorithm_refused);
}

BOOST_AUTO_TEST_CASE(an_algorithm_of_the_unprotected_header_counts_for_nothing) {
  auto entry = signature(keys().rsa, {{"typ", "ticket"}});
  entry["header"] = {{"alg", "RS256"}};
  BOOST_CHECK_EQUAL(verdict(jws({entry}), always(keys().rsa)), Verdict::algorithm_refused);
}

BOOST_AUTO_TEST_CASE(G16_an_altered_payload_or_protected_header_is_refused) {
  const auto entry = signature(keys().p256, {{"alg", "ES256"}});
  auto altered = nlohmann::json::parse(jws({entry}));
  altered["payload"] = encode_base64url(bytes_of(R"({"SerialNumber":"4712"})"));
  BOOST_CHECK_EQUAL(verdict(altered.dump(), always(keys().p256)), Verdict::invalid);
  auto header = entry;
  header["protected"] = encode_base64url(bytes_of(R"({"alg":"ES256","kid":"other"})"));
  BOOST_CHECK_EQUAL(verdict(jws({header}), always(keys().p256)), Verdict::invalid);
}

BOOST_AUTO_TEST_CASE(a_signature_of_another_length_or_of_zeros_is_invalid) {
  auto entry = signature(keys().p256, {{"alg", "ES256"}});
  for (const std::size_t size : {0U, 63U, 64U, 65U, 128U}) {
    entry["signature"] = encode_base64url(Bytes(size));
    BOOST_CHECK_EQUAL(verdict(jws({entry}), always(keys().p256)), Verdict::invalid);
  }
}

BOOST_AUTO_TEST_CASE(G16_one_of_several_signatures_is_enough_and_each_has_its_own_verdict) {
  const Jws result =
      verify_jws(jws({signature(keys().p256, {{"alg", "ES256"}, {"kid", "maker"}}),
                      signature(keys().rsa, {{"alg", "RS256"}, {"kid", "dealer"}}),
                      signature(keys().p384, {{"alg", "ES384"}, {"kid", "stranger"}})}),
                 [](const JwsHeader& header) -> std::optional<Bytes> {
                   if (header.key_id == "maker") return keys().p521.public_key();
                   return header.key_id == "dealer" ? std::optional(keys().rsa.public_key()) : std::nullopt;
                 });
  BOOST_REQUIRE_EQUAL(result.signatures.size(), 3U);
  BOOST_CHECK_EQUAL(result.signatures[0].verdict, Verdict::key_unsuitable);
  BOOST_CHECK_EQUAL(result.signatures[1].verdict, Verdict::valid);
  BOOST_CHECK_EQUAL(result.signatures[2].verdict, Verdict::key_unknown);
  BOOST_CHECK_EQUAL(text_of(result.payload), R"({"SerialNumber":"4711"})");
}

BOOST_AUTO_TEST_CASE(the_header_says_which_key_it_may_be) {
  const Bytes thumbprint(32, std::byte{7});
  const nlohmann::json header{{"alg", "ES256"},
                              {"typ", "ticket"},
                              {"kid", "k"},
                              {"x5c", std::vector{std::string(encode_base64(bytes_of("certificate")))}},
                              {"x5t#S256", encode_base64url(thumbprint)},
                              {"urn:example:composite", "x"}};
  const JwsHeader read =
      verify_jws(jws({signature(keys().p256, header)}), always(keys().p256)).signatures.front().header;
  BOOST_CHECK_EQUAL(read.text, header.dump());
  BOOST_CHECK_EQUAL(read.algorithm, "ES256");
  BOOST_CHECK(read.type == "ticket" && read.key_id == "k" && read.certificate_sha256 == thumbprint);
  BOOST_REQUIRE_EQUAL(read.certificates.size(), 1U);
  BOOST_CHECK_EQUAL(text_of(read.certificates.front()), "certificate");
}

BOOST_AUTO_TEST_CASE(an_extension_that_must_be_understood_is_refused) {
  const nlohmann::json header{{"alg", "ES256"}, {"b64", false}, {"crit", std::vector{"b64"}}};
  BOOST_CHECK_EQUAL(verdict(keys().p256, header, keys().p256), Verdict::extension_refused);
}

BOOST_AUTO_TEST_CASE(what_is_not_a_jws_is_refused_as_a_whole) {
  const auto entry = signature(keys().p256, {{"alg", "ES256"}});
  const auto whole = nlohmann::json::parse(jws({entry}));
  for (const char* const member : {"payload", "signatures"}) {
    auto lacking = whole;
    lacking.erase(member);
    check_malformed(lacking);
  }
  for (const char* const member : {"protected", "signature"}) {
    auto lacking = whole;
    lacking["signatures"][0].erase(member);
    check_malformed(lacking);
    lacking["signatures"][0][member] = "a b";
    check_malformed(lacking);
    lacking["signatures"][0][member] = 1;
    check_malformed(lacking);
  }
  auto other = whole;
  other["signatures"] = nlohmann::json::array();
  check_malformed(other);
  other = whole;
  other["signature"] = "AAAA";
  check_malformed(other);
  other = whole;
  other["signatures"][0]["header"] = {{"alg", "ES256"}};
  check_malformed(other);
  other = whole;
  other["signatures"][0]["protected"] = encode_base64url(bytes_of(R"({"alg":"none","alg":"ES256"})"));
  check_malformed(other);
  other = whole;
  other["payload"] = payload + "=";
  check_malformed(other);
}

BOOST_AUTO_TEST_CASE(bounds_hold_before_anything_is_verified) {
  const auto find_key = always(keys().p256);
  const auto refuse = [&](const std::string& text) {
    check_refused(Problem::too_large, [&] { static_cast<void>(verify_jws(text, find_key)); });
  };
  const auto entry = signature(keys().p256, {{"alg", "ES256"}});
  refuse(jws(std::vector<nlohmann::json>(max_jws_signatures + 1, entry)));
  refuse(jws({entry}) + std::string(max_jws_size, ' '));
  const std::vector<std::string> chain(max_jws_certificates + 1, "AAAA");
  refuse(jws({signature(keys().p256, {{"alg", "ES256"}, {"x5c", chain}})}));
  const std::string certificate(encode_base64(Bytes(max_certificate_size + 1)));
  refuse(jws({signature(keys().p256, {{"alg", "ES256"}, {"x5c", std::vector{certificate}}})}));
}

BOOST_AUTO_TEST_SUITE_END()
