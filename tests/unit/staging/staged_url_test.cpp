#include "agent/staging/staged_url.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/agent/error_code.h"

namespace edgeseal::test {

namespace {

using agent::Code;
using agent::require_allowed;
using agent::UrlRules;

const UrlRules staging{true, {"staging.example.com", "192.0.2.7"}};
const UrlRules operational{false, {"staging.example.com", "192.0.2.7"}};

void refuse(const std::string& url, Code code, const UrlRules& rules = staging) {
  BOOST_TEST_CONTEXT(url)
  BOOST_CHECK_EXCEPTION(require_allowed(url, rules), agent::Error, has_code(code));
}

void take(const std::string& url, const UrlRules& rules = staging) {
  BOOST_TEST_CONTEXT(url)
  BOOST_CHECK_NO_THROW(require_allowed(url, rules));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(staged_url)

BOOST_AUTO_TEST_CASE(N1_https_is_followed_and_http_only_while_setup_is_open) {
  for (const UrlRules& rules : {staging, operational}) take("HTTPS://Plant.Example.COM:8443/certs/ca.der?v=1#x", rules);
  take("http://staging.example.com/ca.der");
  refuse("http://staging.example.com/ca.der", Code::user_access_denied, operational);
  refuse("http://169.254.7.1/ca.der", Code::user_access_denied, operational);
}

BOOST_AUTO_TEST_CASE(H13_plain_http_is_for_configured_and_link_local_hosts) {
  for (const char* url : {"http://STAGING.example.com/ca.der", "http://192.0.2.7/ca.der", "http://169.254.7.1:8080/ca",
                          "http://[fe80::1]/ca.der"})
    take(url);
  for (const char* url : {"http://example.com/ca.der", "http://192.0.2.8/ca.der", "http://10.0.0.1/",
                          "http://staging.example.com.evil.example/", "http://[2001:db8::1]/"})
    refuse(url, Code::user_access_denied);
}

BOOST_AUTO_TEST_CASE(N7_other_schemes_and_malformed_urls_are_refused) {
  for (const char* url : {"file:///etc/passwd",
                          "ftp://example.com/ca.der",
                          "data:application/x-x509-ca-cert;base64,TUlJ",
                          "ca.der",
                          "//example.com/ca.der",
                          "gopher://example.com/",
                          "jar:https://example.com/",
                          "https:/example.com/",
                          "https://",
                          "https:///ca.der",
                          "https://exa mple.com/",
                          "https://example.com/\r\nHost: evil",
                          "https://[::1",
                          "https://[x]/",
                          "https://example.com:0/",
                          "https://example.com:65536/",
                          "https://example.com:8x/",
                          "https://example.com:/",
                          "https://[2001:db8::1]x/",
                          "https://-a.example/",
                          "https://a..b/",
                          "https://exämple.com/",
                          "https://a\\@b/"})
    refuse(url, Code::invalid_argument);
  refuse("https://example.com/" + std::string(3000, 'a'), Code::invalid_argument);
}

BOOST_AUTO_TEST_CASE(N7_user_information_and_this_host_are_refused) {
  for (const char* url : {"https://user@example.com/",
                          "https://user:password@example.com/",
                          "https://example.com@127.0.0.1/",
                          "https://localhost/",
                          "https://LOCALHOST./",
                          "https://a.localhost/",
                          "https://127.0.0.1/",
                          "https://127.9.9.9/",
                          "https://0.0.0.0/",
                          "https://[::1]/",
                          "https://[::]/",
                          "https://[::ffff:127.0.0.1]/",
                          "https://[::127.0.0.1]/",
                          "https://[64:ff9b::127.0.0.1]/",
                          "https://[2002:7f00:1::]/",
                          "https://224.0.1.75/",
                          "https://[ff02::1]/",
                          "https://255.255.255.255/",
                          "https://169.254.169.254/latest/meta-data",
                          "http://169.254.169.254/",
                          "https://[::ffff:169.254.169.254]/",
                          "https://[fd00:ec2::254]/"})
    refuse(url, Code::user_access_denied);
}

BOOST_AUTO_TEST_CASE(N7_addresses_in_disguise_are_no_hosts) {
  for (const char* url : {"https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://127.1/",
                          "https://0177.0.0.1/", "https://127.0.0.1.1/", "https://1.2.3.04/", "https://example.0x1/"})
    refuse(url, Code::invalid_argument);
}

BOOST_AUTO_TEST_CASE(N7_addresses_of_other_hosts_are_followed) {
  for (const char* url : {"https://192.0.2.1/", "https://10.0.0.1/", "https://169.254.7.1/", "https://[fe80::1]/",
                          "https://[2001:db8::1]/", "https://[::ffff:192.0.2.1]/", "https://[fd00:ec2::1]/"})
    take(url);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
