#include <boost/test/unit_test.hpp>

#include "tests/unit/agent/gateway.h"

using namespace edgeseal;
using agent::Code;
using test::has_code;

namespace {

// An agent whose own certificate was changed on the disk.
struct Damaged : test::Gateway {
  Damaged() {
    key = install(web)->id;
    (void)install(other);
    whole = state.certificate(web)->certificate;
    damage_certificates("web");
  }

  const agent::Slot web = declare("web", "https/https"), other = declare("other", "https/https");
  tpm::KeyId key{};
  tpm::Bytes whole;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(state_damage, Damaged)

BOOST_AUTO_TEST_CASE(D11_a_damaged_own_certificate_is_shown_to_no_program) {
  for (int i = 0; i < 2; ++i)  // loaded, and from the cache
    BOOST_CHECK_EXCEPTION((void)keys.find("web"), agent::Error, has_code(Code::security_checks_failed));
  BOOST_TEST(!keys.find(key)->certificate.has_value());
  BOOST_CHECK_NO_THROW((void)keys.find("other"));
}

BOOST_AUTO_TEST_CASE(D11_installing_it_again_makes_good_what_was_damaged) {
  groups.update(owner, {"web", "https"}, {"https", whole, {}});
  apply(web);
  BOOST_TEST((keys.find("web")->certificate->certificate == whole));
}

BOOST_AUTO_TEST_CASE(D11_a_damaged_certificate_keeps_no_request_away_that_says_for_whom_it_is) {
  const auto request = [&](const dbus::SigningRequestOptions& options) {
    return value<tpm::Bytes>([&](agent::Answer<tpm::Bytes> answer) {
      groups.create_signing_request(owner, {"web", "https"}, "https", options, std::move(answer));
    });
  };
  BOOST_CHECK_EXCEPTION((void)request({}), agent::Error, [](const agent::Error& error) {
    return error.code() == Code::security_checks_failed &&
           std::string(error.what()).find("a subject is given") != std::string::npos;
  });
  dbus::SigningRequestOptions options;
  options.subject = "CN=web";
  BOOST_TEST(!request(options).empty());
  options.regenerate_private_key = true;
  BOOST_TEST(!request(options).empty());
}

BOOST_AUTO_TEST_SUITE_END()
