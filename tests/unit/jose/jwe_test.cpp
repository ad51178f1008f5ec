#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "jose/base64.h"
#include "jose/jwe.h"
#include "tests/unit/jose/problem.h"

using namespace edgeseal::jose;
using namespace edgeseal::jose::test;

namespace {

constexpr std::string_view type = "edgeseal-bundle";
constexpr std::string_view password = "7K3QW9M2XD4VE";

const std::string& sealed() {
  static const std::string compact = seal_jwe(bytes_of("the content"), bytes_of(password), min_iterations, type);
  return compact;
}

std::vector<std::string> parts(const std::string& compact) {
  std::vector<std::string> all(1);
  for (const char c : compact) c == '.' ? all.push_back("") : all.back().push_back(c);
  return all;
}

std::string joined(const std::vector<std::string>& all) {
  std::string compact = all.front();
  for (std::size_t index = 1; index < all.size(); ++index) compact += "." + all[index];
  return compact;
}

std::string with_header(const std::string& json) {
  auto all = parts(sealed());
  all[0] = encode_base64url(bytes_of(json));
  return joined(all);
}

nlohmann::json header() {
  const Bytes json = decode_base64url(parts(sealed()).front(), "header");
  return nlohmann::json::parse(text_of(json));
}

std::string with_member(const char* name, const nlohmann::json& value) {
  auto json = header();
  json[name] = value;
  return with_header(json.dump());
}

std::string without_member(const char* name) {
  auto json = header();
  json.erase(name);
  return with_header(json.dump());
}

// Opens it, counting what costs.
struct Opening {
  int derivations = 0;

  SecretBytes operator()(const std::string& compact, std::string_view code = password) {
    return Jwe(compact, type).open(bytes_of(code), [this](ByteView word, ByteView salt, std::uint32_t iterations) {
      ++derivations;
      return derive_key(word, salt, iterations);
    });
  }
};

void check_refused_before_derivation(const std::string& compact) {
  Opening open;
  BOOST_CHECK_EXCEPTION(open(compact), Error,
                        [](const Error& error) { return error.problem() != Problem::wrong_code; });
  BOOST_CHECK_EQUAL(open.derivations, 0);
}

void check_wrong_code(const std::string& compact, std::string_view code = password) {
  Opening open;
  check_refused(Problem::wrong_code, [&] { open(compact, code); });
  BOOST_CHECK_EQUAL(open.derivations, 1);
}

std::string flipped(int part, std::size_t position) {
  auto all = parts(sealed());
  Bytes bytes = decode_base64url(all[static_cast<std::size_t>(part)], "part");
  bytes.at(position) ^= std::byte{1};
  all[static_cast<std::size_t>(part)] = encode_base64url(bytes);
  return joined(all);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(jwe)

BOOST_AUTO_TEST_CASE(the_code_opens_it) {
  Opening open;
  BOOST_CHECK_EQUAL(text_of(open(sealed())), "the content");
  BOOST_CHECK_EQUAL(open.derivations, 1);
}

BOOST_AUTO_TEST_CASE(salt_key_and_nonce_are_new_each_time) {
  const auto one = parts(sealed());
  const auto other = parts(seal_jwe(bytes_of("the content"), bytes_of(password), min_iterations, type));
  for (std::size_t part = 0; part < one.size(); ++part) BOOST_CHECK_NE(one[part], other[part]);
}

BOOST_AUTO_TEST_CASE(EN32_an_iteration_count_out_of_the_window_costs_nothing) {
  for (const auto& count : {nlohmann::json(1), nlohmann::json(999), nlohmann::json(209'999), nlohmann::json(2'000'001),
                            nlohmann::json(1'000'000'000), nlohmann::json(std::uint64_t{1} << 32),
                            nlohmann::json((std::uint64_t{1} << 32) + min_iterations), nlohmann::json(-1),
                            nlohmann::json(600000.5), nlohmann::json(1.5), nlohmann::json("600000"),
                            nlohmann::json(nullptr), nlohmann::json(true), nlohmann::json{600000}})
    check_refused_before_derivation(with_member("p2c", count));
  auto digits = header().dump();
  const auto place = digits.find("210000");
  check_refused_before_derivation(with_header(digits.replace(place, 6, "6e5")));
  check_refused_before_derivation(with_header(digits.replace(place, 3, std::string(40, '9'))));
}

BOOST_AUTO_TEST_CASE(EN32_other_algorithms_are_refused) {
  for (const char* const name :
       {"none", "dir", "RSA1_5", "RSA-OAEP", "A256KW", "PBES2-HS256+A128KW", "pbes2-hs512+a256kw"})
    check_refused_before_derivation(with_member("alg", name));
  for (const char* const name : {"A128GCM", "A256CBC-HS512", "none", ""})
    check_refused_before_derivation(with_member("enc", name));
  check_refused_before_derivation(with_member("typ", "JWT"));
  check_refused_before_derivation(with_member("alg", 1));
}

BOOST_AUTO_TEST_CASE(EN32_a_header_has_the_five_members_and_no_other) {
  check_refused_before_derivation(with_member("zip", "DEF"));
  check_refused_before_derivation(with_member("crit", {"exp"}));
  check_refused_before_derivation(with_member("cty", "json"));
  check_refused_before_derivation(with_member("jwk", nlohmann::json::object()));
  for (const char* const name : {"alg", "enc", "typ", "p2c", "p2s"})
    check_refused_before_derivation(without_member(name));
}

BOOST_AUTO_TEST_CASE(EN32_a_name_twice_in_the_header_is_refused) {
  const auto json = header().dump();
  check_refused_before_derivation(with_header(json.substr(0, json.size() - 1) + R"(,"p2c":210000})"));
  check_refused_before_derivation(with_header(json.substr(0, json.size() - 1) + R"(,"\u0070\u0032c":210000})"));
}

BOOST_AUTO_TEST_CASE(EN32_the_salt_has_its_length) {
  for (const std::size_t size : {0U, 8U, 15U, 65U, 1024U})
    check_refused_before_derivation(with_member("p2s", encode_base64url(Bytes(size))));
  check_refused_before_derivation(with_member("p2s", "AAAAAAAAAAAAAAAAAAAAAA=="));
}

BOOST_AUTO_TEST_CASE(EN32_what_was_altered_is_as_a_wrong_code) {
  check_wrong_code(flipped(1, 0));
  check_wrong_code(flipped(2, 11));
  check_wrong_code(flipped(3, 3));
  check_wrong_code(flipped(4, 15));
  check_wrong_code(with_header(" " + header().dump()));
  check_wrong_code(with_member("p2c", 210'001));
}

BOOST_AUTO_TEST_CASE(EN32_a_wrong_code_costs_one_derivation) {
  check_wrong_code(sealed(), "7K3QW9M2XD4VF");
  check_wrong_code(sealed(), "");
}

BOOST_AUTO_TEST_CASE(EN32_a_megabyte_and_trailing_bytes_are_refused) {
  check_refused_before_derivation(std::string(1 << 20, 'A'));
  check_refused_before_derivation(sealed() + std::string(1 << 20, 'A'));
  for (const char* const tail : {".", ".AAAA", "\n", " ", "=", "A"}) check_refused_before_derivation(sealed() + tail);
  check_refused_before_derivation("");
  check_refused_before_derivation("....");
  check_refused_before_derivation(" " + sealed());
}

BOOST_AUTO_TEST_CASE(EN32_parts_of_another_length_are_refused) {
  for (const std::size_t part : {1U, 2U, 4U}) {
    auto all = parts(sealed());
    Bytes bytes = decode_base64url(all[part], "part");
    bytes.pop_back();
    all[part] = encode_base64url(bytes);
    check_refused_before_derivation(joined(all));
  }
}

BOOST_AUTO_TEST_CASE(what_could_not_be_opened_is_not_made) {
  check_refused(Problem::not_supported,
                [] { static_cast<void>(seal_jwe(bytes_of("x"), bytes_of(password), min_iterations - 1, type)); });
  check_refused(Problem::too_large,
                [] { static_cast<void>(seal_jwe(Bytes(max_jwe_size), bytes_of(password), min_iterations, type)); });
}

BOOST_AUTO_TEST_SUITE_END()
