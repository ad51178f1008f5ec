#include <sys/stat.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "agent/certificates/certificate.h"
#include "agent/error.h"
#include "agent/renewal/profile.h"
#include "agent/renewal/request_template.h"
#include "tests/tpm/temporary_directory.h"
#include "tests/unit/agent/error_code.h"
#include "tests/unit/trust/authority.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::EnrolmentProtocol;
namespace fs = std::filesystem;

namespace {

std::string refusal(const std::string& text, agent::ProfileSource source = agent::ProfileSource::file) {
  try {
    (void)agent::parse_profile("plant", "plant.toml", text, source);
  } catch (const agent::Error& error) {
    return error.what();
  }
  return {};
}

struct Mistake {
  std::string text, message;
};
std::ostream& operator<<(std::ostream& out, const Mistake& mistake) {
  return out << mistake.text;
}

const std::string est = "protocol = \"est\"\nurl = \"https://pki\"\nslots = [\"web\"]\n";
const std::string helper = "protocol = \"helper\"\nhelper = \"my-ca\"\nslots = [\"web\"]\n";
const std::string cmp = "protocol = \"cmp\"\nurl = \"http://pki\"\nslots = [\"web\"]\n";
const std::string by_fingerprint =
    "[trust]\nfirst-contact = \"fingerprint\"\nfingerprint = \"" + std::string(64, 'a') + "\"\n";
const std::string trusting = est + "[trust]\nfirst-contact = \"system\"\n";

const std::vector<Mistake> mistakes = {
    {"", "plant.toml:1: protocol is missing"},
    {"protocol = \"scep\"\n", "plant.toml:1: \"scep\" is not known here"},
    {"protocol = \"est\"\nslots = [\"web\"]\n", "url is missing"},
    {"protocol = \"est\"\ndiscover = \"est\"\nslots = [\"web\"]\n", "plant.toml:2: the type of a service is"},
    {"protocol = \"est\"\ndiscover = \"_est._udp\"\nslots = [\"web\"]\n", "plant.toml:2: the type of a service is"},
    {"protocol = \"est\"\ndiscover = \"_est._tcp\"\ndiscover-domain = \"a b\"\nslots = [\"web\"]\n",
     "plant.toml:3: a domain"},
    {"protocol = \"est\"\ndiscover = \"_est--x._tcp\"\nslots = [\"web\"]\n", "plant.toml:2: the type of a service is"},
    {"protocol = \"est\"\ndiscover = \"_est._tcp\"\ndiscover-domain = \"192.0.2.1\"\nslots = [\"web\"]\n",
     "plant.toml:3: a domain"},
    {"protocol = \"est\"\nurl = \"https://pki\"\ndiscover-domain = \"local\"\nslots = [\"web\"]\n",
     "no meaning without discover"},
    {"protocol = \"external\"\ndiscover = \"_est._tcp\"\nslots = [\"web\"]\n", "plant.toml:2: discover has no meaning"},
    {"protocol = \"est\"\nurl = \"http://pki\"\nslots = [\"web\"]\n", "plant.toml:2: EST goes over https"},
    {"protocol = \"est\"\nurl = \"https://\"\nslots = [\"web\"]\n", "plant.toml:2: the URL names no host"},
    {"protocol = \"est\"\nurl = \"https://u:p@pki\"\nslots = [\"web\"]\n", "plant.toml:2: the URL holds a user name"},
    {"protocol = \"est\"\nurl = \"https://pki/?a\"\nslots = [\"web\"]\n", "plant.toml:2: the URL has a query"},
    {"protocol = \"est\"\nurl = \"https://pki\"\nlabel = \"cacerts\"\nslots = [\"web\"]\n", "plant.toml:3:"},
    {"protocol = \"est\"\nurl = \"https://pki/est\"\nslots = [\"web\"]\n", "plant.toml:2: the URL of EST is"},
    {"protocol = \"est\"\nurl = \"https://pki/.well-known/estate\"\nslots = [\"web\"]\n",
     "plant.toml:2: the URL of EST is"},
    {"protocol = \"est\"\nurl = \"https://pki/.well-known/est/a/b\"\nslots = [\"web\"]\n",
     "plant.toml:2: the URL of EST is"},
    {"protocol = \"est\"\nurl = \"https://pki/.well-known/est/cacerts\"\nslots = [\"web\"]\n",
     "plant.toml:2: \"cacerts\" is an operation"},
    {"protocol = \"est\"\nurl = \"https://pki/.well-known/est/x\"\nlabel = \"y\"\nslots = [\"web\"]\n",
     "plant.toml:3: a label goes with a URL without a path"},
    {cmp + "label = \"..\"\n", "plant.toml:4: a label is"},
    {"protocol = \"cmp\"\nurl = \"http://pki/pkix\"\nlabel = \"y\"\nslots = [\"web\"]\n",
     "plant.toml:3: a label goes with a URL without a path"},
    {"protocol = \"est\"\nurl = \"https://pki\"\n", "slots is missing"},
    {"protocol = \"external\"\nurl = \"https://pki\"\nslots = [\"web\"]\n", "plant.toml:2: url has no meaning"},
    {helper + "url = \"file:///srv/plant ca\"\n", "plant.toml:4: the URL has more than"},
    {helper + "label = \"gateways\"\n", "plant.toml:4: label has no meaning with protocol \"helper\""},
    {helper + "proxy = \"http://proxy:3128\"\n", "plant.toml:4: proxy has no meaning with protocol \"helper\""},
    {helper + "discover-domain = \"local\"\n", "plant.toml:4: discover-domain has no meaning with protocol \"helper\""},
    {est + "lifetime-days = 90\n", "plant.toml:4: lifetime-days has no meaning with protocol \"est\""},
    {"protocol = \"external\"\nslots = [\"web\"]\nlifetime-days = 90\n", "plant.toml:3: lifetime-days has no meaning"},
    {helper, "nothing says which authority is the right one: in [trust] give anchors or group"},
    {helper + "[trust]\nfirst-contact = \"person\"\n", "plant.toml:5: what a helper brings is judged by anchors alone"},
    {"protocol = \"local-ca\"\nslots = [\"web\"]\n", "ca is missing"},
    {"protocol = \"external\"\nslots = [\"web\"]\nauthority = true\n", "plant.toml:3: authority has a meaning"},
    {est, "nothing says which authority is the right one"},
    {est + "uri = 1\n", "plant.toml:4: unknown key \"uri\""},
    {trusting + "anchor = 1\n", "plant.toml:6: unknown key \"anchor\""},
    {est + "[trust]\nfirst-contact = \"fingerprint\"\n", "plant.toml:4: fingerprint and first-contact"},
    {est + "[trust]\nfirst-contact = \"fingerprint\"\nfingerprint = \"12\"\n",
     "plant.toml:6: a fingerprint is SHA-256"},
    {cmp + "[trust]\nfirst-contact = \"person\"\n", "plant.toml:5: CMP shows nobody a fingerprint"},
    {cmp + by_fingerprint, "plant.toml:5: the authority that is found by its fingerprint would be forgotten"},
    {"protocol = \"cmp\"\nurl = \"https://pki\"\nslots = [\"web\"]\n" + by_fingerprint + "group = \"web/https\"\n",
     "plant.toml:5: a fingerprint verifies no TLS server of CMP"},
    {est + "[trust]\ngroup = \"web\"\n", "plant.toml:5: a group is APPLICATION/GROUP"},
    {est + "[trust]\nanchors = [\"/nowhere.pem\"]\n", "plant.toml:5: /nowhere.pem"},
    {trusting + "[credentials]\nfirst = [\"pin\"]\n", "plant.toml:7: \"pin\" is not known here"},
    {trusting + "[credentials]\nsecret = \"otp\"\n", "plant.toml:7: secret is never used"},
    {trusting + "[credentials]\nrealm = \"plant\"\n", "plant.toml:7: realm is never used"},
    {cmp + "[credentials]\nfirst = [\"secret\"]\nrealm = \"plant\"\n",
     "plant.toml:6: realm has no meaning with protocol \"cmp\""},
    {trusting + "[credentials]\nfirst = [\"secret\"]\nsecret = \"../otp\"\n", "plant.toml:8: a name is 1 to 64"},
    {trusting + "[request]\nsubject = \"CN={name}\"\n", "plant.toml:7: {name} stands for nothing"},
    {trusting + "[request]\ndns-names = [\"{host}.example\", \"a b\"]\n", "plant.toml:7: alternative name \"a b\""},
    {trusting + "[request]\nip-addresses = [\"192.0.2.1\", \"192.0.2.256\"]\n",
     "plant.toml:7: alternative name \"192.0.2.256\""},
    {trusting + "[schedule]\nrenew-at-percent = 99\n", "plant.toml:7: renew-at-percent must be a number from 10 to 95"},
    {trusting + "[answer]\nrefuse = [\"all\"]\n", "plant.toml:7: \"all\" is not known here"},
    {trusting + "[answer]\nrefuse = [\"subject\", \"ca\"]\n",
     "plant.toml:7: \"ca\" is not known here; take one of: subject"},
    {"protocol = ", "plant.toml:1:"}};

}  // namespace

BOOST_AUTO_TEST_SUITE(profile)

BOOST_AUTO_TEST_CASE(every_key_is_read) {
  const test::Authority ca("plant CA");
  const auto profile = agent::parse_profile("plant", "plant.toml",
                                            R"(protocol = "cmp"
url = "http://pki.example.com:8080/"
label = "gateways"
proxy = "http://proxy:3128"
slots = ["web/https/https", "plc"]
automatic = false
[trust]
anchors = ["""
)" + agent::pem("CERTIFICATE", ca.certificate()) +
                                                R"("""]
group = "web/https"
[credentials]
first = ["device-identity", "secret"]
user = "{serial}"
secret = "plant-otp"
[request]
subject = "CN={host},O=Example"
dns-names = ["{host}.example.com"]
ip-addresses = ["192.0.2.1"]
same-key = true
[schedule]
renew-at-percent = 50
renew-days-before = 20
spread-minutes = 60
give-up-hours = 24
[answer]
refuse = ["subject"]
stop-at-bad-attributes = true
)",
                                            agent::ProfileSource::bus);
  BOOST_TEST((profile.protocol == EnrolmentProtocol::cmp));
  BOOST_TEST(profile.label == "gateways");
  BOOST_TEST(profile.slots.size() == 2U);
  BOOST_TEST(!profile.automatic);
  BOOST_TEST((profile.anchors == std::vector<tpm::Bytes>{ca.certificate()}));
  BOOST_TEST(profile.trust_group->group == "https");
  BOOST_TEST(profile.credentials.size() == 2U);
  BOOST_TEST(profile.secret_credential == "plant-otp");
  BOOST_TEST((profile.key == agent::KeyRenewal::same_key));
  BOOST_TEST(profile.schedule.fraction == 0.5);
  BOOST_TEST((profile.schedule.before_end == std::chrono::days(20)));
  BOOST_TEST((profile.schedule.spread == 1h));
  BOOST_TEST((profile.give_up_after == 24h));
  BOOST_TEST(profile.stop_at_bad_attributes);
  BOOST_TEST(profile.authority() == "http://pki.example.com:8080");
}

BOOST_AUTO_TEST_CASE(A1_a_url_that_is_configured_needs_no_discovery) {
  const std::string trust = "slots = [\"web\"]\n[trust]\ngroup = \"web/https\"\n";
  const auto named = agent::parse_profile(
      "plant", "plant.toml",
      "protocol = \"est\"\nurl = \"https://pki/.well-known/est/x\"\ndiscover = \"_est._tcp\"\n" + trust,
      agent::ProfileSource::bus);
  BOOST_TEST(named.url == "https://pki/.well-known/est/x");
  BOOST_TEST(named.authority() == "https://pki");
  const auto found = agent::parse_profile("plant", "plant.toml",
                                          "protocol = \"cmp\"\ndiscover = \"_pki-ra._tcp\"\n"
                                          "discover-domain = \"plant.example\"\n" +
                                              trust,
                                          agent::ProfileSource::bus);
  BOOST_TEST(found.url.empty());
  BOOST_TEST(found.authority() == "_pki-ra._tcp.plant.example");
}

// As in docs/helper.md.
BOOST_AUTO_TEST_CASE(the_url_of_a_helper_is_what_the_helper_makes_of_it) {
  const std::string trust = "[trust]\ngroup = \"web/https\"\n";
  for (const std::string url : {"file:///srv/plant-ca", "https://user@ca.example/?gateway#1", "plant"}) {
    const auto profile = agent::parse_profile("plant", "plant.toml", helper + "url = \"" + url + "\"\n" + trust,
                                              agent::ProfileSource::bus);
    BOOST_TEST(profile.url == url);
    BOOST_TEST(profile.authority() == "helper my-ca " + url);
  }
  BOOST_TEST(refusal(helper + trust).empty());
}

BOOST_AUTO_TEST_CASE(A6_authorities_of_the_system_vouch_for_no_server_that_anybody_can_announce) {
  const std::string system = "slots = [\"web\"]\n[trust]\nfirst-contact = \"system\"\n";
  BOOST_TEST(refusal("protocol = \"est\"\ndiscover = \"_est._tcp\"\n" + system).find("anybody in the network") !=
             std::string::npos);
  BOOST_TEST(refusal("protocol = \"est\"\nurl = \"https://pki\"\ndiscover = \"_est._tcp\"\n" + system).empty());
}

BOOST_AUTO_TEST_CASE(a_url_of_est_may_have_the_path_of_est) {
  for (const char* path : {"", "/", "/.well-known/est", "/.well-known/est/", "/.well-known/est/gateways"})
    BOOST_TEST(refusal("protocol = \"est\"\nurl = \"https://pki:8443" + std::string(path) +
                       "\"\nslots = [\"web\"]\n[trust]\nfirst-contact = \"system\"\n") == "");
}

BOOST_AUTO_TEST_CASE(cmp_knows_its_authority_by_a_fingerprint_where_a_group_keeps_it) {
  BOOST_TEST(refusal(cmp + by_fingerprint + "group = \"web/https\"\n").empty());
}

BOOST_DATA_TEST_CASE(a_mistake_is_told_with_its_line_and_remedy, mistakes, mistake) {
  const std::string found = refusal(mistake.text);
  BOOST_TEST(found.find(mistake.message) != std::string::npos, found);
}

BOOST_AUTO_TEST_CASE(an_anchor_that_would_be_refused_as_an_issuer_is_refused_at_once) {
  const auto refusal_of = [](const tpm::Bytes& anchor) {
    return refusal(est + "[trust]\nanchors = [\"\"\"" + agent::pem("CERTIFICATE", anchor) + "\"\"\"]\n");
  };
  test::CertificateFields silent = test::authority_fields("silent");
  silent.key_usage = "critical,digitalSignature";
  const test::Authority mute(silent, EVP_EC_gen("P-256"), nullptr);
  BOOST_TEST(refusal_of(test::Authority("root").certificate()).empty());
  BOOST_TEST(refusal_of(test::version_1_certificate()).find("is not an authority (basicConstraints)") !=
             std::string::npos);
  BOOST_TEST(refusal_of(mute.certificate()).find("may not sign certificates (keyUsage)") != std::string::npos);
}

// As of a bundle that was badly joined, or not written to its end.
BOOST_AUTO_TEST_CASE(what_follows_a_damaged_anchor_is_not_passed_over) {
  const std::string good = agent::pem("CERTIFICATE", test::Authority("plant CA").certificate());
  const std::string damaged = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
  for (const std::string& rest : {damaged, damaged + good, good.substr(0, good.size() / 2)})
    for (const agent::ProfileSource& source : {agent::ProfileSource::file, agent::ProfileSource::bus})
      BOOST_TEST(refusal(est + "[trust]\nanchors = [\"\"\"" + good + rest + "\"\"\"]\n", source)
                     .find("plant.toml:5: the PEM holds a damaged certificate in PEM") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(anchors_are_files_in_pem_or_der) {
  ::umask(0022);
  const test::TemporaryDirectory directory;
  const test::Authority ca("plant CA");
  const auto read = [&](const char* name, const std::string& content) {
    std::ofstream(directory.file(name), std::ios::binary) << content;
    const std::string text = est + "[trust]\nanchors = [\"" + directory.file(name) + "\"]\n";
    return agent::parse_profile("plant", "plant.toml", text, agent::ProfileSource::file).anchors;
  };
  const tpm::Bytes der = ca.certificate();
  const std::vector<tpm::Bytes> wanted{der};
  BOOST_TEST((read("ca.pem", agent::pem("CERTIFICATE", der)) == wanted));
  BOOST_TEST((read("ca.der", {reinterpret_cast<const char*>(der.data()), der.size()}) == wanted));
}

BOOST_AUTO_TEST_CASE(over_the_bus_no_file_is_named) {
  BOOST_TEST(
      refusal(est + "[trust]\nanchors = [\"/etc/ssl/ca.pem\"]\n", agent::ProfileSource::bus).find("not as paths") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_with_a_mistake_keeps_no_other_from_working) {
  ::umask(0022);
  const test::TemporaryDirectory directory;
  fs::create_directories(directory.file("enrolment.d"));
  std::ofstream(directory.file("enrolment.d/a.toml")) << "protocol = 1\n";
  std::ofstream(directory.file("enrolment.d/b.toml")) << trusting;
  const auto files = agent::load_profiles(directory.file("enrolment.d"));
  BOOST_REQUIRE(files.size() == 2U);
  BOOST_TEST(files[0].problem.find("a.toml:1: protocol must be text in quotes") != std::string::npos);
  BOOST_TEST(files[1].profile.has_value());
}

BOOST_AUTO_TEST_CASE(D9_a_file_that_others_may_write_is_refused) {
  ::umask(0022);
  const test::TemporaryDirectory directory;
  fs::create_directories(directory.file("enrolment.d"));
  std::ofstream(directory.file("enrolment.d/a.toml")) << trusting;
  fs::permissions(directory.file("enrolment.d/a.toml"), fs::perms(0666));
  BOOST_TEST(!agent::load_profiles(directory.file("enrolment.d")).front().problem.empty());
  fs::permissions(directory.file("enrolment.d"), fs::perms(0777));
  BOOST_CHECK_THROW((void)agent::load_profiles(directory.file("enrolment.d")), agent::Error);
}

BOOST_AUTO_TEST_CASE(templates_stand_for_what_the_device_is) {
  const agent::TemplateValues values{"gw1", "web", "urn:gw1:web", "47,11", ""};
  BOOST_TEST(agent::expand("{host}.{application}", values) == "gw1.web");
  BOOST_TEST(agent::expand_name("CN={serial},O=Example", values) == "CN=47\\,11,O=Example");
  BOOST_CHECK_EXCEPTION((void)agent::expand("{device-uri}", values), agent::Error,
                        test::has_code(agent::Code::invalid_state));
  BOOST_CHECK_THROW(agent::require_template("{host"), agent::Error);
}

BOOST_AUTO_TEST_SUITE_END()
