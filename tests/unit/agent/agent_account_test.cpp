#include "agent/configuration/agent_account.h"

#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "agent/configuration/configuration_report.h"
#include "tests/fakes/test_certificate.h"
#include "tests/tpm/temporary_directory.h"

using namespace edgeseal;
namespace fs = std::filesystem;

namespace {

struct Fixture {
  test::TemporaryDirectory directory;

  Fixture() {
    ::umask(0022);
    ::chmod(directory.path().c_str(), 0755);
  }
  std::string write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(directory.file(name)).parent_path());
    std::ofstream(directory.file(name)) << text;
    return directory.file(name);
  }
  void set_mode(const std::string& name, mode_t mode) const {
    BOOST_REQUIRE(::chmod(directory.file(name).c_str(), mode) == 0);
  }
  // What is wrong with a directory or, without one, with the image.
  [[nodiscard]] std::string told(const std::vector<std::string>& paths = {}) const {
    const std::string root = paths.empty() ? directory.path().string() : "";
    std::string all;
    const auto report = nlohmann::json::parse(agent::report_configuration(paths, root));
    for (const auto& problem : report["problems"])
      all += problem["file"].get<std::string>() + ": " + problem["message"].get<std::string>() + "\n";
    return all;
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(agent_account, Fixture)

BOOST_AUTO_TEST_CASE(root_is_told_what_the_agent_may_not_read) {
  if (::geteuid() != 0) return;  // only root may become another account
  write("applications.d/web.toml", "");
  set_mode("applications.d/web.toml", 0600);
  BOOST_TEST(told({directory.path()}) == "");
  const pid_t child = ::fork();
  if (child == 0) {
    agent::read_as("nobody");
    ::_exit(has(told({directory.path()}), "applications.d/web.toml: nobody may not read it; remedy: chmod") ? 0 : 1);
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

BOOST_AUTO_TEST_CASE(without_its_account_what_is_read_is_read_as_before) {
  const uid_t before = ::geteuid();
  agent::read_as("nobody-there");
  BOOST_TEST(::geteuid() == before);
}

BOOST_AUTO_TEST_CASE(the_configuration_of_the_agent_is_that_of_this_machine) {
  for (const char* path : {"/etc/edgeseal", "/etc/edgeseal/", "/etc/edgeseal/applications.d/web.toml"})
    BOOST_TEST(agent::is_installed({path}, ""), path);
  BOOST_TEST((agent::is_installed({}, "") && agent::is_installed({}, "/")));
  BOOST_TEST((!agent::is_installed({}, "/srv/image") && !agent::is_installed({"/etc/edgeseal", "/root/gateway"}, "")));
  BOOST_TEST(!agent::is_installed({"/etc/edgeseal-old"}, ""));
}

BOOST_AUTO_TEST_CASE(an_image_is_judged_by_its_modes) {
  write("etc/edgeseal/edgeseal.toml", "");
  write("etc/edgeseal/trust/plant.pem", test::TestCertificate("plant").pem());
  write("etc/edgeseal/applications.d/web.toml",
        "[trust.https]\ntrusted-certificates = [\"/etc/edgeseal/trust/plant.pem\"]\n");
  write("etc/edgeseal/enrolment.d/plant.toml", "protocol = \"external\"\nslots = [\"web\"]\n");
  BOOST_TEST(told() == "");
  for (const char* file : {"edgeseal.toml", "applications.d/web.toml", "enrolment.d/plant.toml", "trust/plant.pem"}) {
    set_mode(std::string("etc/edgeseal/") + file, 0640);
    BOOST_TEST(has(told(), std::string(file) + ": mode 0640 keeps edgeseal from reading it; remedy: chmod a+rX "),
               file);
    set_mode(std::string("etc/edgeseal/") + file, 0644);
  }
  for (const char* listed : {"applications.d", "enrolment.d"}) {
    set_mode(std::string("etc/edgeseal/") + listed, 0711);
    BOOST_TEST(has(told(), std::string(listed) + ": mode 0711 keeps edgeseal from reading it"), listed);
    set_mode(std::string("etc/edgeseal/") + listed, 0755);
  }
  set_mode("etc/edgeseal", 0711);
  BOOST_TEST(told() == "");
  set_mode("etc/edgeseal", 0700);
  BOOST_TEST(has(told(), "etc/edgeseal: mode 0700 keeps edgeseal from reading it"));
}

BOOST_AUTO_TEST_CASE(in_an_image_the_group_of_the_agent_may_read) {
  write("etc/group", "root:x:0:\nedgeseal:x:" + std::to_string(::getegid()) + ":\n");
  write("etc/edgeseal/edgeseal.toml", "");
  set_mode("etc/edgeseal/edgeseal.toml", 0640);
  BOOST_TEST(told() == "");
  write("etc/group", "root:x:0:\n");
  BOOST_TEST(has(told(), "mode 0640 keeps edgeseal from reading it"));
}

BOOST_AUTO_TEST_SUITE_END()
