#include <sys/stat.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "agent/configuration/configuration.h"
#include "agent/error.h"
#include "tests/tpm/temporary_directory.h"

using namespace edgeseal;
namespace fs = std::filesystem;

namespace {

struct Fixture {
  test::TemporaryDirectory directory;
  std::string path = directory.file("edgeseal.toml");

  Fixture() { ::umask(0022); }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(directory.file(name)).parent_path());
    std::ofstream(directory.file(name)) << text;
  }
  [[nodiscard]] std::string refusal() const {
    try {
      (void)agent::load_configuration(path);
    } catch (const agent::Error& error) {
      BOOST_TEST_MESSAGE(error.what());
      return error.what();
    }
    return {};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(configuration, Fixture)

BOOST_AUTO_TEST_CASE(every_key_is_read) {
  write("edgeseal.toml", R"(
[tpm]
tcti = "swtpm:path=/x"
[keys]
sealed-idle-seconds = 0
spare-rsa-keys = 3
spare-quiet-seconds = 4
retired-key-grace = 3600
retired-key-limit = 7200
[device]
product-instance-uri = "urn:example.com:gateway:4711"
account = "dca"
access = ["unit=dca.service"]
manufacturer = "Example"
model = "Gateway 7"
serial-number = "4711"
hardware-type = "1.3.6.1.4.1.32473.7"
singleton = true
updater = true
[state]
directory = "/srv/state"
[key-socket]
path = "/run/x.sock"
deadline-ms = 1234
max-connections = 7
max-connections-per-user = 5
[bus]
admin-group = "wheel"
)");
  const auto configuration = agent::load_configuration(path);
  BOOST_TEST(configuration.tcti == "swtpm:path=/x");
  BOOST_TEST(configuration.sealed_keys.idle.count() == 0);
  BOOST_TEST(configuration.spare_keys.count == 3u);
  BOOST_TEST(configuration.spare_keys.quiet.count() == 4000);
  BOOST_TEST(configuration.retired_keys.grace.count() == 3600);
  BOOST_TEST(configuration.retired_keys.limit.count() == 7200);
  BOOST_TEST(configuration.device.product_instance_uri == "urn:example.com:gateway:4711");
  BOOST_TEST(configuration.device.account == "dca");
  BOOST_TEST(configuration.device.access.front() == "unit=dca.service");
  BOOST_TEST(configuration.device_identity.manufacturer == "Example");
  BOOST_TEST(configuration.device_identity.model == "Gateway 7");
  BOOST_TEST(configuration.device_identity.serial_number == "4711");
  BOOST_TEST(configuration.device_identity.hardware_type == "1.3.6.1.4.1.32473.7");
  BOOST_TEST(configuration.onboarding.singleton);
  BOOST_TEST(configuration.onboarding.updater);
  BOOST_TEST(configuration.state_directory == "/srv/state");
  BOOST_TEST(configuration.key_socket_path == "/run/x.sock");
  BOOST_TEST(configuration.key_socket.deadline.count() == 1234);
  BOOST_TEST(configuration.key_socket.connections == 7u);
  BOOST_TEST(configuration.key_socket.connections_per_user == 5u);
  BOOST_TEST(configuration.admin_group == "wheel");
}

BOOST_AUTO_TEST_CASE(the_file_that_is_shipped_says_the_defaults) {
  const agent::Configuration defaults;
  std::ifstream shipped(EDGESEAL_SHIPPED_CONFIGURATION);
  std::string text((std::istreambuf_iterator<char>(shipped)), {});
  BOOST_REQUIRE(!text.empty());
  for (std::size_t at = 0; (at = text.find("\n#", at)) != std::string::npos; ++at)  // "#key = value": comments in
    if (text[at + 2] != ' ' && text.compare(at + 2, 5, "gpio-") != 0) text.erase(at + 1, 1);  // or the event
  write("edgeseal.toml", text);
  const auto configuration = agent::load_configuration(path);
  BOOST_TEST(configuration.tcti == defaults.tcti);
  BOOST_TEST(configuration.sealed_keys.idle.count() == defaults.sealed_keys.idle.count());
  BOOST_TEST(configuration.spare_keys.count == defaults.spare_keys.count);
  BOOST_TEST(configuration.spare_keys.quiet.count() == defaults.spare_keys.quiet.count());
  BOOST_TEST(configuration.retired_keys.grace.count() == defaults.retired_keys.grace.count());
  BOOST_TEST(configuration.retired_keys.limit.count() == defaults.retired_keys.limit.count());
  BOOST_TEST(configuration.state_directory == defaults.state_directory);
  BOOST_TEST(configuration.key_socket_path == defaults.key_socket_path);
  BOOST_TEST(configuration.key_socket.deadline.count() == defaults.key_socket.deadline.count());
  BOOST_TEST(configuration.key_socket.connections == defaults.key_socket.connections);
  BOOST_TEST(configuration.key_socket.connections_per_user == defaults.key_socket.connections_per_user);
  BOOST_TEST(configuration.admin_group == defaults.admin_group);
  BOOST_TEST((configuration.device == defaults.device));
  BOOST_TEST((configuration.device_identity == defaults.device_identity));
  BOOST_TEST((configuration.onboarding == defaults.onboarding));
}

BOOST_AUTO_TEST_CASE(applications_are_declared_by_files_beside_it) {
  write("edgeseal.toml", "");
  write("applications.d/web.toml", R"(
application-uri = "urn:gw:web"
account = "root"
access = ["unit=nginx.service"]
slots = ["https/https=rsa-2048", "tls/tls-client"]
)");
  write("applications.d/README", "not read");
  const auto configuration = agent::load_configuration(path);
  BOOST_REQUIRE(configuration.declared.applications.size() == 1u);
  const auto& web = configuration.declared.applications.front();
  BOOST_TEST(web.name == "web");
  BOOST_TEST(web.application_uri == "urn:gw:web");
  BOOST_TEST(web.account == "root");
  BOOST_TEST(web.slots.size() == 2u);
  BOOST_TEST(web.origin == directory.file("applications.d/web.toml"));
}

BOOST_AUTO_TEST_CASE(a_file_that_others_may_write_is_refused_with_the_reason) {
  write("edgeseal.toml", "");
  ::chmod(path.c_str(), 0666);
  BOOST_TEST(refusal().find("0666") != std::string::npos);
  BOOST_TEST(refusal().find("chmod") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_directory_that_others_may_write_is_refused) {
  write("edgeseal.toml", "");
  ::chmod(directory.path().c_str(), 0777);
  BOOST_TEST(refusal().find(directory.path().string() + ":") == 0u);
}

BOOST_AUTO_TEST_CASE(a_directory_of_applications_that_others_may_write_is_refused) {
  write("edgeseal.toml", "");
  write("applications.d/web.toml", "");
  ::chmod(directory.file("applications.d").c_str(), 0777);
  BOOST_TEST(refusal().find("applications.d") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_missing_file_that_was_asked_for_is_refused) {
  BOOST_TEST(refusal().find("edgeseal.toml") != std::string::npos);
}

struct Mistake {
  const char* text;
  const char* told;
};
std::ostream& operator<<(std::ostream& out, const Mistake& mistake) {
  return out << mistake.text;
}

BOOST_DATA_TEST_CASE(mistakes_are_told_with_their_line,
                     boost::unit_test::data::make(std::vector<Mistake>{
                         {"[tpm]\nctti = \"x\"\n",
                          ":2: unknown key \"ctti\"; did you mean \"tcti\"? known here: tcti, pcr-authority"},
                         {"\n[tmp]\n", ":2: unknown key \"tmp\"; known here: tpm, "},
                         {"[tpm]\ntcti = 5\n", ":2: tcti must be text"},
                         {"tpm = 1\n", ":1: tpm must be a table"},
                         {"[key-socket]\ndeadline-ms = 0\n", ":2: deadline-ms must be a number from 1"},
                         {"[key-socket]\ndeadline-ms = \"5\"\n", ":2: deadline-ms must be a number"},
                         {"[key-socket]\nmax-connections = -1\n", ":2: max-connections must be"},
                         {"[keys]\nretired-key-grace = -1\n", ":2: retired-key-grace must be a number from 0"},
                         {"[tpm\n", ":1: "}}),
                     mistake) {
  write("edgeseal.toml", mistake.text);
  BOOST_TEST(refusal().find(path + mistake.told) == 0u);
}

BOOST_AUTO_TEST_CASE(a_mistake_in_an_application_names_its_file) {
  write("edgeseal.toml", "");
  write("applications.d/web.toml", "slots = [\"https/smtp\"]\n");
  BOOST_TEST(refusal().find(directory.file("applications.d/web.toml")) == 0u);
}

BOOST_AUTO_TEST_CASE(a_file_without_end_is_refused) {
  write("edgeseal.toml", std::string(300 * 1024, '\n'));
  BOOST_TEST(!refusal().empty());
}

BOOST_AUTO_TEST_SUITE_END()
