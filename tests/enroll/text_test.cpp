// What servers send, in pieces.
#include <boost/test/unit_test.hpp>

#include "enroll/base64.h"
#include "enroll/error.h"
#include "enroll/est/challenge.h"
#include "enroll/printable.h"
#include "enroll/retry_after.h"
#include "enroll/url.h"

namespace edgeseal::test {

using namespace enroll;

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(base64_is_given_back) {
  for (const char* text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    const auto decoded = decode_base64(bytes_of(encode_base64(bytes_of(text))));
    BOOST_REQUIRE(decoded.has_value());
    BOOST_TEST((text_of(*decoded) == text));
  }
  for (const char* text : {"A", "AA", "AA=", "A===", "=AAA", "AA=A", "AAAA=", "AA-_", "AAAA\x01"})
    BOOST_TEST(!decode_base64(bytes_of(text)).has_value(), text);
}

BOOST_AUTO_TEST_CASE(the_realm_of_a_basic_challenge_is_found_among_others) {
  const auto realm = [](std::string_view header) { return est::basic_realm({header}); };
  BOOST_TEST((realm("Basic realm=\"plant\"") == "plant"));
  BOOST_TEST((realm("basic charset=\"UTF-8\", realm=plant") == "plant"));
  BOOST_TEST((realm("Digest realm=\"other\", qop=\"auth\", Basic realm=\"a \\\"b\\\"\"") == "a \"b\""));
  BOOST_TEST((realm("Negotiate abc==, Basic realm=\"plant\"") == "plant"));
  BOOST_TEST((realm("Basic") == ""));
  BOOST_TEST((realm("Basic realm=\"never ends") == "never ends"));
  BOOST_TEST(!realm("Digest realm=\"plant\""));
  BOOST_TEST(!realm("Digest realm=\"Basic\""));
  BOOST_TEST(!realm(" , ,= \" \" "));
  BOOST_TEST((est::basic_realm({"Digest realm=\"x\"", "Basic realm=\"y\""}) == "y"));
}

BOOST_AUTO_TEST_CASE(a_retry_after_means_something_sensible_or_a_minute) {
  const auto now = std::chrono::system_clock::from_time_t(1'800'000'000);
  BOOST_TEST(retry_after("Fri, 15 Jan 2027 08:10:00 GMT", now).count() == 600);
  for (const char* text : {"", "1.5", "1e3", "--1", "+5", "12 apples", "\x01"})
    BOOST_TEST((retry_after(text, now) == default_retry), text);
}

BOOST_AUTO_TEST_CASE(quoted_text_is_printable_and_short) {
  BOOST_TEST(printable("  a\r\n\tb\x1b[2J\xff c ") == "a b [2J c");
  BOOST_TEST(printable(std::string(1000, 'x')).size() == max_quoted_text + 3);
}

BOOST_AUTO_TEST_CASE(urls_are_taken_apart_and_put_together) {
  const Url url = parse_url("https://[2001:db8::1]:8443/a?b=c");
  BOOST_TEST(url.host == "2001:db8::1");
  BOOST_TEST(url.text() == "https://[2001:db8::1]:8443/a?b=c");
  BOOST_TEST(parse_url("https://host").port == "443");
  BOOST_TEST(same_origin(parse_url("https://HOST/a"), parse_url("https://host:443/b")));
  BOOST_TEST(!same_origin(parse_url("https://host"), parse_url("https://host:8443")));
  BOOST_TEST(resolve(url, "//other/x").text() == "https://other:443/x");
}

BOOST_AUTO_TEST_CASE(a_host_that_reads_otherwise_the_next_time_is_refused) {
  const auto is = [](ErrorClass expected) {
    return [=](const Error& error) { return error.error_class() == expected; };
  };
  for (const char* const text : {"https://%31/", "https://%31.2/x", "https://%30x7f000001/", "https://%2531/"}) {
    BOOST_CHECK_EXCEPTION((void)parse_url(text), Error, is(ErrorClass::policy));
    BOOST_CHECK_EXCEPTION((void)resolve(parse_url("https://host"), text), Error, is(ErrorClass::redirect));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
