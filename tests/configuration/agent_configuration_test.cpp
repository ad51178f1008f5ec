// Files that are applied while the real agent runs.

#include <sys/stat.h>
#include <boost/test/unit_test.hpp>

#include <fstream>

#include "tests/bus/bus_client.h"
#include "tests/busy/gateway.h"
#include "tests/fakes/test_certificate.h"
#include "tests/fakes/test_crl.h"

namespace edgeseal::test {
namespace {

namespace fs = std::filesystem;

using Changes = std::vector<std::map<std::string, std::string>>;

struct Fixture : Gateway {
  dbus::RemoteConfiguration configuration{*connection, dbus::kRootPath};
  std::string message;

  Fixture() { ::umask(0022); }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(directory.file(name)).parent_path());
    std::ofstream(directory.file(name)) << text;
  }
  void write_application(const std::string& text) const { write("applications.d/web.toml", text); }
  // "change kind name detail" of what is not unchanged.
  static std::vector<std::string> shown(const Changes& changes) {
    std::vector<std::string> texts;
    for (const auto& change : changes)
      if (change.at("change") != "unchanged")
        texts.push_back(change.at("change") + " " + change.at("kind") + " " + change.at("name") + " " +
                        change.at("detail"));
    return texts;
  }
  std::vector<std::string> apply() {
    Changes changes;
    const std::string error = error_of([&] { changes = configuration.Apply({}); }, &message);
    BOOST_REQUIRE_MESSAGE(error.empty(), message);
    return shown(changes);
  }
  std::string error_of_apply() {
    return error_of([&] { configuration.Apply({}); }, &message);
  }
  void expect_applied(const std::vector<std::string>& wanted) {
    const auto found = apply();
    BOOST_CHECK_EQUAL_COLLECTIONS(found.begin(), found.end(), wanted.begin(), wanted.end());
    BOOST_TEST(apply().empty());
  }
  std::vector<std::string> access_of(const std::string& name) {
    return dbus::RemoteApplication(*connection, dbus::application_path(name)).Access();
  }
  bool exists(const std::string& name) {
    return error_of([&] { (void)access_of(name); }).empty();
  }
  // Read once the TPM has opened the seal of trust lists, shortly after it is ready.
  std::size_t trusted_by_web() {
    std::size_t trusted = 0;
    std::string error;
    const bool answered = pump_until(*connection, [&] {
      error = error_of(
          [&] {
            dbus::RemoteTrustList list(*connection, dbus::group_path({"web", "https"}));
            trusted = std::get<1>(list.GetTrustList(15, {})).size();
          },
          &message);
      return error != "ResourceUnavailable";
    });
    BOOST_REQUIRE_MESSAGE(answered && error.empty(), message);
    return trusted;
  }
  [[nodiscard]] std::string make_pki(const std::string& name) const {
    const fs::path pki = directory.file(name);
    for (const char* below : {"trusted/certs", "trusted/crl", "issuer/certs", "issuer/crl"})
      fs::create_directories(pki / below);
    return pki;
  }
  static std::string adopting(const std::string& path) {
    return "[[adopt]]\npath = \"" + path + "\"\ngroup = \"https\"\n";
  }
  [[nodiscard]] std::string content_of(const std::string& name) const {
    std::ifstream file(directory.file(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::string trusting(const std::vector<std::string>& pems) {
    std::string text = "[trust.https]\ntrusted-certificates = [";
    for (const std::string& pem : pems) text += "'''" + pem + "''',";
    return text + "]\n";
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(agent_configuration, Fixture)

BOOST_AUTO_TEST_CASE(what_is_written_into_files_is_taken_up_without_a_restart_and_once) {
  const pid_t before = agent();
  write_application("access = [\"user=0\"]\n");
  write("enrolment.d/plant.toml", "protocol = \"external\"\nslots = [\"web\"]\n");
  expect_applied({"added application web ", "added profile plant "});
  BOOST_TEST(access_of("web") == std::vector<std::string>{"user=0"}, boost::test_tools::per_element());

  write_application("access = [\"user=0\", \"group=0\"]\n");
  expect_applied({"changed application web access"});
  BOOST_TEST(access_of("web").size() == 2u);

  write_application("access = [\"user=0\", \"group=0\"]\nexports = [\"pem\"]\ntrust-groups = [\"user-token\"]\n");
  expect_applied({"changed application web trust-groups, exports"});
  dbus::RemoteTrustList added(*connection, dbus::group_path({"web", "user-token"}));
  BOOST_TEST(error_of([&] { (void)added.Intact(); }) == "");

  write("enrolment.d/plant.toml", "protocol = \"external\"\nslots = [\"web\"]\nautomatic = false\n");
  expect_applied({"changed profile plant "});
  fs::remove(directory.file("enrolment.d/plant.toml"));
  expect_applied({"removed profile plant "});
  BOOST_TEST(agent() == before);
}

BOOST_AUTO_TEST_CASE(a_plan_changes_nothing) {
  write_application("");
  BOOST_TEST(shown(configuration.Plan({})) == std::vector<std::string>{"added application web "},
             boost::test_tools::per_element());
  BOOST_TEST(!exists("web"));
}

BOOST_AUTO_TEST_CASE(where_one_file_is_bad_nothing_is_changed_and_all_mistakes_are_told) {
  write_application("");
  apply();
  const std::string before = hash_of_state();
  write_application("access = [\"user=0\"]\n");
  write("applications.d/plc.toml", "slot = []\naccount = \"nobody-there\"\n");
  write("enrolment.d/plant.toml", "protocol = \"magic\"\nslots = [\"web\"]\n");
  BOOST_TEST(error_of_apply() == "InvalidArgument");
  BOOST_TEST(message.find("plc.toml:1: unknown key \"slot\"; did you mean \"slots\"?") != std::string::npos);
  BOOST_TEST(message.find("plant.toml:1: \"magic\" is not known here") != std::string::npos);
  BOOST_TEST(access_of("web").empty());
  BOOST_TEST((hash_of_state() == before));
}

BOOST_AUTO_TEST_CASE(nothing_is_applied_while_somebody_holds_off_changes) {
  write_application("");
  const auto inhibitor = inhibit();
  BOOST_TEST(error_of_apply() == "ServerTooBusy");
  BOOST_TEST(!exists("web"));
  BOOST_TEST(!configuration.Plan({}).empty());
}

BOOST_AUTO_TEST_CASE(an_application_whose_file_is_gone_is_deleted_only_where_somebody_says_so) {
  write_application("");
  apply();
  fs::remove(directory.file("applications.d/web.toml"));
  BOOST_TEST(error_of_apply() == "InvalidState");
  BOOST_TEST(message.find("applications.d/web.toml is gone") != std::string::npos);
  BOOST_TEST(message.find("--delete") != std::string::npos);
  BOOST_TEST(exists("web"));
  end_agent();
  start_agent();
  BOOST_TEST(dbus::RemoteApplication(*connection, dbus::application_path("web")).Origin() == "withdrawn");
  BOOST_TEST(error_of_apply() == "InvalidState");
  BOOST_TEST(message.find("the file of application web is gone") != std::string::npos);
  configuration.Apply({{"delete", sdbus::Variant(true)}});
  BOOST_TEST(!exists("web"));
  BOOST_TEST(apply().empty());
}

BOOST_AUTO_TEST_CASE(an_application_of_the_bus_is_left_alone) {
  make_application("bus");
  BOOST_TEST(apply().empty());
  BOOST_TEST(exists("bus"));
}

BOOST_AUTO_TEST_CASE(a_declared_trust_list_goes_into_force_once_and_later_changes_stay) {
  const TestCertificate one("one"), two("two");
  write_application(trusting({one.pem()}));
  expect_applied({"added application web ", "added trust-list web/https "});
  BOOST_TEST(trusted_by_web() == 1u);

  dbus::RemoteTrustList list(*connection, dbus::group_path({"web", "https"}));
  dbus::RemoteServerConfiguration server(*connection, dbus::application_path("web"));
  const auto der = two.der();
  list.AddCertificate(std::vector<uint8_t>(der.begin(), der.end()), true, {});
  BOOST_TEST(error_of_apply() == "");  // nothing of the transaction's application would change
  server.ApplyChanges({});
  BOOST_TEST(trusted_by_web() == 2u);
  BOOST_TEST(apply().empty());
  BOOST_TEST(trusted_by_web() == 2u);

  write_application(trusting({two.pem()}));
  expect_applied({"changed trust-list web/https "});
  BOOST_TEST(trusted_by_web() == 1u);
  write_application("");
  expect_applied({"removed trust-list web/https the list stays in force"});
  BOOST_TEST(trusted_by_web() == 1u);
}

BOOST_AUTO_TEST_CASE(the_call_that_starts_the_agent_puts_a_declared_trust_list_into_force) {
  for (int starts = 1; starts <= 3; ++starts) {
    end_agent();
    write_application(trusting({TestCertificate("plant " + std::to_string(starts)).pem()}));
    start_agent();
    apply();
    BOOST_TEST(trusted_by_web() == 1u);
    BOOST_TEST(apply().empty());
  }
}

// A CRL that no authority of the list has signed.
BOOST_AUTO_TEST_CASE(a_trust_list_that_would_not_be_taken_stops_all_the_rest) {
  write_application("");
  apply();
  const std::string before = hash_of_state();
  write("applications.d/a.toml", "");
  write_application("[trust.https]\ntrusted-crls = ['''" + test_crl_pem("nobody") + "''']\n");
  BOOST_TEST(error_of_apply() == "CertificateInvalid");
  BOOST_TEST(message.find("the declared trust list web/https: ") != std::string::npos, message);
  BOOST_TEST(!exists("a"));
  BOOST_TEST((hash_of_state() == before));
}

BOOST_AUTO_TEST_CASE(at_a_start_a_declared_trust_list_goes_into_force_while_setup_is_open_and_not_after) {
  end_agent();
  write_application(trusting({TestCertificate("one").pem()}));
  start_agent();
  BOOST_TEST(pump_until(*connection, [&] { return trusted_by_web() == 1u; }));
  BOOST_TEST(apply().empty());
  end_agent();
  write_application(trusting({TestCertificate("two").pem(), TestCertificate("three").pem()}));
  start_agent();
  BOOST_TEST(trusted_by_web() == 1u);
  expect_applied({"changed trust-list web/https "});
  BOOST_TEST(trusted_by_web() == 2u);
}

BOOST_AUTO_TEST_CASE(at_a_start_a_declared_trust_list_that_fails_keeps_no_other_out) {
  end_agent();
  write("applications.d/zz.toml", "[trust.https]\ntrusted-crls = ['''" + test_crl_pem("nobody") + "''']\n");
  write("applications.d/a.toml", "[trust.https]\ntrusted-crls = ['''" + test_crl_pem("nobody") + "''']\n");
  write_application(trusting({TestCertificate("one").pem()}));
  start_agent();
  BOOST_TEST(pump_until(*connection, [&] { return trusted_by_web() == 1u; }));
  const auto told = [&](const std::string& text) { return content_of("agent.log").find(text) != std::string::npos; };
  const char* summary = "the configuration is applied: trust-list web/https added\n";  // told last
  BOOST_TEST(pump_until(*connection, [&] { return told(summary); }));
  BOOST_TEST(told("the declared trust list a/https is not in force: "));
  BOOST_TEST(told("the declared trust list zz/https is not in force: "));
  BOOST_TEST(error_of_apply() == "CertificateInvalid");
}

BOOST_AUTO_TEST_CASE(a_directory_is_adopted_and_given_back) {
  const std::string pki = make_pki("pki");
  write_application(adopting(pki));
  expect_applied({"added application web ", "added directory " + pki + " "});
  dbus::RemoteTrustDirectories directories(*connection, dbus::kRootPath);
  BOOST_TEST(directories.Adopted().size() == 1u);
  end_agent();
  start_agent();
  BOOST_TEST(directories.Adopted().size() == 1u);
  BOOST_TEST(apply().empty());
  write_application("");
  expect_applied({"removed directory " + pki + " its files stay"});
  BOOST_TEST(directories.Adopted().empty());
  write_application("[[adopt]]\npath = \"/nowhere/pki\"\ngroup = \"https\"\nlayout = \"pem\"\n");
  BOOST_TEST(error_of_apply() != "");
}

// The certificate that another section names was deleted since.
BOOST_AUTO_TEST_CASE(a_mistake_in_an_applications_file_is_logged_at_a_start_and_leaves_its_directories_adopted) {
  const std::string pki = make_pki("pki");
  const std::string text =
      "[trust.https]\ntrusted-certificates = [\"" + directory.file("root.pem") + "\"]\n" + adopting(pki);
  write("root.pem", TestCertificate("one").pem());
  write_application(text);
  expect_applied({"added application web ", "added directory " + pki + " ", "added trust-list web/https "});
  end_agent();
  fs::remove(directory.file("root.pem"));
  for (int starts = 0; starts < 2; ++starts) {
    start_agent();
    dbus::RemoteTrustDirectories directories(*connection, dbus::kRootPath);
    BOOST_TEST(directories.Adopted().size() == 1u);
    BOOST_TEST(error_of_apply() == "InvalidArgument");
    end_agent();
    BOOST_TEST(content_of("agent.log").find("web.toml:2: ") != std::string::npos);
  }
  write("root.pem", TestCertificate("one").pem());
  start_agent();
  BOOST_TEST(apply().size() == 1u);  // another certificate by that name
  write_application("");
  expect_applied(
      {"removed directory " + pki + " its files stay", "removed trust-list web/https the list stays in force"});
}

BOOST_AUTO_TEST_CASE(settings_that_need_a_restart_are_named_until_it_is_done) {
  std::ofstream(directory.file("edgeseal.toml"), std::ios::app) << "spare-quiet-seconds = 5\n";
  const std::vector<std::string> wanted{"restart setting keys.spare-quiet-seconds "};
  BOOST_TEST(apply() == wanted, boost::test_tools::per_element());
  BOOST_TEST(apply() == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(killed_after_it_was_applied_the_agent_has_all_of_it) {
  write_application("access = [\"user=0\"]\n");
  write("applications.d/plc.toml", "");
  apply();
  kill_agent();
  start_agent();
  BOOST_TEST(apply().empty());
  BOOST_TEST(access_of("web").size() == 1u);
  BOOST_TEST(exists("plc"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
