// edgesealctl device and onboarding.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "dbus/wire_types.h"
#include "tests/bus/ctl_fixture.h"
#include "tests/fakes/test_certificate.h"

namespace edgeseal::test {
namespace {

using nlohmann::json;

struct Fixture : CtlFixture {
  Fixture() {
    service.in_loop([this](auto& ports, auto&) {
      ports.device.known.front().certificate = dbus::to_bytes(certificate.der());
      ports.device.issued = dbus::to_bytes(certificate.der());
      return 0;
    });
  }
  dbus::IdentityRequest requested() {
    return service.in_loop([](auto& ports, auto&) { return ports.device.requests.back(); });
  }

  const TestCertificate certificate{"idevid", "URI:urn:example.com:gateway:4711"};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ctl_device, Fixture)

BOOST_AUTO_TEST_CASE(identities_are_shown_with_their_fingerprints_and_what_is_missing) {
  service.in_loop([](auto& ports, auto&) {
    ports.device.known.push_back({"idevid", "", {}, {}, "behind a policy", 0x81020000, 0});
    ports.device.deficiencies = {"something is not there"};
    return 0;
  });
  const auto result = ctl({"device", "identity", "show"});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(has(result.out, "urn:example.com:gateway:4711"));
  BOOST_TEST(has(result.out, "device/identity/idevid"));
  BOOST_TEST(has(result.out, "not usable: behind a policy"));
  BOOST_TEST(has(result.out, "Missing: something is not there"));
  BOOST_TEST(!has(result.out, "?"));
}

BOOST_AUTO_TEST_CASE(C14_the_list_for_the_installer_has_certificate_serial_number_and_fingerprints) {
  const auto path = bus.directory() / "4711.json";
  BOOST_TEST(ctl({"device", "identity", "export", "--out", path}).status == 0);
  const auto list = json::parse(content_of(path));
  BOOST_TEST(list["serial-number"] == "4711");
  const auto& identity = list["identities"].front();
  BOOST_TEST(identity["certificate"] == certificate.pem());
  BOOST_TEST(identity["serial"] == "1234");
  BOOST_TEST(identity["sha256"].get<std::string>().size() == 64u);
  BOOST_TEST(identity["sha1"].get<std::string>().size() == 40u);
  BOOST_TEST(ctl({"device", "identity", "export", "--out", path}).status == 2);
  BOOST_TEST(ctl({"device", "identity", "export", "--out", path, "--force"}).status == 0);
  BOOST_TEST(json::parse(ctl({"device", "identity", "export", "--out", "-"}).out) == list);
}

BOOST_AUTO_TEST_CASE(the_list_steers_no_terminal) {
  const TestCertificate other(
      "steering \xc2\x9b"
      "2J\xe2\x80\xae",
      "URI:urn:example.com:gateway:4711");
  service.in_loop([&](auto& ports, auto&) {
    ports.device.known.front().certificate = dbus::to_bytes(other.der());
    return 0;
  });
  const auto shown = ctl({"device", "identity", "export"}).out;
  BOOST_TEST(has(shown, "\\u009b2J\\u202e"), shown);
  BOOST_TEST(std::ranges::none_of(shown, [](unsigned char c) { return c > 0x7f; }));
}

BOOST_AUTO_TEST_CASE(a_request_goes_to_a_file_or_the_standard_output) {
  const auto path = bus.directory() / "idevid.csr";
  BOOST_TEST(ctl({"device", "identity", "create", "--product-instance-uri", "urn:a:b", "--serial", "7", "--csr", path})
                 .status == 0);
  BOOST_TEST(has(content_of(path), "BEGIN CERTIFICATE REQUEST"));
  BOOST_TEST(requested().product_instance_uri == "urn:a:b");
  BOOST_TEST(requested().serial_number == "7");
  BOOST_TEST(has(ctl({"device", "identity", "create", "--kind", "ldevid", "--with-idevid-key"}).out,
                 "BEGIN CERTIFICATE REQUEST"));
  BOOST_TEST(requested().kind == "ldevid");
  BOOST_TEST(requested().with_idevid_key);
}

BOOST_AUTO_TEST_CASE(a_self_signed_identity_says_how_long_it_lasts) {
  const auto result = ctl({"device", "identity", "create", "--self-signed", "--days", "30", "--key", "rsa-2048"});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(has(result.out, "valid until 2027-01-01T00:00:00Z"));
  BOOST_TEST(requested().lifetime_days == 30u);
  BOOST_TEST(requested().key_algorithm == "rsa-2048");
  BOOST_TEST(ctl({"device", "identity", "create", "--days", "30"}).status == 2);
  BOOST_TEST(ctl({"device", "identity", "create", "--self-signed", "--csr", "x"}).status == 2);
  BOOST_TEST(ctl({"device", "identity", "create", "--kind", "iak"}).status == 2);
}

BOOST_AUTO_TEST_CASE(a_certificate_is_installed_with_its_chain) {
  const TestCertificate issuer("maker");
  const auto own = file("idevid.pem", certificate.pem()), chain = file("ca.pem", issuer.pem());
  BOOST_TEST(ctl({"device", "identity", "install", own, "--chain", chain, "--kind", "ldevid"}).status == 0);
  const auto installed = service.in_loop([](auto& ports, auto&) { return ports.device.known.back(); });
  BOOST_TEST(installed.kind == "ldevid");
  BOOST_TEST((installed.certificate == dbus::to_bytes(certificate.der())));
  BOOST_TEST((installed.issuer_certificates == std::vector<dbus::Bytes>{dbus::to_bytes(issuer.der())}));
}

BOOST_AUTO_TEST_CASE(the_onboarding_is_shown) {
  const auto status = ctl_json({"onboarding", "status"});
  BOOST_TEST(status["state"] == "unconfigured");
  BOOST_TEST(status["endpoints"] == json({"device/identity/idevid"}));
  BOOST_TEST(status["applications"] == json({"web"}));
  BOOST_TEST(has(ctl({"onboarding", "status"}).out, "unconfigured"));
}

BOOST_AUTO_TEST_CASE(G3_tickets_go_in_and_come_out_byte_for_byte) {
  const std::string ticket = "{ \"payload\": \"x\" }\n";
  BOOST_TEST(ctl({"onboarding", "tickets", "add", file("ticket", ticket)}).status == 0);
  BOOST_TEST(ctl_json({"onboarding", "tickets", "show"}) == json({ticket}));
  BOOST_TEST(ctl({"onboarding", "tickets", "add"}).status == 2);
}

BOOST_AUTO_TEST_CASE(a_ticket_is_judged) {
  const auto ticket = file("ticket", "{}"), authority = file("ca.pem", certificate.pem());
  const auto contents = ctl_json({"onboarding", "tickets", "verify", ticket, "--authority", authority});
  BOOST_TEST(contents["kind"] == "device");
  BOOST_TEST(contents["signatures"] == json({"valid: CN=maker"}));
  BOOST_TEST(ctl({"onboarding", "tickets", "verify", ticket}).status == 2);
}

BOOST_AUTO_TEST_CASE(G9_the_updater_says_how_the_software_is) {
  BOOST_TEST(ctl({"onboarding", "software-status", "set", "behind", "--revision", "1.0"}).status == 0);
  BOOST_TEST(!ctl_json({"onboarding", "status"})["software-up-to-date"].get<bool>());
  BOOST_TEST(ctl_json({"onboarding", "status"})["software-revision"] == "1.0");
  BOOST_TEST(ctl({"onboarding", "software-status", "set", "perhaps"}).status == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
