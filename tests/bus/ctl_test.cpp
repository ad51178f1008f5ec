// edgesealctl as a program against the service on a private bus.

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/bus/ctl_fixture.h"
#include "tests/bus/terminal.h"
#include "tests/fakes/test_certificate.h"

namespace edgeseal::test {
using nlohmann::json;

BOOST_FIXTURE_TEST_SUITE(edgesealctl, CtlFixture)

BOOST_AUTO_TEST_CASE(status_is_a_table_for_people) {
  const auto result = ctl({"status"});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(result.out ==
             "TPM             ready\n"
             "  manufacturer  SW\n"
             "  revision      1.64\n"
             "Setup           setup-open\n"
             "                the device was never configured\n"
             "Applications    opcua-server, web\n"
             "Agent           1.2.3\n");
  BOOST_TEST(result.err == "");
}

BOOST_AUTO_TEST_CASE(status_is_json_for_programs) {
  const auto status = ctl_json({"status"});
  BOOST_TEST(status["version"] == "1.2.3");
  BOOST_TEST(status["tpm"]["health"] == "ready");
  BOOST_TEST(status["setup-reason"] == "the device was never configured");
  BOOST_TEST(status["applications"] == json({"opcua-server", "web"}));
  BOOST_TEST(json::parse(ctl({"--json", "status"}).out) == status);
}

BOOST_AUTO_TEST_CASE(a_sick_tpm_is_shown_with_what_to_do) {
  service.in_loop([](auto& ports, auto&) { return ports.agent.tpm = {"absent", "No TPM at /dev/tpmrm0.", {}}, 0; });
  const auto result = ctl({"status"});
  BOOST_TEST(has(result.out, "absent"));
  BOOST_TEST(has(result.out, "No TPM at /dev/tpmrm0."));
}

BOOST_AUTO_TEST_CASE(the_status_is_shown_when_the_tpm_was_opened_and_asked_for_the_setup) {
  for (const char* awaited : {R"({"tpm": {"health": "absent", "awaited": true}, "setup": {"awaits-tpm": false}})",
                              R"({"tpm": {"health": "ready", "awaited": false}, "setup": {"awaits-tpm": true}})"}) {
    change([&](auto& ports) { ports.agent.earlier_descriptions.assign(10, awaited); });
    BOOST_TEST(ctl({"status"}).status == 0);
    BOOST_TEST(awaited_descriptions() == 0U);
  }
}

BOOST_AUTO_TEST_CASE(a_tpm_that_has_spoken_is_not_waited_for) {
  change([](auto& ports) {
    ports.agent.earlier_descriptions.assign(
        10, R"({"tpm": {"health": "absent", "awaited": false}, "setup": {"awaits-tpm": false}})");
  });
  BOOST_TEST(ctl({"status"}).status == 0);
  BOOST_TEST(awaited_descriptions() == 8U);  // one to know it, one to show
}

BOOST_AUTO_TEST_CASE(a_setup_that_is_not_over_is_shown_with_why) {
  for (const std::string state : {"setup-locked", "locked-out"}) {
    change([&](auto& ports) { ports.setup.info = {.state = state, .reason = "it waits for a password"}; });
    BOOST_TEST(has(ctl({"status"}).out, "Setup           " + state + "\n                it waits for a password\n"));
  }
  change([](auto& ports) { ports.setup.info = {.state = "operational", .reason = "it was configured"}; });
  BOOST_TEST(!has(ctl({"status"}).out, "it was configured"));
}

BOOST_AUTO_TEST_CASE(applications_are_listed_shown_created_and_deleted) {
  BOOST_TEST(ctl({"application", "list"}).out ==
             "NAME          GROUPS              ACCOUNT   URI         ORIGIN\n"
             "opcua-server  application, https  -         urn:gw:opc  /etc/x.toml\n"
             "web           https               www-data  urn:gw:web  bus\n");
  BOOST_TEST(ctl({"application", "list", "--names"}).out == "opcua-server\nweb\n");
  BOOST_TEST(ctl_json({"application", "show", "web"})["access"] == json({"user=www-data"}));
  BOOST_TEST(has(ctl({"application", "show", "web"}).out, "/pki/web/https"));
  const auto created = ctl({"application", "create", "mqtt", "--uri", "urn:m", "--account", "mosquitto", "--access",
                            "user=a", "--access", "unit=b.service", "--slot", "tls/tls-server", "--slot",
                            "tls/tls-client=rsa-2048", "--legacy", "sha1-signatures"});
  BOOST_TEST(created.status == 0);
  const auto seen = service.in_loop([](auto& ports, auto&) { return *ports.agent.last_created; });
  BOOST_TEST(seen.application_uri == "urn:m");
  BOOST_TEST(seen.account == "mosquitto");
  BOOST_TEST((seen.access == std::vector<std::string>{"user=a", "unit=b.service"}));
  BOOST_TEST((seen.slots == std::vector<std::string>{"tls/tls-server", "tls/tls-client=rsa-2048"}));
  BOOST_TEST(seen.legacy == std::vector<std::string>{"sha1-signatures"});
  BOOST_TEST(has(created.out, "Legacy   sha1-signatures\n"));
  BOOST_TEST(ctl_json({"application", "show", "opcua-server"})["legacy"] == json({"pkcs1-decryption"}));
  BOOST_TEST(ctl({"application", "delete", "mqtt", "--yes"}).status == 0);
  BOOST_TEST(ctl({"application", "show", "mqtt"}).status == 1);
}

BOOST_AUTO_TEST_CASE(an_application_is_not_deleted_unasked) {
  const auto unasked = ctl({"application", "delete", "web"});
  BOOST_TEST(unasked.status == 2);
  BOOST_TEST(has(unasked.err, "nothing was changed"));
  BOOST_TEST(has(unasked.err, "--yes"));
  const std::vector<std::string> command{EDGESEALCTL, "application", "delete", "web"};
  const std::string question = "Delete web with its keys and certificates, for good? [y/N]";
  const auto no = run_on_terminal(command, question, "n");
  BOOST_TEST(no.status == 1);
  BOOST_TEST(has(no.out, "nothing was changed"));
  BOOST_TEST(!has(no.out, "--yes"));
  BOOST_TEST(ctl({"application", "show", "web"}).status == 0);
  BOOST_TEST(run_on_terminal(command, question, "y").status == 0);
  BOOST_TEST(ctl({"application", "show", "web"}).status == 1);
}

BOOST_AUTO_TEST_CASE(a_device_is_not_reset_unasked) {
  const auto unasked = ctl({"setup", "reset"});
  BOOST_TEST(unasked.status == 2);
  BOOST_TEST(has(unasked.err, "give --yes to do it unasked"));
  const auto no = run_on_terminal({EDGESEALCTL, "setup", "reset"},
                                  "Destroy the keys, certificates and trust of all applications, for good? [y/N]", "n");
  BOOST_TEST(no.status == 1);
}

BOOST_AUTO_TEST_CASE(a_refusal_of_the_agent_names_the_cause_and_is_status_1) {
  const auto twice = ctl({"application", "create", "web"});
  BOOST_TEST(twice.status == 1);
  BOOST_TEST(twice.out == "");
  BOOST_TEST(twice.err == "edgesealctl: there is an application web (EntryExists)\n");
  const auto unknown = ctl({"certificate", "show", "nothing"});
  BOOST_TEST(unknown.status == 1);
  BOOST_TEST(has(unknown.err, "no application \"nothing\""));
  BOOST_TEST(has(unknown.err, "edgesealctl application list"));
}

BOOST_AUTO_TEST_CASE(a_request_is_pem_on_the_standard_output) {
  const auto result =
      ctl({"csr", "web", "--subject", "CN=gw", "--dns", "a", "--dns", "b", "--ip", "192.0.2.1", "--new-key"});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(result.out ==
             "-----BEGIN CERTIFICATE REQUEST-----\ncmVxdWVzdCBmb3IgaHR0cHM=\n-----END CERTIFICATE REQUEST-----\n");
  const auto seen = service.in_loop([](auto& ports, auto&) { return *ports.groups.last_request; });
  BOOST_TEST(seen.subject == "CN=gw");
  BOOST_TEST((seen.dns_names == std::vector<std::string>{"a", "b"}));
  BOOST_TEST(seen.ip_addresses == std::vector<std::string>{"192.0.2.1"});
  BOOST_TEST(seen.regenerate_private_key);
}

BOOST_AUTO_TEST_CASE(a_request_goes_to_a_file_which_is_not_replaced_unless_forced) {
  const auto path = bus.directory() / "web.csr";
  BOOST_TEST(ctl({"csr", "web", "--out", path, "--der"}).status == 0);
  BOOST_TEST(content_of(path) == "request for https");
  const auto again = ctl({"csr", "web", "--out", path});
  BOOST_TEST(again.status == 2);
  BOOST_TEST(has(again.err, "--force"));
  const auto both = ctl({"csr", "web", "--der", "--json"});
  BOOST_TEST(both.status == 2);
  BOOST_TEST(has(both.err, "--der and --json"));
  BOOST_TEST(content_of(path) == "request for https");
  BOOST_TEST(ctl({"csr", "web", "--out", path, "--force"}).status == 0);
  BOOST_TEST(has(content_of(path), "BEGIN CERTIFICATE REQUEST"));
}

BOOST_AUTO_TEST_CASE(where_there_is_a_choice_the_group_must_be_said) {
  const auto result = ctl({"csr", "opcua-server"});
  BOOST_TEST(result.status == 2);
  BOOST_TEST(has(result.err, "--group"));
  BOOST_TEST(has(result.err, "application, https"));
  BOOST_TEST(ctl({"csr", "opcua-server", "--group", "application"}).status == 0);
  BOOST_TEST(ctl({"csr", "opcua-server", "--group", "tls"}).status == 2);
  BOOST_TEST(ctl({"csr", "web", "--type", "rsa-sha256"}).status == 2);
}

BOOST_AUTO_TEST_CASE(a_slot_may_be_one_word_wherever_its_parts_may_be_options) {
  BOOST_TEST(ctl({"csr", "opcua-server/application"}).status == 0);
  BOOST_TEST(ctl({"csr", "web/https/https", "--group", "https"}).status == 0);
  const auto two = ctl({"csr", "opcua-server/application", "--group", "https"});
  BOOST_TEST(two.status == 2);
  BOOST_TEST(has(two.err, "\"application\" is not what --group says: \"https\""), two.err);
  BOOST_TEST(ctl({"csr", "web/https/https/more"}).status == 2);
  const auto installed = ctl({"certificate", "install", "web/https", "-"}, TestCertificate("gw1").pem());
  BOOST_TEST(has(installed.out, "Installed the certificate of web/https/https"));
  BOOST_TEST(ctl_json({"certificate", "show", "web/https/https"}).size() == 1u);
  BOOST_TEST(ctl({"certificate", "show", "web/tls"}).status == 2);
  BOOST_TEST(ctl({"certificate", "show", "web/https/tls"}).status == 2);
}

BOOST_AUTO_TEST_CASE(a_certificate_is_installed_with_its_chain_and_shown) {
  const TestCertificate leaf("gw1", "DNS:gw1.example.com,IP:192.0.2.1");
  const TestCertificate issuer("issuing CA");
  const TestCertificate root("root CA");
  const auto result = ctl({"certificate", "install", "web", file("web.crt", leaf.pem() + issuer.pem()), "--chain",
                           file("root.crt", root.pem())});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(result.out == "Installed the certificate of web/https/https, valid until 2027-01-01T00:00:00Z.\n");
  const auto active = service.in_loop([](auto& ports, auto&) { return ports.groups.active; });
  BOOST_REQUIRE(active.size() == 1u);
  BOOST_TEST(active[0].certificate.size() == leaf.der().size());
  BOOST_TEST(active[0].issuer_certificates.size() == 2u);

  const auto shown = ctl({"certificate", "show", "web"});
  BOOST_TEST(has(shown.out, "Subject  CN=gw1\n"));
  BOOST_TEST(has(shown.out, "Names    gw1.example.com, 192.0.2.1\n"));
  BOOST_TEST(has(shown.out, "Valid    2026-01-01T00:00:00Z to 2027-01-01T00:00:00Z\n"));
  const auto values = ctl_json({"certificate", "show", "web"});
  BOOST_TEST(values[0]["serial"] == "1234");
  BOOST_TEST(values[0]["certificate"] == leaf.pem());
  BOOST_TEST(values[0]["issuer-certificates"] == issuer.pem() + root.pem());
}

BOOST_AUTO_TEST_CASE(a_certificate_may_be_der_or_come_from_the_standard_input) {
  const TestCertificate leaf("gw1");
  const auto der = leaf.der();
  BOOST_TEST(ctl({"certificate", "install", "web", file("web.der", {der.begin(), der.end()})}).status == 0);
  BOOST_TEST(ctl({"certificate", "install", "web", "-"}, leaf.pem()).status == 0);
}

BOOST_AUTO_TEST_CASE(with_no_apply_nothing_changes) {
  const auto result = ctl({"certificate", "install", "web", "-", "--no-apply"}, TestCertificate("gw1").pem());
  BOOST_TEST(result.status == 0);
  BOOST_TEST(has(result.out, "nothing was changed"));
  const auto both = ctl({"certificate", "install", "web", "-", "--no-apply", "--confirm-within", "60"});
  BOOST_TEST(both.status == 2);
  BOOST_TEST(has(both.err, "--no-apply"));
  BOOST_TEST(has(both.err, "--confirm-within"));
  BOOST_TEST(service.comes_true(
      [](auto& ports, auto&) { return ports.groups.active.empty() && ports.transactions.active.empty(); }));
}

BOOST_AUTO_TEST_CASE(what_is_no_certificate_is_refused_before_the_agent_hears_of_it) {
  const auto garbage = ctl({"certificate", "install", "web", file("x", "garbage")});
  BOOST_TEST(garbage.status == 2);
  BOOST_TEST(has(garbage.err, "holds no certificate"));
  const auto key =
      ctl({"certificate", "install", "web", "-"}, TestCertificate("gw1").pem() + TestCertificate("gw1").key_pem());
  BOOST_TEST(key.status == 2);
  BOOST_TEST(has(key.err, "private key"));
  BOOST_TEST(has(key.err, "give --key FILE"));
  const auto chain = ctl({"certificate", "install", "web", file("a.crt", TestCertificate("gw1").pem()), "--chain",
                          file("b.crt", TestCertificate("gw1").key_pem())});
  BOOST_TEST(has(chain.err, "b.crt holds a private key\n  give certificates alone"), chain.err);
  BOOST_TEST(ctl({"certificate", "install", "web", "-"}, std::string(2 * 1024 * 1024, 'x')).status == 2);
  BOOST_TEST(ctl({"certificate", "install", "web", "/nonexistent"}).status == 2);
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return ports.audit.records.empty(); }));
}

BOOST_AUTO_TEST_CASE(describe_is_json_either_way) {
  BOOST_TEST(ctl_json({"describe"})["version"] == "1.2.3");
  BOOST_TEST(has(ctl({"describe"}).out, "\n  \"version\": \"1.2.3\"\n"));
}

BOOST_AUTO_TEST_CASE(a_wrong_command_line_is_status_2_and_says_what_is_wrong) {
  BOOST_TEST(ctl({}).status == 2);
  const auto unknown = ctl({"frobnicate"});
  BOOST_TEST(unknown.status == 2);
  BOOST_TEST(has(unknown.err, "\"frobnicate\""));
  BOOST_TEST(ctl({"application", "create"}).status == 2);
  BOOST_TEST(ctl({"status", "--no-such-option"}).status == 2);
  BOOST_TEST(ctl({"application", "show", ""}).status != 0);
}

BOOST_AUTO_TEST_CASE(a_wrong_command_line_leads_to_the_help_of_the_command_that_was_reached) {
  const std::string mark = "edgesealctl: ";
  BOOST_TEST(ctl({"trust", "lst"}).err ==
             mark + "there is no command \"trust lst\"\n  see: edgesealctl trust --help\n");
  BOOST_TEST(ctl({"device", "identity", "shwo"}).err ==
             mark + "there is no command \"device identity shwo\"\n  see: edgesealctl device identity --help\n");
  BOOST_TEST(ctl({"trust", "--all"}).err == mark + "there is no option \"--all\"\n  see: edgesealctl trust --help\n");
  BOOST_TEST(ctl({"frobnicate"}).err == mark + "there is no command \"frobnicate\"\n  see: edgesealctl --help\n");
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"application", "create"}, {"application", "create", "x", "y"}}) {
    const auto result = ctl(wrong);
    BOOST_TEST(result.status == 2);
    BOOST_TEST(has(result.err, "see: edgesealctl application create --help\n"), result.err);
  }
  BOOST_TEST(has(ctl({"changes"}).err, "see: edgesealctl changes --help\n"));
}

BOOST_AUTO_TEST_CASE(help_and_version_succeed_without_an_agent) {
  for (const std::vector<std::string>& command : {std::vector<std::string>{"--help"},
                                                  {"status", "--help"},
                                                  {"csr", "--help"},
                                                  {"application", "create", "--help"},
                                                  {"certificate", "install", "--help"},
                                                  {"certificate", "self-signed", "--help"},
                                                  {"key", "import", "--help"},
                                                  {"key", "export-tss", "--help"},
                                                  {"key", "certify", "--help"},
                                                  {"attach", "--help"},
                                                  {"detach", "--help"},
                                                  {"attachments", "--help"},
                                                  {"openssl-conf", "--help"},
                                                  {"pcr", "approval-request", "--help"},
                                                  {"tpm", "activate-credential", "--help"}}) {
    const auto help = ctl(command);
    BOOST_TEST(help.status == 0);
    BOOST_TEST(has(help.out, "Example:"));
  }
  BOOST_TEST(ctl({"--version"}).out == "edgesealctl " EDGESEAL_VERSION "\n");
}

BOOST_AUTO_TEST_CASE(without_an_agent_the_status_is_3_with_how_to_start_it) {
  service.end_service();
  const auto result = ctl({"status"});
  BOOST_TEST(result.status == 3);
  BOOST_TEST(has(result.err, "the agent is not running"));
  BOOST_TEST(has(result.err, "systemctl start edgeseald.service"));
}

BOOST_AUTO_TEST_CASE(without_a_bus_the_status_is_3) {
  bus.stop();
  const auto result = ctl({"status"});
  BOOST_TEST(result.status == 3);
  BOOST_TEST(has(result.err, "system bus"));
}

BOOST_AUTO_TEST_CASE(an_unprivileged_user_is_told_what_would_be_needed) {
  if (geteuid() != 0) return;
  const auto result = run_program(
      {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", EDGESEALCTL, "application", "create", "x"},
      bus.directory());
  BOOST_TEST(result.status == 1);
  BOOST_TEST(has(result.err, "org.edgeseal.manage-applications"));
  BOOST_TEST(has(result.err, "edgeseal-admin"));
}

BOOST_AUTO_TEST_CASE(without_a_terminal_each_secret_has_a_file_of_its_own) {
  const auto wanted = [&](std::vector<std::string> arguments, const std::string& prompt, const std::string& option) {
    const auto result = ctl_without_terminal(std::move(arguments));
    BOOST_TEST(result.status == 2);
    BOOST_TEST(result.err == "edgesealctl: " + prompt + " is needed, and there is no terminal to ask for it\n  give " +
                                 option + " FILE\n");
  };
  const auto der = TestCertificate("plant").der();
  const auto plant = file("plant.der", std::string(der.begin(), der.end()));
  const auto bundle = (bus.directory() / "bundle").string();
  std::vector<std::string> create = {"bundle", "create", "--url",        "https://provision.example.com/device",
                                     "--ca",   plant,    "--iterations", "210000",
                                     "--out",  bundle};
  BOOST_TEST(ctl(create).status == 0);
  wanted({"bundle", "open", bundle}, "Code of the bundle", "--code-file");
  wanted({"bundle", "submit-pin", "--session", "1"}, "PIN of the bundle", "--pin-file");
  wanted({"setup", "open"}, "One-time password", "--password-file");
  create.back() = bundle + "-with-key";
  create.insert(create.end(), {"--pkcs12", plant});
  wanted(create, "Passphrase of " + plant, "--pkcs12-passphrase-file");
}

BOOST_AUTO_TEST_CASE(a_bundle_does_not_go_where_its_code_goes) {
  const auto result =
      ctl({"bundle", "create", "--url", "https://provision.example.com", "--ca", "/dev/null", "--out", "-"});
  BOOST_TEST(result.status == 2);
  BOOST_TEST(has(result.err, "where its code goes"), result.err);
  const auto again = ctl(
      {"bundle", "create", "--url", "https://provision.example.com", "--ca", "/dev/null", "--out", file("there", "")});
  BOOST_TEST(again.status == 2);
  BOOST_TEST(has(again.err, "there exists\n  choose another name, or move it away\n"), again.err);
}

BOOST_AUTO_TEST_CASE(control_characters_of_others_do_not_reach_the_terminal) {
  service.in_loop([](auto& ports, auto&) { return ports.setup.info.state = "\033[31mred", 0; });
  BOOST_TEST(has(ctl({"status"}).out, "?[31mred"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
