// edgesealctl trust and changes against the service on a private bus.

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "dbus/ctl/trust_material.h"
#include "dbus/wire_types.h"
#include "jose/base64.h"
#include "tests/bus/ctl_fixture.h"
#include "tests/bus/terminal.h"
#include "tests/fakes/test_certificate.h"
#include "tests/fakes/test_crl.h"

namespace edgeseal::test {
namespace {

using nlohmann::json;

const dbus::GroupName kWeb{"web", "https"};

dbus::Bytes to_bytes(const std::vector<uint8_t>& der) {
  return dbus::to_bytes(der);
}

std::string text(const std::vector<uint8_t>& der) {
  return {der.begin(), der.end()};
}

struct Fixture : CtlFixture {
  TestCertificate alice{"alice"};
  TestCertificate bob{"bob"};
  std::string alice_file = file("alice.pem", alice.pem());
  std::string bob_file = file("bob.der", text(bob.der()));

  dbus::TrustListContents list() {
    return service.in_loop([](auto& ports, auto&) { return ports.trust_lists.lists[kWeb]; });
  }
  void trust(const std::vector<TestCertificate*>& certificates) {
    change([&](auto& ports) {
      for (const auto* certificate : certificates) {
        ports.trust_lists.lists[kWeb].trusted_certificates.push_back(to_bytes(certificate->der()));
        ports.trust_lists.thumbprints[ctl::thumbprint_of(certificate->der())] = to_bytes(certificate->der());
      }
    });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(edgesealctl_trust, Fixture)

BOOST_AUTO_TEST_CASE(lists_are_shown_with_how_they_are) {
  change([](auto& ports) {
    ports.trust_lists.infos[kWeb] = {1767225600000000, 2592000000, 60000, 64 + 1, 1024, 0, true, true, true};
    ports.trust_lists.infos[{"opcua-server", "https"}] = {0, 0, 60000, 64, 1024, 0, true, false, false};
  });
  const auto result = ctl({"trust", "list"});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(has(result.out, "web/https                 2026-01-01T00:00:00Z  30d"));
  BOOST_TEST(has(result.out, "certificate-expired"));
  BOOST_TEST(has(result.out, "out of date"));
  BOOST_TEST(has(result.out, "damaged: the list before it is in use, or none"));
  const auto values = ctl_json({"trust", "list"});
  BOOST_TEST(values.size() == 3u);
  BOOST_TEST(values[2]["list"] == "web/https");
  BOOST_TEST(values[2]["suppressed"] == json({"certificate-expired"}));
}

BOOST_AUTO_TEST_CASE(files_and_directories_become_trusted_in_one_transaction) {
  const auto directory = bus.directory() / "peers";
  std::filesystem::create_directories(directory / "crl");
  std::filesystem::rename(bob_file, directory / "bob.der");
  std::ofstream(directory / "crl" / "ca.crl") << test_crl_pem("alice");
  const auto result = ctl({"trust", "add", "web", alice_file, directory});
  BOOST_TEST(result.err == "");
  BOOST_TEST(result.out == "Added 2 certificates and 1 CRL to the trusted of web/https.\n");
  BOOST_TEST(list().trusted_certificates.size() == 2u);
  BOOST_TEST(list().trusted_crls.size() == 1u);
  BOOST_TEST(list().issuer_certificates.empty());
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return ports.transactions.diagnostics["web"].result; }) ==
             "Good");
}

BOOST_AUTO_TEST_CASE(what_is_trusted_already_is_not_added_twice_and_nothing_is_applied) {
  trust({&alice});
  const auto result = ctl({"trust", "add", "web", alice_file});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(result.out == "All of it is in web/https already.\n");
  BOOST_TEST(list().trusted_certificates.size() == 1u);
}

BOOST_AUTO_TEST_CASE(issuers_go_to_their_own_list) {
  BOOST_TEST(ctl({"trust", "add", "web", alice_file, "--issuer"}).status == 0);
  BOOST_TEST(list().trusted_certificates.empty());
  BOOST_TEST(list().issuer_certificates.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_rejected_peer_is_trusted_by_its_thumbprint) {
  BOOST_TEST(ctl({"trust", "validate", "web", alice_file}).status == 1);
  const auto rejected = ctl_json({"trust", "rejected", "web"});
  BOOST_REQUIRE(rejected.size() == 1u);
  BOOST_TEST(rejected[0]["subject"] == "CN=alice");
  BOOST_TEST(ctl({"trust", "add", "web", rejected[0]["thumbprint"]}).status == 0);
  BOOST_TEST(ctl({"trust", "validate", "web", alice_file}).out == "Trusted by web/https.\n");
  const auto unknown = ctl({"trust", "add", "web", std::string(40, 'a')});
  BOOST_TEST(unknown.status == 2);
  BOOST_TEST(has(unknown.err, "edgesealctl trust rejected"));
}

BOOST_AUTO_TEST_CASE(certificates_are_removed_by_file_and_by_thumbprint) {
  trust({&alice, &bob});
  const auto thumbprint = ctl::thumbprint_of(bob.der());
  std::string with_colons;
  for (size_t i = 0; i < thumbprint.size(); i += 2) with_colons += (i == 0 ? "" : ":") + thumbprint.substr(i, 2);
  BOOST_TEST(ctl({"trust", "remove", "web", alice_file, with_colons}).status == 0);
  BOOST_TEST(list().trusted_certificates.empty());
  const auto gone = ctl({"trust", "remove", "web", alice_file});
  BOOST_TEST(gone.status == 1);
  BOOST_TEST(has(gone.err, "(InvalidArgument)"));
}

BOOST_AUTO_TEST_CASE(a_crl_alone_is_not_removed_as_a_certificate) {
  const auto result = ctl({"trust", "remove", "web", file("ca.crl", test_crl_pem("alice"))});
  BOOST_TEST(result.status == 2);
  BOOST_TEST(has(result.err, "ca.crl holds no certificate"));
  BOOST_TEST(has(result.err, "edgesealctl trust write"));
}

BOOST_AUTO_TEST_CASE(a_refused_file_among_several_changes_nothing) {
  const auto bad = ctl({"trust", "add", "web", alice_file, file("text", "no certificate")});
  BOOST_TEST(bad.status == 2);
  BOOST_TEST(has(bad.err, "text holds neither a certificate nor a CRL"));
  BOOST_TEST(list().trusted_certificates.empty());
  trust({&alice});
  BOOST_TEST(ctl({"trust", "remove", "web", alice_file, bob_file}).status == 1);
  BOOST_TEST(list().trusted_certificates.size() == 1u);
  BOOST_TEST(service.comes_true([](auto& ports, auto&) { return ports.transactions.active.empty(); }));
}

BOOST_AUTO_TEST_CASE(private_keys_beside_certificates_are_passed_over) {
  const auto both = file("both.pem", alice.key_pem() + alice.pem());
  BOOST_TEST(ctl({"trust", "add", "web", both}).status == 0);
  BOOST_TEST(list().trusted_certificates.size() == 1u);
  BOOST_TEST(ctl({"trust", "add", "web", file("key.pem", bob.key_pem())}).status == 2);
}

BOOST_AUTO_TEST_CASE(a_list_is_shown_with_thumbprints_and_what_crls_revoke) {
  trust({&alice});
  change([](auto& ports) { ports.trust_lists.lists[kWeb].trusted_crls = {to_bytes(test_crl_der("plant-ca", 3))}; });
  const auto result = ctl({"trust", "show", "web"});
  BOOST_TEST(has(result.out, ctl::thumbprint_of(alice.der())));
  BOOST_TEST(has(result.out, "CN=alice"));
  BOOST_TEST(has(result.out, "3 revoked by CN=plant-ca"));
  const auto values = ctl_json({"trust", "show", "web"});
  BOOST_TEST(values[0]["thumbprint"] == ctl::thumbprint_of(alice.der()));
  BOOST_TEST(values[1]["revoked"] == 3);
  BOOST_TEST(has(ctl({"trust", "show", "opcua-server/https"}).out, "trusts nobody"));
}

BOOST_AUTO_TEST_CASE(a_list_is_read_and_written_back_as_pem_and_as_ua_binary) {
  trust({&alice, &bob});
  const auto original = list();
  const std::string blob = bus.directory() / "list.bin";
  const std::string pem = bus.directory() / "list.pem";
  BOOST_TEST(ctl({"trust", "read", "web", "--blob", "--out", blob}).status == 0);
  BOOST_TEST(ctl({"trust", "read", "web", "--trusted", "--out", pem}).status == 0);
  BOOST_TEST(ctl({"trust", "read", "web", "--out", pem}).status == 2);  // it exists
  BOOST_TEST((dbus::fake::from_ua_binary(dbus::fake::bytes(content_of(blob))).trusted_certificates ==
              original.trusted_certificates));
  for (const auto& arguments : {std::vector<std::string>{"--blob", blob}, std::vector<std::string>{"--trusted", pem}}) {
    change([](auto& ports) { ports.trust_lists.lists.clear(); });
    std::vector<std::string> command{"trust", "write", "web"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    BOOST_TEST(ctl(command).err == "");
    BOOST_TEST((list().trusted_certificates == original.trusted_certificates));
  }
}

BOOST_AUTO_TEST_CASE(a_list_is_read_as_one_json_value) {
  trust({&alice});
  const auto pem = ctl({"trust", "read", "web", "--trusted"}).out;
  BOOST_TEST(ctl_json({"trust", "read", "web", "--trusted"}) == json({{"list", "web/https"}, {"pem", pem}}));
  const auto as_blob = ctl_json({"trust", "read", "web", "--blob"});
  BOOST_TEST(as_blob["list"] == "web/https");
  const auto blob = jose::decode_base64(as_blob["blob"].get<std::string>(), "blob");
  BOOST_TEST(
      (dbus::fake::from_ua_binary({blob.begin(), blob.end()}).trusted_certificates == list().trusted_certificates));
}

BOOST_AUTO_TEST_CASE(a_time_that_there_is_not_is_null) {
  BOOST_TEST(ctl({"trust", "add", "web", alice_file}).status == 0);
  change([](auto& ports) { ports.transactions.diagnostics["web"].end_time = 0; });
  BOOST_TEST(ctl_json({"changes", "show", "web"})["end-time"].is_null());
  BOOST_TEST(ctl_json({"trust", "list"})[0]["last-update"].is_null());
}

BOOST_AUTO_TEST_CASE(a_write_replaces_what_is_given_and_leaves_the_rest) {
  trust({&alice});
  BOOST_TEST(ctl({"trust", "write", "web", "--issuers", bob_file}).status == 0);
  BOOST_TEST((list().trusted_certificates == std::vector<dbus::Bytes>{to_bytes(alice.der())}));
  BOOST_TEST((list().issuer_certificates == std::vector<dbus::Bytes>{to_bytes(bob.der())}));
}

BOOST_AUTO_TEST_CASE(a_list_that_would_trust_nobody_must_be_meant) {
  trust({&alice});
  const auto empty = bus.directory() / "empty";
  std::filesystem::create_directory(empty);
  const auto refused = ctl({"trust", "write", "web", "--trusted", empty});
  BOOST_TEST(refused.status == 2);
  BOOST_TEST(has(refused.err, "--force"));
  BOOST_TEST(list().trusted_certificates.size() == 1u);
  BOOST_TEST(ctl({"trust", "write", "web", "--trusted", empty, "--force"}).status == 0);
  BOOST_TEST(list().trusted_certificates.empty());
  BOOST_TEST(ctl({"trust", "write", "web"}).status == 2);
}

BOOST_AUTO_TEST_CASE(a_damaged_blob_is_refused_before_the_agent_hears_of_it) {
  for (const std::string& blob : {std::string(3, '\0'), std::string("\x0f\0\0\0\xff\xff\xff\x7f", 8),
                                  std::string("\x0f\0\0\0", 4) + std::string(16, '\xff') + "x"}) {
    const auto result = ctl({"trust", "write", "web", "--force", "--blob", file("blob", blob)});
    BOOST_TEST(result.status == 2);
    BOOST_TEST(has(result.err, "no trust list in UA Binary"));
  }
}

BOOST_AUTO_TEST_CASE(a_large_list_is_written_in_parts_and_read_as_a_file) {
  const std::vector<uint8_t> der = alice.der();
  dbus::TrustListContents large;
  large.specified_lists = 1;
  large.trusted_certificates = std::vector<dbus::Bytes>(5000, to_bytes(der));
  const auto blob = dbus::fake::ua_binary(large);
  const auto path = file("large", {reinterpret_cast<const char*>(blob.data()), blob.size()});
  BOOST_TEST(ctl({"trust", "write", "web", "--blob", path}).err == "");
  const auto writes = service.in_loop([](auto& ports, auto&) { return ports.trust_lists.writes; });
  BOOST_TEST(writes.size() > 4u);
  BOOST_TEST(list().trusted_certificates.size() == 5000u);
  const std::string back = bus.directory() / "back";
  BOOST_TEST(ctl({"trust", "read", "web", "--trusted", "--blob", "--out", back}).status == 0);
  const auto read = dbus::fake::from_ua_binary(dbus::fake::bytes(content_of(back)));
  BOOST_TEST((read.trusted_certificates == large.trusted_certificates));
}

BOOST_AUTO_TEST_CASE(progress_is_told_on_a_terminal_and_nowhere_else) {
  dbus::TrustListContents large;
  large.trusted_certificates = std::vector<dbus::Bytes>(30, dbus::Bytes(60000, std::byte{1}));
  const auto blob = dbus::fake::ua_binary(large);
  const auto path = file("large", {reinterpret_cast<const char*>(blob.data()), blob.size()});
  BOOST_TEST(ctl({"trust", "write", "web", "--blob", path}).err == "");
  const auto seen = run_on_terminal({EDGESEALCTL, "trust", "write", "web", "--blob", path}, "", "");
  BOOST_TEST(seen.status == 0);
  BOOST_TEST(has(seen.out, "writing the trust list: 100 %"));
}

BOOST_AUTO_TEST_CASE(changes_wait_to_be_confirmed) {
  const auto result = ctl({"trust", "add", "web", alice_file, "--confirm-within", "60"});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(has(result.out, "edgesealctl changes confirm web"));
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return ports.transactions.last_options->confirm_within; }) ==
             std::chrono::seconds(60));
  const auto busy = ctl({"trust", "remove", "web", alice_file});
  BOOST_TEST(busy.status == 1);
  BOOST_TEST(ctl({"changes", "confirm", "web"}).out == "The changes of web stay.\n");
  BOOST_TEST(has(ctl({"changes", "confirm", "web"}).err, "NothingToDo"));
  BOOST_TEST(ctl({"trust", "add", "web", bob_file, "--confirm-within", "1m"}).status == 0);
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return ports.transactions.last_options->confirm_within; }) ==
             std::chrono::seconds(60));
  BOOST_TEST(ctl({"changes", "confirm", "web"}).status == 0);
  for (const std::string wrong : {"0", "0s", "86401", "2d", "soon", "-5", "5.5"})
    BOOST_TEST(ctl({"trust", "add", "web", bob_file, "--confirm-within", wrong}).status == 2, wrong);
}

BOOST_AUTO_TEST_CASE(a_certificate_is_installed_on_trial) {
  const auto result = ctl({"certificate", "install", "web", alice_file, "--confirm-within", "30"});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(has(result.out, "In 30 s all is as it was before"));
}

BOOST_AUTO_TEST_CASE(what_became_of_changes_is_shown) {
  const auto none = ctl({"changes", "show", "web"});
  BOOST_TEST(none.status == 1);
  BOOST_TEST(has(none.err, "OutOfService"));
  BOOST_TEST(ctl({"trust", "add", "web", alice_file}).status == 0);
  const auto shown = ctl({"changes", "show", "web"});
  BOOST_TEST(has(shown.out, "Result        Good"));
  BOOST_TEST(has(shown.out, "Trust lists   https"));
  change([](auto& ports) {
    ports.transactions.diagnostics["web"].errors = {{"https", "CertificateInvalid", "CRL 3 is signed by nobody"}};
  });
  BOOST_TEST(has(ctl({"changes", "show", "web"}).out, "https: CRL 3 is signed by nobody (CertificateInvalid)"));
  BOOST_TEST(ctl_json({"changes", "show", "web"})["errors"][0]["error"] == "CertificateInvalid");
}

BOOST_AUTO_TEST_CASE(options_of_a_list_are_set) {
  BOOST_TEST(ctl({"trust", "options", "web", "--update-every", "30d", "--suppress", "certificate-expired", "--suppress",
                  "revocation-status-unknown"})
                 .status == 0);
  const auto given = service.in_loop([](auto& ports, auto&) { return *ports.trust_lists.last_options; });
  BOOST_TEST(*given.update_frequency == 30.0 * 86400 * 1000);
  BOOST_TEST(*given.default_validation_options == 64u + 4 + 1);
  BOOST_TEST(ctl({"trust", "options", "web", "--suppress", "none"}).status == 0);
  BOOST_TEST(service.in_loop([](auto& ports, auto&) {
    return *ports.trust_lists.last_options->default_validation_options;
  }) == 64u);
  BOOST_TEST(ctl({"trust", "options", "web", "--update-every", "often"}).status == 2);
  BOOST_TEST(ctl({"trust", "options", "web", "--suppress", "all"}).status == 2);
  BOOST_TEST(ctl({"trust", "options", "web"}).status == 2);
}

BOOST_AUTO_TEST_CASE(a_peer_is_validated_for_what_it_is_wanted) {
  trust({&alice});
  change([](auto& ports) { ports.trust_lists.suppressed = {{"CertificateTimeInvalid", "it has expired"}}; });
  const auto result = ctl({"trust", "validate", "web", alice_file, "--chain", bob_file, "--purpose", "https-client",
                           "--host", "gw1", "--uri", "urn:alice"});
  BOOST_TEST(result.out == "Trusted by web/https.\nSuppressed: it has expired (CertificateTimeInvalid)\n");
  const auto [query, chain] = service.in_loop(
      [](auto& ports, auto&) { return std::pair(*ports.trust_lists.last_query, ports.trust_lists.last_chain); });
  BOOST_TEST(query.purpose == "https-client");
  BOOST_TEST(query.host_name == "gw1");
  BOOST_TEST(query.application_uri == "urn:alice");
  BOOST_TEST(chain.size() == 2u);
  const auto refused = ctl({"trust", "validate", "web", bob_file});
  BOOST_TEST(refused.status == 1);
  BOOST_TEST(has(refused.err, "(CertificateUntrusted)"));
  BOOST_TEST(has(refused.err, "edgesealctl trust add"));
  const auto for_programs = ctl({"trust", "validate", "web", bob_file, "--json"});
  BOOST_TEST(for_programs.status == 1);
  const auto value = json::parse(for_programs.out);
  BOOST_TEST(value["trusted"] == false);
  BOOST_TEST(value["error"] == "CertificateUntrusted");
  BOOST_TEST(!value["message"].get<std::string>().empty());
  BOOST_TEST(ctl({"trust", "validate", "none", bob_file, "--json"}).out == "");  // which says nothing of it
}

BOOST_AUTO_TEST_CASE(an_audit_explains_each_component_of_a_path_and_fails_where_something_is_wrong) {
  BOOST_TEST(ctl({"trust", "audit"}).out == "All is as it must be.\n");
  change([](auto& ports) { ports.directories.findings = {{"/", "drwxr-xr-x root:root", "", "none", ""}}; });
  const auto good = ctl({"trust", "audit", "/"});
  BOOST_TEST(good.status == 0);
  BOOST_TEST(good.out == "ok     /: drwxr-xr-x root:root\n");
  change([](auto& ports) {
    ports.directories.findings.push_back(
        {"/opt/pki", "mode 0777", "not writable by others", "reported", "chmod o-w /opt/pki"});
  });
  const auto bad = ctl({"trust", "audit", "/opt/pki/"});
  BOOST_TEST(bad.status == 1);
  BOOST_TEST(has(bad.out,
                 "wrong  /opt/pki: mode 0777, must be not writable by others (reported)\n"
                 "       chmod o-w /opt/pki\n"));
  BOOST_TEST(has(bad.err, "1 things are not as they must be"));
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return *ports.directories.last_path; }) == "/opt/pki");
}

BOOST_AUTO_TEST_CASE(a_directory_is_shown_before_it_is_adopted) {
  change([&](auto& ports) {
    ports.directories.plan.found.trusted_certificates = {to_bytes(alice.der())};
    ports.directories.plan.ignored = {"README: no certificate"};
  });
  const std::vector<std::string> command{"trust", "adopt", "/opt/pki", "web", "--layout", "milo"};
  const auto with = [&](const std::string& flag) {
    auto arguments = command;
    arguments.push_back(flag);
    return arguments;
  };
  const auto plan = ctl(with("--dry-run"));
  BOOST_TEST(plan.status == 0);
  BOOST_TEST(has(plan.out, "CN=alice"));
  BOOST_TEST(has(plan.out, "ignored: README: no certificate"));
  BOOST_TEST(has(plan.out, "audited only"));
  BOOST_TEST(ctl(command).status == 2);  // nobody could be asked
  BOOST_TEST(!service.in_loop([](auto& ports, auto&) { return ports.directories.last_adopted.has_value(); }));
  auto import = with("--yes");
  import.emplace_back("--import");
  BOOST_TEST(has(ctl(import).out, "Adopted."));
  const auto adopted = service.in_loop([](auto& ports, auto&) { return *ports.directories.last_adopted; });
  BOOST_TEST(adopted.path == "/opt/pki");
  BOOST_TEST(adopted.layout == "milo");
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return ports.directories.last_import; }));
  BOOST_TEST(has(ctl({"trust", "adopted"}).out, "/opt/pki   web/https  milo    audited only"));
  BOOST_TEST(ctl({"trust", "release", "/opt/pki/"}).status == 0);
  BOOST_TEST(ctl({"trust", "adopted"}).out == "No directory is adopted.\n");
}

BOOST_AUTO_TEST_CASE(what_keeps_an_adopted_directory_from_being_held_is_shown_with_what_would_let_the_agent) {
  const dbus::GroupName group{"web", "https"};
  change([&](auto& ports) {
    ports.directories.directories = {{"/opt/pki", group, "milo", false}, {"/srv/pki", group, "pem", true}};
    ports.directories.findings = {
        {"/opt/pki", "read-only for its unit", "written by edgeseal alone", "reported", "ReadWritePaths=/opt/pki"},
        {"/srv/pki/trusted", "mode 0777", "mode 0755", "refused", "chmod 0755 /srv/pki/trusted"}};
  });
  const auto shown = ctl({"trust", "adopted"});
  BOOST_TEST(shown.status == 0);
  BOOST_TEST(has(shown.out, "/opt/pki: read-only for its unit"));
  BOOST_TEST(has(shown.out, "       ReadWritePaths=/opt/pki\n"));
  BOOST_TEST(!has(shown.out, "chmod"));
}

BOOST_AUTO_TEST_CASE(on_a_terminal_the_user_is_asked_before_a_directory_is_adopted) {
  const std::vector<std::string> command{EDGESEALCTL, "trust", "adopt", "/opt/pki", "web"};
  BOOST_TEST(run_on_terminal(command, "Adopt it? [y/N]", "n").status == 1);
  BOOST_TEST(!service.in_loop([](auto& ports, auto&) { return ports.directories.last_adopted.has_value(); }));
  BOOST_TEST(run_on_terminal(command, "Adopt it? [y/N]", "y").status == 0);
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return ports.directories.last_adopted.has_value(); }));
}

BOOST_AUTO_TEST_CASE(an_application_is_created_with_groups_capabilities_and_exports) {
  const auto created = ctl({"application", "create", "plc", "--trust-group", "user-token", "--capability", "DA",
                            "--export", "milo", "--export", "pem"});
  BOOST_TEST(created.status == 0);
  BOOST_TEST(has(created.out, "Exports  milo, pem\n"));
  BOOST_TEST(has(created.out, "user-token"));
  const auto seen = service.in_loop([](auto& ports, auto&) { return *ports.agent.last_created; });
  BOOST_TEST(seen.server_capabilities == std::vector<std::string>{"DA"});
}

BOOST_AUTO_TEST_CASE(names_from_certificates_cannot_write_to_the_terminal) {
  TestCertificate evil("evil\x1b[2J");
  change([&](auto& ports) { ports.trust_lists.lists[kWeb].trusted_certificates = {to_bytes(evil.der())}; });
  BOOST_TEST(!has(ctl({"trust", "show", "web"}).out, "\x1b"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
