#include "jose/bundle/bundle.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/jose/problem.h"

using namespace edgeseal::jose;
using namespace edgeseal::jose::test;

namespace {

constexpr std::int64_t last_second = 253402300799;  // 9999-12-31T23:59:59Z

nlohmann::json whole() {
  return {{"v", 1},
          {"device", "urn:maker:gateway:4711"},
          {"not_after", 1900000000},
          {"jti", "3f1c"},
          {"url", "https://provision.example.com/device"},
          {"port", 18444},
          {"ca", {"AAEC"}},
          {"cert", {"AwQF", "BgcI"}},
          {"key", "CQoL"},
          {"otp", "once"}};
}

Bundle parsed(const nlohmann::json& json) {
  const std::string text = json.dump();
  return parse_bundle(bytes_of(text));
}

void check_malformed(const nlohmann::json& json) {
  check_refused(Problem::malformed, [&] { parsed(json); });
}

void check_malformed(const char* name, const nlohmann::json& value) {
  auto json = whole();
  json[name] = value;
  check_malformed(json);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bundle)

BOOST_AUTO_TEST_CASE(each_member_is_read) {
  const Bundle bundle = parsed(whole());
  BOOST_CHECK(bundle.device == "urn:maker:gateway:4711");
  BOOST_CHECK_EQUAL(bundle.not_after.time_since_epoch().count(), 1900000000);
  BOOST_CHECK_EQUAL(bundle.identifier, "3f1c");
  BOOST_CHECK_EQUAL(bundle.url, "https://provision.example.com/device");
  BOOST_CHECK_EQUAL(bundle.port, 18444);
  BOOST_CHECK_EQUAL(bundle.anchors.size(), 1U);
  BOOST_CHECK_EQUAL(bundle.certificate.size(), 2U);
  BOOST_CHECK_EQUAL(bundle.private_key.size(), 3U);
  BOOST_CHECK_EQUAL(text_of(bundle.one_time_secret), "once");
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_again) {
  const Bundle bundle = parsed(whole());
  const SecretBytes text = write_bundle(bundle);
  BOOST_CHECK(nlohmann::json::parse(text_of(text)) == whole());
}

BOOST_AUTO_TEST_CASE(H3_a_missing_part_makes_the_whole_refused) {
  for (const char* const name : {"v", "not_after", "jti", "url", "port", "ca", "cert", "key"}) {
    auto json = whole();
    json.erase(name);
    check_malformed(json);
  }
  check_malformed("ca", nlohmann::json::array());
  check_malformed("cert", nlohmann::json::array());
  check_malformed("key", "");
}

BOOST_AUTO_TEST_CASE(W8_a_certificate_and_its_key_come_together_or_not_at_all) {
  auto json = whole();
  json.erase("cert");
  json.erase("key");
  json.erase("otp");
  json.erase("device");
  const Bundle bundle = parsed(json);
  BOOST_CHECK(bundle.certificate.empty() && bundle.private_key.empty() && bundle.one_time_secret.empty());
  BOOST_CHECK(!bundle.device);
}

BOOST_AUTO_TEST_CASE(W10_the_port_is_a_number_of_a_port) {
  for (const auto& port : {nlohmann::json(0), nlohmann::json(65536), nlohmann::json(-1), nlohmann::json("18443"),
                           nlohmann::json("18443x"), nlohmann::json(18443.5), nlohmann::json(nullptr)})
    check_malformed("port", port);
  auto json = whole();
  json["port"] = 65535;
  BOOST_CHECK_EQUAL(parsed(json).port, 65535);
}

BOOST_AUTO_TEST_CASE(the_url_is_https_and_has_one_reading) {
  for (const char* const url : {"http://provision.example.com/", "HTTPS://a", "https://", "https:///x",
                                "https://a:443/", "https://u@a/", "https://u:p@a/", "https://a b/", "https://a/#x",
                                "https://a\\@b/", "https://a\n/", "ftp://a/", "//a/", "a", "", "https://\xc3\xa4/"})
    check_malformed("url", url);
  for (const char* const url :
       {"https://a", "https://[2001:db8::1]/x?y=1", "https://192.0.2.1/EDGE?operation=GetCACaps"}) {
    auto json = whole();
    json["url"] = url;
    BOOST_CHECK_EQUAL(parsed(json).url, url);
  }
  check_malformed("url", "https://" + std::string(max_url_length, 'a'));
}

BOOST_AUTO_TEST_CASE(W9_anchors_have_their_number_and_form) {
  check_malformed("ca", std::vector<std::string>(max_bundle_anchors + 1, "AAEC"));
  check_malformed("ca", "AAEC");
  check_malformed("ca", {""});
  check_malformed("ca", {1});
  check_malformed("ca", {"AAE"});
  check_malformed("ca", {"AA EC"});
}

BOOST_AUTO_TEST_CASE(H2_unknown_and_misplaced_members_are_refused) {
  auto json = whole();
  json["goto-secure-mode"] = "pin";
  check_refused(Problem::not_supported, [&] { parsed(json); });
  json = whole();
  json["v"] = 2;
  check_refused(Problem::not_supported, [&] { parsed(json); });
  check_refused(Problem::malformed, [] { static_cast<void>(parse_bundle(bytes_of(R"({"v":1,"v":1})"))); });
  check_refused(Problem::malformed, [] { static_cast<void>(parse_bundle(bytes_of("[]"))); });
}

BOOST_AUTO_TEST_CASE(texts_are_bounded_and_printable) {
  for (const char* const name : {"device", "jti", "otp"}) {
    check_malformed(name, "");
    check_malformed(name, "a b");
    check_malformed(name, "a\u0001");
    check_malformed(name, std::string(2048, 'a'));
    check_malformed(name, 7);
  }
  for (const auto& time : {nlohmann::json(0), nlohmann::json(-5), nlohmann::json(1e30), nlohmann::json("2030-01-01"),
                           nlohmann::json(last_second + 1)})
    check_malformed("not_after", time);
}

BOOST_AUTO_TEST_CASE(a_time_may_be_the_last_second_of_the_year_9999) {
  auto json = whole();
  json["not_after"] = last_second;
  const Bundle bundle = parsed(json);
  BOOST_CHECK_EQUAL(bundle.not_after.time_since_epoch().count(), last_second);
  BOOST_CHECK(nlohmann::json::parse(text_of(write_bundle(bundle))) == json);
}

BOOST_AUTO_TEST_SUITE_END()
