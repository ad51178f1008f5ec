// edgesealctl key: lists, imports, exports and certifies.

#include <signal.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/bus/ctl_fixture.h"
#include "tests/bus/terminal.h"
#include "tests/fakes/test_certificate.h"

namespace edgeseal::test {
namespace {

using nlohmann::json;

const json kActive{{"id", "aa11"},      {"algorithm", "ec-p256"}, {"protection", "tpm"}, {"exposed", false},
                   {"policy", nullptr}, {"pcrs", json::array()},  {"resealed", false}};
const json kPending{{"id", "bb22"},    {"algorithm", "rsa-2048"}, {"protection", "sealed"}, {"exposed", true},
                    {"policy", "pcr"}, {"pcrs", {0, 7}},          {"resealed", true}};

json slot(const std::string& type, const json& active, const json& pending, const json& certificate) {
  return {{"certificate-type", type}, {"key-algorithm", "ec-p256"}, {"key-protection", "tpm"},   {"pcrs", {0, 7}},
          {"active-key", active},     {"pending-key", pending},     {"certificate", certificate}};
}

const json kDescription{
    {"applications",
     {{{"name", "opcua-server"},
       {"groups", {{"application", {{"slots", {slot("application", nullptr, nullptr, nullptr)}}}}}}},
      {{"name", "web"},
       {"groups",
        {{"https", {{"slots", {slot("https", kActive, kPending, {{"not-after", "2027-01-01T00:00:00Z"}})}}}}}}}}}};

struct Fixture : CtlFixture {
  Fixture() {
    change([](auto& ports) { ports.agent.description = kDescription.dump(); });
  }

  dbus::fake::FakeCertificateGroups::GivenKey given() {
    return service.in_loop([](auto& ports, auto&) { return *ports.groups.last_key; });
  }
  bool nothing_given() {
    return service.in_loop([](auto& ports, auto&) { return !ports.groups.last_key; });
  }
  dbus::fake::FakeCertificateGroups::Asked asked() {
    return service.in_loop([](auto& ports, auto&) { return *ports.groups.last_asked; });
  }
};

const std::string kEncrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ctl_key, Fixture)

BOOST_AUTO_TEST_CASE(keys_are_listed_slot_by_slot) {
  BOOST_TEST(
      ctl({"key", "list"}).out ==
      "SLOT                                  KEY      ALGORITHM  PROTECTION  EXPOSED  POLICY  CERTIFICATE UNTIL\n"
      "opcua-server/application/application  none     ec-p256    tpm         -        -       -\n"
      "web/https/https                       active   ec-p256    tpm         no       -       2027-01-01T00:00:00Z\n"
      "web/https/https                       pending  rsa-2048   sealed      yes      pcr     -\n");
  BOOST_TEST(!has(ctl({"key", "list", "web"}).out, "opcua"));
  const auto values = ctl_json({"key", "list", "web"});
  BOOST_TEST(values.size() == 1u);
  BOOST_TEST(values[0]["slot"] == "web/https/https");
  BOOST_TEST(values[0]["active-key"] == kActive);
  BOOST_TEST(values[0]["pending-key"] == kPending);
  BOOST_TEST(values[0]["pcrs"] == json({0, 7}));
  BOOST_TEST(values[0]["certificate-until"] == "2027-01-01T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(the_keys_of_a_slot_are_shown) {
  const auto shown = ctl({"key", "show", "web"});
  BOOST_TEST(has(shown.out, "PCRs         0, 7\n"));
  BOOST_TEST(has(shown.out, "Active key   ec-p256, tpm\n  id         aa11\n"));
  BOOST_TEST(has(shown.out, "  exposed    yes\n  policy     pcr: PCR 0, 7, also sealed for an update\n"));
  BOOST_TEST(has(shown.out, "Certificate  until 2027-01-01T00:00:00Z\n"));
  BOOST_TEST(ctl_json({"key", "show", "web/https"})["pending-key"] == kPending);
}

BOOST_AUTO_TEST_CASE(a_description_of_another_version_lists_what_it_can) {
  change([](auto& ports) {
    ports.agent.description = R"({"applications":[7,{"name":"web","groups":{"https":{"slots":[
        {"certificate-type":"https","active-key":"abcd","pcrs":"x"},null]}}}]})";
  });
  const auto result = ctl({"key", "list"});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(has(result.out, "web/https/https  none"));
  change([](auto& ports) { ports.agent.description = R"({"version":"1"})"; });
  BOOST_TEST(has(ctl({"key", "list"}).out, "No slots"));
}

BOOST_AUTO_TEST_CASE(a_slot_that_does_not_exist_is_named) {
  BOOST_TEST(ctl({"key", "list", "nothing"}).status == 1);
  BOOST_TEST(ctl({"key", "show", "web/tls"}).status == 2);
  const auto open = ctl({"key", "show", "opcua-server"});
  BOOST_TEST(open.status == 2);
  BOOST_TEST(has(open.err, "opcua-server/GROUP with one of: application, https"));
  for (const std::string text : {"", "web/", "/https", "web//https", "web/https/https/more"}) {
    const auto result = ctl({"key", "show", text});
    BOOST_TEST(result.status == 2);
    BOOST_TEST(has(result.err, "APPLICATION[/GROUP[/TYPE]]"));
  }
}

BOOST_AUTO_TEST_CASE(replaced_keys_are_not_destroyed_unasked) {
  const auto unasked = ctl({"key", "destroy-retired", "web"});
  BOOST_TEST(unasked.status == 2);
  BOOST_TEST(has(unasked.err, "--yes"));
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return !ports.groups.last_asked; }));
  const std::string question = "Destroy the replaced keys of web/https/https, for good? [y/N]";
  BOOST_TEST(run_on_terminal({EDGESEALCTL, "key", "destroy-retired", "web"}, question, "n").status == 1);
  BOOST_TEST(has(ctl({"key", "destroy-retired", "web", "--yes"}).out, "web/https/https: 2 replaced keys destroyed."));
}

BOOST_AUTO_TEST_CASE(a_key_is_imported_with_what_was_said_about_it) {
  const auto key = TestCertificate("x").key_pem();
  const auto result = ctl({"key", "import", "web/https/https", file("key.pem", key), "--format", "PEM", "--protection",
                           "sealed", "--passphrase-file", file("pass", "open sesame\n")});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(has(result.out, "pending key of web/https/https"));
  BOOST_TEST(given().private_key == key);
  BOOST_TEST(given().format == "PEM");
  BOOST_TEST(given().protection == "sealed");
  BOOST_TEST(given().passphrase == "open sesame");
  BOOST_TEST(has(ctl_json({"key", "import", "web", file("key.pem", key)})["public-key"].get<std::string>(),
                 "BEGIN PUBLIC KEY"));
  BOOST_TEST(given().format == "");
  BOOST_TEST(given().passphrase == "");
}

BOOST_AUTO_TEST_CASE(a_key_or_its_passphrase_may_come_from_the_standard_input) {
  BOOST_TEST(ctl({"key", "import", "web", "-"}, "a key").status == 0);
  BOOST_TEST(given().private_key == "a key");
  BOOST_TEST(ctl({"key", "import", "web", file("key", "a key"), "--passphrase-file", "-"}, "secret\r\n").status == 0);
  BOOST_TEST(given().passphrase == "secret");
  const auto both = ctl({"key", "import", "web", "-", "--passphrase-file", "-"}, "x");
  BOOST_TEST(both.status == 2);
  BOOST_TEST(has(both.err, "standard input"));
}

BOOST_AUTO_TEST_CASE(the_passphrase_of_an_encrypted_key_is_asked_for_without_echo) {
  const auto result = run_on_terminal({EDGESEALCTL, "key", "import", "web", file("key.pem", kEncrypted)},
                                      "Passphrase of ", "open sesame");
  BOOST_TEST(result.status == 0);
  BOOST_TEST(given().passphrase == "open sesame");
  BOOST_TEST(!has(result.out, "sesame"));
}

BOOST_AUTO_TEST_CASE(who_interrupts_the_question_ends_the_program_by_the_signal) {
  const auto result =
      run_on_terminal({EDGESEALCTL, "key", "import", "web", file("key.pem", kEncrypted)}, "Passphrase of ", "\x03");
  BOOST_TEST(result.status == 128 + SIGINT);
  BOOST_TEST(nothing_given());
}

BOOST_AUTO_TEST_CASE(without_a_terminal_an_encrypted_key_needs_a_passphrase_file) {
  const auto path = file("key.pem", kEncrypted);
  const auto result = ctl_without_terminal({"key", "import", "web", path});
  BOOST_TEST(result.status == 2);
  BOOST_TEST(result.err == "edgesealctl: Passphrase of " + path +
                               " is needed, and there is no terminal to ask for it\n"
                               "  give --passphrase-file FILE\n");
  BOOST_TEST(nothing_given());
  BOOST_TEST(ctl_without_terminal({"key", "import", "web", path, "--passphrase-file", "-"}, "p").status == 0);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_not_sent) {
  BOOST_TEST(ctl({"key", "import", "web", "/nonexistent"}).status == 2);
  const auto huge = ctl({"key", "import", "web", file("huge", std::string(65537, 'k'))});
  BOOST_TEST(huge.status == 2);
  BOOST_TEST(has(huge.err, "larger than 65536 bytes"));
  BOOST_TEST(
      ctl({"key", "import", "web", file("k", "k"), "--passphrase-file", file("p", std::string(1025, 'p'))}).status ==
      2);
  BOOST_TEST(nothing_given());
}

BOOST_AUTO_TEST_CASE(a_refusal_of_a_key_is_status_1) {
  const auto result = ctl({"key", "import", "web", file("k", "k"), "--format", "JKS"});
  BOOST_TEST(result.status == 1);
  BOOST_TEST(has(result.err, "PEM, DER, PFX, TSS2"));
  BOOST_TEST(has(result.err, "(NotSupported)"));
}

BOOST_AUTO_TEST_CASE(a_key_is_exported_to_a_file_of_its_owner) {
  const auto path = bus.directory() / "web.tss.pem";
  const auto result = ctl({"key", "export-tss", "web", "--out", path});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(has(result.out, "whoever can read the file"));
  BOOST_TEST(content_of(path) ==
             "-----BEGIN TSS2 PRIVATE KEY-----\nVFNTUFJJVktFWQ==\n-----END TSS2 PRIVATE KEY-----\n");
  struct stat status {};
  BOOST_TEST(stat(path.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0600u);
  BOOST_TEST(ctl({"key", "export-tss", "web", "--out", path}).status == 2);
  BOOST_TEST(has(ctl({"key", "export-tss", "web", "--out", "-"}).out, "BEGIN TSS2 PRIVATE KEY"));
  const auto with_passphrase = ctl(
      {"key", "export-tss", "web", "--pending", "--passphrase-file", file("pass", "secret"), "--out", path, "--force"});
  BOOST_TEST(with_passphrase.status == 0);
  BOOST_TEST(!has(with_passphrase.out, "whoever"));
  BOOST_TEST(asked().passphrase == "secret");
  BOOST_TEST((asked().which == dbus::WhichKey::pending));
  BOOST_TEST(ctl({"key", "export-tss", "web"}).status == 2);
}

BOOST_AUTO_TEST_CASE(evidence_goes_into_a_directory_or_json) {
  const auto directory = bus.directory() / "evidence";
  BOOST_TEST(ctl({"key", "certify", "web", "--nonce", "00FFaa", "--out-dir", directory}).status == 0);
  BOOST_TEST(content_of(directory / "public-area.bin") == "public");
  BOOST_TEST(content_of(directory / "certify-info.bin") == "info");
  BOOST_TEST(content_of(directory / "signature.bin") == "signature");
  BOOST_TEST(content_of(directory / "attestation-public-area.bin") == "attestation");
  BOOST_TEST(content_of(directory / "endorsement-1.der") == "endorsement");
  BOOST_TEST((asked().nonce == dbus::Bytes{std::byte{0}, std::byte{0xFF}, std::byte{0xAA}}));
  const auto value = ctl_json({"key", "certify", "web", "--nonce", "01", "--pending"});
  BOOST_TEST(value["signature"] == "7369676e6174757265");
  BOOST_TEST(has(value["endorsement-certificates"][0].get<std::string>(), "BEGIN CERTIFICATE"));
  BOOST_TEST((asked().which == dbus::WhichKey::pending));
}

BOOST_AUTO_TEST_CASE(evidence_needs_a_nonce_and_a_place_to_go) {
  BOOST_TEST(ctl({"key", "certify", "web", "--json"}).status == 2);
  const auto nowhere = ctl({"key", "certify", "web", "--nonce", "00"});
  BOOST_TEST(nowhere.status == 2);
  BOOST_TEST(has(nowhere.err, "--out-dir"));
  for (const std::string nonce : {"0", "0g", "+1", " 1", "0x11"}) {
    BOOST_TEST(ctl({"key", "certify", "web", "--json", "--nonce", nonce}).status == 2);
  }
  BOOST_TEST(ctl({"key", "certify", "web", "--json", "--nonce", std::string(66, '0')}).status == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(ctl_certificate_with_key, Fixture)

BOOST_AUTO_TEST_CASE(a_certificate_is_installed_with_its_key) {
  const TestCertificate leaf("gw1");
  const auto result = ctl({"certificate", "install", "web", file("web.crt", leaf.pem()), "--key",
                           file("web.key", leaf.key_pem()), "--key-format", "PEM", "--protection", "tpm"});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(given().private_key == leaf.key_pem());
  BOOST_TEST(given().format == "PEM");
  BOOST_TEST(given().protection == "tpm");
}

BOOST_AUTO_TEST_CASE(certificate_and_key_may_be_in_one_file_when_that_is_said) {
  const TestCertificate leaf("gw1");
  const auto path = file("web.pem", leaf.pem() + leaf.key_pem());
  const auto refused = ctl({"certificate", "install", "web", path});
  BOOST_TEST(refused.status == 2);
  BOOST_TEST(has(refused.err, "--key FILE"));
  BOOST_TEST(nothing_given());
  BOOST_TEST(ctl({"certificate", "install", "web", path, "--key", path}).status == 0);
  BOOST_TEST(given().private_key == leaf.pem() + leaf.key_pem());
}

BOOST_AUTO_TEST_CASE(options_of_a_key_need_a_key) {
  const auto path = file("web.crt", TestCertificate("gw1").pem());
  const auto result = ctl({"certificate", "install", "web", path, "--protection", "tpm"});
  BOOST_TEST(result.status == 2);
  BOOST_TEST(has(result.err, "--key FILE"));
  BOOST_TEST(ctl({"certificate", "install", "web", "-", "--key", "-"}).status == 2);
}

BOOST_AUTO_TEST_CASE(a_self_signed_certificate_is_made_and_installed) {
  const auto der = TestCertificate("gw1").der();
  const std::string text(der.begin(), der.end());
  change([&](auto& ports) { ports.groups.self_signed = dbus::fake::bytes(text); });
  const auto result = ctl({"certificate", "self-signed", "web", "--days", "30", "--subject", "CN=gw1", "--dns", "a",
                           "--dns", "b", "--ip", "192.0.2.1"});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(result.out ==
             "Installed a self-signed certificate of web/https/https, valid until 2027-01-01T00:00:00Z.\n");
  const auto seen = service.in_loop([](auto& ports, auto&) { return *ports.groups.last_self_signed; });
  BOOST_TEST(seen.lifetime_days == 30u);
  BOOST_TEST(seen.subject == "CN=gw1");
  BOOST_TEST((seen.dns_names == std::vector<std::string>{"a", "b"}));
  BOOST_TEST(seen.ip_addresses == std::vector<std::string>{"192.0.2.1"});
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return ports.groups.active.size(); }) == 1u);
  BOOST_TEST(ctl_json({"certificate", "self-signed", "web"})["serial"] == "1234");
  for (const std::string days : {"0", "65536", "-1", "many"}) {
    BOOST_TEST(ctl({"certificate", "self-signed", "web", "--days", days}).status == 2);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
