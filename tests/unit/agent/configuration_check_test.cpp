#include "agent/configuration/configuration_check.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "agent/configuration/configuration_difference.h"
#include "agent/configuration/configuration_report.h"
#include "agent/configuration/nearest_name.h"
#include "agent/openssl.h"
#include "agent/trust/validation_options.h"
#include "tests/fakes/test_certificate.h"
#include "tests/tpm/temporary_directory.h"

using namespace edgeseal;
namespace fs = std::filesystem;

namespace {

std::string public_key_pem(const char* curve) {
  const agent::PublicKeyPtr key(EVP_EC_gen(curve));
  const agent::BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(bio.get(), key.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

struct Fixture {
  test::TemporaryDirectory directory;
  agent::ConfigurationSurroundings nobody_is_missing = agent::any_machine();

  Fixture() { ::umask(0022); }
  std::string write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(directory.file(name)).parent_path());
    std::ofstream(directory.file(name), std::ios::binary) << text;
    return directory.file(name);
  }
  [[nodiscard]] agent::Declarations read(agent::ConfigurationProblems& problems) const {
    return agent::read_whole_configuration({directory.file("edgeseal.toml"), true}, nobody_is_missing, problems)
        .declared;
  }
  [[nodiscard]] agent::Declarations read_good() const {
    agent::ConfigurationProblems problems;
    agent::Declarations declared = read(problems);
    BOOST_TEST(problems.all().empty());
    return declared;
  }
  [[nodiscard]] agent::ConfigurationProblems check() const {
    agent::ConfigurationProblems problems;
    (void)read(problems);
    return problems;
  }
  // As "file:line: text" without the directory.
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> texts;
    const agent::ConfigurationProblems problems = check();
    for (const agent::ConfigurationProblem& problem : problems.all()) {
      std::string text = problem.told();
      const std::string prefix = directory.path().string() + "/";
      while (text.find(prefix) != std::string::npos) text.erase(text.find(prefix), prefix.size());
      texts.push_back(text);
    }
    return texts;
  }
  void expect(const std::vector<std::string>& wanted) const {
    const std::vector<std::string> found = told();
    BOOST_CHECK_EQUAL_COLLECTIONS(found.begin(), found.end(), wanted.begin(), wanted.end());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(configuration_check, Fixture)

BOOST_AUTO_TEST_CASE(nothing_at_all_is_the_defaults_and_good) {
  expect({});
}

BOOST_AUTO_TEST_CASE(all_mistakes_of_all_files_are_told_at_once_each_with_its_line) {
  write("edgeseal.toml",
        "[tpm]\nctti = \"x\"\ntcti = 5\n[keys]\nspare-rsa-keys = 17\n[setup]\nopen-by = [\"magic\"]\n[device]\n"
        "product-instance-uri = \"no uri\"\n");
  write("applications.d/web.toml",
        "account = \"www\"\nacces = []\napplication-uri = \"no uri\"\nexports = [\"zip\"]\nslots = [\"https/smtp\"]\n");
  write("enrolment.d/plant.toml",
        "protocol = \"est\"\nurl = \"http://pki\"\nslots = [\"web\"]\n[schedule]\nspread-minutes = -1\n[trust]\n"
        "first-contact = \"hope\"\n");
  const std::vector<std::string> found = told();
  const auto has = [&](const std::string& part) {
    return std::ranges::any_of(found, [&](const std::string& text) { return text.find(part) != std::string::npos; });
  };
  BOOST_TEST(has("edgeseal.toml:2: unknown key \"ctti\"; did you mean \"tcti\"? known here: tcti, pcr-authority"));
  BOOST_TEST(has("edgeseal.toml:3: tcti must be text in quotes"));
  BOOST_TEST(has("edgeseal.toml:5: spare-rsa-keys must be a number from 0 to 16"));
  BOOST_TEST(has("edgeseal.toml:7: "));
  BOOST_TEST(has("edgeseal.toml:9: \"no uri\" is not a ProductInstanceUri, e.g. urn:example.com:gateway:4711"));
  BOOST_TEST(has("applications.d/web.toml:2: unknown key \"acces\"; did you mean \"access\"?"));
  BOOST_TEST(has("applications.d/web.toml:3: \"no uri\" is not an ApplicationUri"));
  BOOST_TEST(has("applications.d/web.toml:4: export \"zip\" is not known; take any of: open62541"));
  BOOST_TEST(has("applications.d/web.toml:5: "));
  BOOST_TEST(has("enrolment.d/plant.toml:2: EST goes over https:// alone"));
  BOOST_TEST(has("enrolment.d/plant.toml:5: spread-minutes must be a number"));
  BOOST_TEST(has("enrolment.d/plant.toml:7: \"hope\" is not known here; take one of: anchors"));
  for (const std::string& text : found) BOOST_TEST_MESSAGE(text);
}

BOOST_AUTO_TEST_CASE(a_profile_for_an_application_that_no_file_declares_is_a_warning) {
  write("enrolment.d/plant.toml", "protocol = \"external\"\nslots = [\"web/https/https\"]\n");
  expect(
      {"enrolment.d/plant.toml:2: no file declares the application of \"web/https/https\": write "
       "applications.d/web.toml, unless it is made over the bus"});
  BOOST_TEST(!check().has_errors());
}

BOOST_AUTO_TEST_CASE(a_profile_names_what_the_file_of_the_application_declares) {
  write("applications.d/web.toml", "slots = [\"https/https\", \"tls/tls-client\"]\n");
  write("applications.d/by-default.toml", "trust-groups = [\"user-token\"]\n");
  const std::string local = "protocol = \"local-ca\"\n";
  write("enrolment.d/good.toml", local +
                                     "ca = \"web\"\nslots = [\"web//tls-client\", \"by-default\"]\n"
                                     "[trust]\ngroup = \"by-default/user-token\"\n");
  write("enrolment.d/plant.toml", local +
                                      "ca = \"web/tls/https\"\nslots = [\"web/htps/https\", \"web/https\"]\n"
                                      "[trust]\ngroup = \"web/http\"\n");
  const std::string remedy = ": add it to slots of applications.d/web.toml, or mend the name";
  expect({"enrolment.d/plant.toml:2: group tls of application web has no certificate type \"https\"" + remedy,
          "enrolment.d/plant.toml:3: application web has no certificate group \"htps\"" + remedy,
          "enrolment.d/plant.toml:5: application web has no group \"http\"; it has https, tls: name it in slots or "
          "trust-groups"});
  BOOST_TEST(check().has_errors());
}

BOOST_AUTO_TEST_CASE(an_account_that_is_not_there_is_an_error_here_and_a_warning_in_an_image) {
  write("applications.d/web.toml",
        "account = \"www\"\naccess = [\"user=www,unit=nginx.service\", \"user=0\", \"color=red\"]\n");
  nobody_is_missing.has_user = [](const std::string& name) { return name == "0"; };
  expect({"applications.d/web.toml:1: there is no user \"www\": create it before the agent starts",
          "applications.d/web.toml:2: there is no user \"www\": create it before the agent starts",
          "applications.d/web.toml:2: color=red: 'color' is unknown; a condition is user=, group= or unit="});
  BOOST_TEST(check().has_errors());
}

BOOST_AUTO_TEST_CASE(an_image_is_judged_by_its_own_accounts_and_certificates) {
  write("etc/passwd", "www:x:33:33::/:/bin/false\n");
  const test::TestCertificate plant("plant");
  const auto der = plant.der();
  write("etc/edgeseal/trust/plant.der", std::string(der.begin(), der.end()));
  write("etc/edgeseal/applications.d/web.toml",
        "account = \"www\"\naccess = [\"user=plc\"]\n[trust.https]\ntrusted-certificates = "
        "[\"/etc/edgeseal/trust/plant.der\", \"/etc/edgeseal/trust/none.der\"]\n");
  const auto report = nlohmann::json::parse(agent::report_configuration({}, directory.path()));
  BOOST_TEST(report["good"] == false);
  BOOST_REQUIRE(report["problems"].size() == 2u);
  BOOST_TEST(report["problems"][0]["line"] == 2);
  BOOST_TEST(report["problems"][0]["severity"] == "warning");
  BOOST_TEST(report["problems"][0]["message"].get<std::string>().find("\"plc\"") != std::string::npos);
  BOOST_TEST(report["problems"][1]["line"] == 4);
  BOOST_TEST(report["problems"][1]["message"].get<std::string>().find("none.der") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(one_file_is_judged_by_its_directory) {
  const std::string web = write("applications.d/web.toml", "slot = []\n");
  const std::string plant = write("enrolment.d/plant.toml", "protocol = \"external\"\n");
  const auto report = nlohmann::json::parse(agent::report_configuration({web, plant}, ""));
  BOOST_REQUIRE(report["problems"].size() == 2u);
  BOOST_TEST(
      report["problems"][0]["message"].get<std::string>().starts_with("unknown key \"slot\"; did you mean \"slots\"?"));
  BOOST_TEST(report["problems"][1]["file"] == plant);
}

BOOST_AUTO_TEST_CASE(trust_lists_and_adopted_directories_are_declared) {
  const test::TestCertificate plant("plant");
  write("applications.d/plc.toml",
        "slots = [\"application/rsa-sha256\"]\ntrust-groups = [\"user-token\"]\n[trust.application]\n"
        "trusted-certificates = ['''" +
            plant.pem() +
            "''']\ntrusted-crls = []\n[[adopt]]\npath = \"/opt/plc/pki\"\ngroup = \"application\"\nlayout = "
            "\"open62541\"\n");
  const agent::Declarations all = read_good();
  BOOST_REQUIRE(all.trust_lists.size() == 1u);
  const agent::DeclaredTrustList& declared = all.trust_lists.front();
  BOOST_TEST(declared.group.group == "application");
  BOOST_TEST(declared.list.trusted_certificates.size() == 1u);
  BOOST_TEST(declared.list.specified == (agent::trusted_certificates_mask | agent::trusted_crls_mask));
  BOOST_REQUIRE(all.directories.size() == 1u);
  const agent::AdoptedRecord& adopted = all.directories.front();
  BOOST_TEST((adopted == agent::AdoptedRecord{"/opt/plc/pki", "plc", "application", "open62541"}));
}

BOOST_AUTO_TEST_CASE(how_a_trust_list_is_used_is_a_declaration_of_its_own) {
  write("applications.d/plc.toml",
        "[trust.https]\nupdate-frequency = 86400000\ndefault-validation-options = [\"suppress-host-name-invalid\", "
        "\"suppress-issuer-revocation-status-unknown\"]\n");
  const agent::Declarations all = read_good();
  BOOST_REQUIRE(all.trust_lists.size() == 1u);
  const agent::DeclaredTrustList& declared = all.trust_lists.front();
  BOOST_TEST(declared.list.specified == 0u);
  BOOST_TEST(declared.options.update_frequency.value() == 86400000.0);
  BOOST_TEST(declared.options.default_validation_options.value() ==
             (agent::suppress_host_name_invalid | agent::suppress_issuer_revocation_status_unknown |
              agent::check_revocation_status_offline));
}

BOOST_AUTO_TEST_CASE(a_file_switches_no_check_of_revocation_off) {
  write("applications.d/plc.toml",
        "[trust.https]\nupdate-frequency = -1\ndefault-validation-options = [\"check-revocation-status-offline\"]\n");
  const std::vector<std::string> found = told();
  BOOST_REQUIRE(found.size() == 2u);
  BOOST_TEST(found[0].starts_with("applications.d/plc.toml:2: update-frequency must be a number from 0 to "));
  BOOST_TEST(found[1].starts_with("applications.d/plc.toml:3: \"check-revocation-status-offline\" is not known here"));
}

BOOST_AUTO_TEST_CASE(the_key_of_the_authority_for_pcrs_is_that_of_the_image) {
  write("etc/edgeseal/edgeseal.toml", "[tpm]\npcr-authority = \"/etc/edgeseal/authority.pem\"\n");
  const auto report = [&] { return nlohmann::json::parse(agent::report_configuration({}, directory.path())); };
  BOOST_TEST(report()["problems"][0]["line"] == 2);
  write("etc/edgeseal/authority.pem", public_key_pem("P-256"));
  BOOST_TEST(report()["good"] == true);
  write("etc/edgeseal/authority.pem", public_key_pem("P-384"));
  BOOST_TEST(report()["problems"][0]["message"].get<std::string>().find("RSA 2048 or EC P-256") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(another_key_in_the_file_of_the_authority_is_another_setting) {
  const auto settings_with = [&](const std::string& path) {
    write("edgeseal.toml", "[tpm]\npcr-authority = \"" + path + "\"\n");
    return read_good().settings;
  };
  const std::string path = write("authority.pem", public_key_pem("P-256")), moved = directory.file("moved.pem");
  const auto before = settings_with(path);
  fs::copy_file(path, moved);
  BOOST_TEST((settings_with(moved) == before));
  write("authority.pem", public_key_pem("P-256"));
  const auto changes = agent::difference({.settings = before}, {.settings = settings_with(path)}).changes;
  BOOST_REQUIRE(changes.size() == 1u);
  BOOST_TEST((changes.front().change == "restart" && changes.front().name == "tpm.pcr-authority"));
}

BOOST_AUTO_TEST_CASE(what_follows_a_damaged_certificate_is_not_passed_over) {
  const test::TestCertificate plant("plant");
  write("applications.d/plc.toml", "[trust.https]\ntrusted-certificates = ['''\n" + plant.pem() +
                                       "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n" + plant.pem() +
                                       "''']\n");
  const std::vector<std::string> found = told();
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found.front().ends_with("the PEM holds a damaged certificate in PEM"));
}

BOOST_AUTO_TEST_CASE(mistakes_in_them_are_told_and_half_a_trust_list_is_none) {
  write("applications.d/plc.toml",
        "[trust.application]\ntrusted-certificates = [\"ca.pem\"]\n[trust.https]\nissuer-crls = [\"-----BEGIN X\"]\n"
        "[[adopt]]\npath = \"pki\"\ngroup = \"https\"\nlayout = \"zip\"\n");
  const std::vector<std::string> found = told();
  BOOST_REQUIRE(found.size() == 5u);
  BOOST_TEST(found[0] ==
             "applications.d/plc.toml:1: application plc has no group \"application\"; it has https: name it "
             "in slots or trust-groups");
  BOOST_TEST(found[1] == "applications.d/plc.toml:2: \"ca.pem\" is neither PEM nor an absolute path: give one of them");
  BOOST_TEST(found[2] == "applications.d/plc.toml:4: the PEM holds no CRL in PEM");
  BOOST_TEST(found[3] == "applications.d/plc.toml:6: path must be absolute, and have 4096 bytes at most");
  BOOST_TEST(found[4].starts_with("applications.d/plc.toml:8: "));
  agent::ConfigurationProblems problems;
  const agent::Declarations declared = read(problems);
  BOOST_TEST(declared.trust_lists.empty());
  BOOST_TEST(declared.directories.empty());
}

struct Hostile {
  const char* name;
  std::string content;
  const char* told;
};
std::ostream& operator<<(std::ostream& out, const Hostile& hostile) {
  return out << hostile.name;
}

BOOST_DATA_TEST_CASE(hostile_files_are_refused_and_the_others_still_read,
                     boost::unit_test::data::make(std::vector<Hostile>{
                         {"huge", std::string(300 * 1024, '#'), "web.toml"},
                         {"deep", "x = " + std::string(100'000, '['), "web.toml:1: "},
                         {"NUL", std::string("account = \"a\0b\"\n", 15), "web.toml:1: "},
                         {"escaped NUL", "account = \"a\\u0000b\"\n", "web.toml:1: account holds a NUL character"},
                         {"not UTF-8", "account = \"\xff\xfe\"\n", "web.toml:1: "},
                         {"twice", "account = \"a\"\naccount = \"b\"\n", "web.toml:2: "},
                         {"a date", "account = 1979-05-27\n", "web.toml:1: account must be text"},
                         {"a table", "[slots]\n", "web.toml:1: slots must be a list of texts"},
                         {"no tables", "adopt = 5\n", "web.toml:1: adopt must be a list of tables"},
                         {"no table", "trust = []\n", "web.toml:1: trust must be a table"}}),
                     hostile) {
  write("applications.d/web.toml", hostile.content);
  write("applications.d/zzz.toml", "slot = []\n");
  const std::vector<std::string> found = told();
  BOOST_REQUIRE(found.size() >= 2u);
  BOOST_TEST(found.front().find(hostile.told) != std::string::npos, found.front());
  BOOST_TEST(found.back().starts_with("applications.d/zzz.toml:1: unknown key"));
}

BOOST_AUTO_TEST_CASE(a_link_and_a_file_that_others_write_are_refused) {
  const std::string real = write("elsewhere.toml", "");
  write("applications.d/open.toml", "");
  ::chmod(directory.file("applications.d/open.toml").c_str(), 0666);
  fs::create_symlink(real, directory.file("applications.d/link.toml"));
  const std::vector<std::string> found = told();
  BOOST_REQUIRE(found.size() == 2u);
  BOOST_TEST(found[0].find("link.toml") != std::string::npos);
  BOOST_TEST(found[1].find("0666") != std::string::npos);
}

// Emacs has the one beside a file that is being edited, Ansible leaves the other where its connection is cut.
BOOST_AUTO_TEST_CASE(hidden_files_are_passed_over) {
  write("applications.d/web.toml", "");
  fs::create_symlink("root@gateway.4711", directory.file("applications.d/.#web.toml"));
  write("enrolment.d/.ansible_tmp1plant.toml", "protocol = \"external\"\nslots = [\"web\"]\n");
  const agent::Declarations declared = read_good();
  BOOST_TEST(declared.applications.size() == 1u);
  BOOST_TEST(declared.profiles.empty());
}

BOOST_AUTO_TEST_CASE(the_nearest_name_is_what_somebody_meant_and_nothing_for_what_is_like_none) {
  const std::vector<std::string> known{"access", "account", "slots"};
  BOOST_TEST(agent::nearest_name("acount", known) == "account");
  BOOST_TEST(agent::nearest_name("slot", known) == "slots");
  BOOST_TEST(agent::nearest_name("colour", known) == "");
  BOOST_TEST(agent::nearest_name("", known) == "");
  BOOST_TEST(agent::nearest_name(std::string(100'000, 'x'), known) == "");
  BOOST_TEST(agent::nearest_name("slots", {}) == "");
}

BOOST_AUTO_TEST_CASE(directories_that_are_adopted_are_apart) {
  const auto adopting = [](const std::string& path) {
    return "[[adopt]]\npath = \"" + path + "\"\ngroup = \"https\"\n";
  };
  write("applications.d/a.toml", adopting("/opt/x/pki") + adopting("/opt/y") + adopting("/opt/x-pki"));
  write("applications.d/b.toml", adopting("/opt/x") + adopting("/opt/y"));
  expect({"applications.d/a.toml:2: adopt: /opt/x/pki is within /opt/x, which is adopted, too: leave one of them",
          "applications.d/b.toml:5: adopt: /opt/y is adopted twice: leave one of them"});
}

BOOST_AUTO_TEST_SUITE_END()
