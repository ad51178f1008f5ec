// The completion for bash against the service on a private bus.

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/bus/ctl_fixture.h"

namespace edgeseal::test {
namespace {

struct Fixture : CtlFixture {
  // What is offered for the last word.
  std::string complete(const std::string& words) const {
    return run_program(
               {"bash", "-c",
                "PATH='" + std::filesystem::path(EDGESEALCTL).parent_path().string() +
                    "':$PATH; source '" EDGESEAL_COMPLETION "'; COMP_WORDS=(" + words +
                    "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _edgesealctl; printf '%s\\n' \"${COMPREPLY[@]}\""},
               bus.directory())
        .out;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(completion, Fixture)

BOOST_AUTO_TEST_CASE(commands_are_offered) {
  BOOST_TEST(complete("edgesealctl st") == "status\nstage\n");
  BOOST_TEST(complete("edgesealctl application ''") == "create\nlist\nshow\ndelete\n");
  BOOST_TEST(complete("edgesealctl key ''") == "list\nshow\nimport\nexport-tss\ncertify\ndestroy-retired\n");
  BOOST_TEST(complete("edgesealctl pcr ''") == "show\napproval-request\napprove\nreseal\n");
  BOOST_TEST(complete("edgesealctl tpm a") == "activate-credential\n");
  BOOST_TEST(complete("edgesealctl device identity ''") == "show\ncreate\ninstall\nexport\n");
  BOOST_TEST(complete("edgesealctl onboarding ''") == "status\ntickets\nsoftware-status\n");
  BOOST_TEST(complete("edgesealctl device identity create --kind l") == "ldevid\n");
  BOOST_TEST(complete("edgesealctl trust re") == "remove\nread\nrejected\nrelease\n");
  BOOST_TEST(complete("edgesealctl stage re") == "report\n");
  BOOST_TEST(complete("edgesealctl job ap") == "approve\n");
  BOOST_TEST(complete("edgesealctl renew --w") == "--wait\n");
  BOOST_TEST(complete("edgesealctl changes ''") == "show\nconfirm\n");
}

BOOST_AUTO_TEST_CASE(names_of_applications_are_offered) {
  BOOST_TEST(complete("edgesealctl csr ''") == "opcua-server\nweb\n");
  BOOST_TEST(complete("edgesealctl certificate show w") == "web\n");
  BOOST_TEST(complete("edgesealctl --json application show o") == "opcua-server\n");
  BOOST_TEST(complete("edgesealctl key list w") == "web\n");
}

BOOST_AUTO_TEST_CASE(slots_are_offered) {
  BOOST_TEST(complete("edgesealctl key import w") == "web\n");
  BOOST_TEST(complete("edgesealctl key certify --nonce 00 o") == "opcua-server\n");
  BOOST_TEST(complete("edgesealctl certificate self-signed w") == "web\n");
  BOOST_TEST(complete("edgesealctl attach nginx.service w") == "web\n");
  BOOST_TEST(complete("edgesealctl trust add w") == "web\n");
  BOOST_TEST(complete("edgesealctl trust read --trusted w") == "web\n");
  BOOST_TEST(complete("edgesealctl trust adopt /x w") == "web\n");
  BOOST_TEST(complete("edgesealctl attach nginx.service --chroot / o") == "opcua-server\n");
}

BOOST_AUTO_TEST_CASE(options_and_their_values_are_offered) {
  BOOST_TEST(complete("edgesealctl csr web --new") == "--new-key\n");
  BOOST_TEST(complete("edgesealctl certificate install web --no") == "--no-apply\n");
  BOOST_TEST(complete("edgesealctl key import web x --prot") == "--protection\n");
  BOOST_TEST(complete("edgesealctl key import web x --protection ''") == "tpm\nsealed\n");
  BOOST_TEST(complete("edgesealctl key import web x --format P") == "PEM\nPFX\n");
  BOOST_TEST(complete("edgesealctl tpm activate-credential x --key ''") == "rsa-2048\nec-p256\n");
  BOOST_TEST(complete("edgesealctl application create web --legacy s") == "sha1-signatures\n");
  BOOST_TEST(complete("edgesealctl trust options web --suppress h") == "host-name-invalid\n");
  BOOST_TEST(complete("edgesealctl trust adopt /x web --layout m") == "milo\n");
}

// The parser is the source: what --help lists, and nothing else, is offered.
BOOST_AUTO_TEST_CASE(every_command_has_the_options_of_its_help) {
  for (const std::string command : {"application create",
                                    "application list",
                                    "csr",
                                    "certificate install",
                                    "certificate self-signed",
                                    "certificate show",
                                    "key list",
                                    "key show",
                                    "key import",
                                    "key export-tss",
                                    "key certify",
                                    "key destroy-retired",
                                    "trust list",
                                    "trust show",
                                    "trust add",
                                    "trust remove",
                                    "trust read",
                                    "trust write",
                                    "trust options",
                                    "trust validate",
                                    "trust rejected",
                                    "trust audit",
                                    "trust adopt",
                                    "trust adopted",
                                    "trust release",
                                    "changes show",
                                    "changes confirm",
                                    "setup status",
                                    "setup open",
                                    "setup otp",
                                    "setup presence",
                                    "setup close",
                                    "setup reset",
                                    "pcr show",
                                    "pcr approval-request",
                                    "pcr approve",
                                    "pcr reseal",
                                    "tpm manufacturer-keys",
                                    "tpm activate-credential",
                                    "attach",
                                    "detach",
                                    "attachments",
                                    "inhibit",
                                    "inhibitors",
                                    "openssl-conf"}) {
    BOOST_TEST_CONTEXT(command) {
      const std::string help =
          run_program({"bash", "-c",
                       "'" EDGESEALCTL "' " + command + " --help | sed -n 's/^  [-h,]*\\(--[a-z-]*\\).*/\\1/p' | sort"},
                      bus.directory())
              .out;
      const std::string offered = run_program({"bash", "-c",
                                               "source '" EDGESEAL_COMPLETION "'; COMP_WORDS=(edgesealctl " + command +
                                                   " --); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _edgesealctl; printf "
                                                   "'%s\\n' \"${COMPREPLY[@]}\" | grep -v '^--json$' | sort"},
                                              bus.directory())
                                      .out;
      BOOST_TEST(offered == help);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
