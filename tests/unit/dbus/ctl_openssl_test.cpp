// The configuration of OpenSSL that edgesealctl prints, as libcrypto reads it back.

#include <boost/test/unit_test.hpp>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/openssl_configuration.h"
#include "tests/unit/dbus/temporary_directory.h"

namespace edgeseal::ctl {
namespace {

struct Fixture : Directory {
  std::filesystem::path write(const std::string& name, const std::string& content) const {
    std::ofstream(directory / name) << content;
    return directory / name;
  }
  // Of a machine whose openssl.cnf is this, what its programs see with OPENSSL_CONF.
  [[nodiscard]] SystemOpenssl seen_with(const std::string& system, const ProviderSettings& settings = {}) const {
    const auto found = SystemOpenssl::read(write("system.cnf", system));
    return SystemOpenssl::read(write("edgeseal.cnf", openssl_configuration(found, settings)));
  }
};

// "default* legacy edgeseal*": in their order, an asterisk where active.
std::string providers_of(const SystemOpenssl& configuration) {
  std::string text;
  for (const auto& provider : configuration.providers)
    text += (text.empty() ? "" : " ") + provider.name + (provider.active ? "*" : "");
  return text;
}

// What Debian and upstream ship, with a policy as an administrator adds it.
constexpr const char* kUsual = R"(
HOME = .
openssl_conf = openssl_init
[openssl_init]
providers = provider_sect
ssl_conf = ssl_sect
[provider_sect]
default = default_sect
[default_sect]
# activate = 1
[ssl_sect]
system_default = system_default_sect
[system_default_sect]
MinProtocol = TLSv1.2
)";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(openssl_conf, Fixture)

BOOST_AUTO_TEST_CASE(the_default_provider_is_activated_and_goes_first) {
  const auto seen = seen_with(kUsual);
  BOOST_TEST(seen.init_section == "openssl_init");
  BOOST_TEST(seen.provider_section == "provider_sect");
  BOOST_TEST(providers_of(seen) == "default* edgeseal*");
}

BOOST_AUTO_TEST_CASE(a_system_that_names_no_providers_gets_both) {
  BOOST_TEST(providers_of(seen_with("openssl_conf = init\n[init]\nssl_conf = ssl_sect\n")) == "default* edgeseal*");
  BOOST_TEST(seen_with("openssl_conf = init\n[init]\nssl_conf = ssl_sect\n").init_section == "init");
}

BOOST_AUTO_TEST_CASE(a_system_without_a_configuration_of_the_library_gets_both) {
  for (const char* system : {"", "HOME = .\n[ req ]\ndefault_bits = 2048\n"})
    BOOST_TEST(providers_of(seen_with(system)) == "default* edgeseal*");
}

BOOST_AUTO_TEST_CASE(a_machine_without_the_file_gets_both) {
  const auto text = openssl_configuration({}, {});
  BOOST_TEST(text.find(".include") == std::string::npos);
  BOOST_TEST(providers_of(SystemOpenssl::read(write("edgeseal.cnf", text))) == "default* edgeseal*");
}

BOOST_AUTO_TEST_CASE(other_providers_of_the_system_stay_and_go_first) {
  BOOST_TEST(providers_of(seen_with("openssl_conf = init\n[init]\nproviders = list\n"
                                    "[list]\ndefault = d\nlegacy = l\n[d]\nactivate = 1\n[l]\nactivate = yes\n")) ==
             "default* legacy* edgeseal*");
}

BOOST_AUTO_TEST_CASE(a_system_that_leaves_the_default_provider_out_on_purpose_does_not_get_it) {
  BOOST_TEST(providers_of(seen_with("openssl_conf = init\n[init]\nproviders = list\n"
                                    "[list]\nbase = b\nfips = f\n[b]\nactivate = 1\n[f]\nactivate = 1\n")) ==
             "base* fips* edgeseal*");
}

BOOST_AUTO_TEST_CASE(a_system_whose_providers_are_all_inactive_gets_the_default_one) {
  BOOST_TEST(providers_of(seen_with("openssl_conf = init\n[init]\nproviders = list\n"
                                    "[list]\nlegacy = l\n[l]\n# activate = 1\n")) == "legacy default* edgeseal*");
}

BOOST_AUTO_TEST_CASE(a_provider_is_known_by_its_identity) {
  BOOST_TEST(providers_of(seen_with("openssl_conf = init\n[init]\nproviders = list\n"
                                    "[list]\n1.default = d\n[d]\n")) == "default* edgeseal*");
  BOOST_TEST(providers_of(seen_with("openssl_conf = init\n[init]\nproviders = list\n"
                                    "[list]\nusual = d\n[d]\nidentity = default\n")) == "default* edgeseal*");
}

BOOST_AUTO_TEST_CASE(settings_reach_the_provider_whatever_characters_they_have) {
  const std::string odd = R"(/opt/a b/$x #1;"q"\n'r'/keys.sock)";
  const auto text = openssl_configuration({}, {"/opt/edgeseal.so", odd, 2500});
  const auto path = write("edgeseal.cnf", text);
  // libcrypto's own reader says what it makes of it: through another file that takes the value over.
  BOOST_TEST(text.find("module = /opt/edgeseal.so\n") != std::string::npos);
  BOOST_TEST(text.find("timeout-ms = 2500\n") != std::string::npos);
  const auto back = SystemOpenssl::read(write(
      "other.cnf", ".include " + path.string() + "\n[edgeseal_settings]\nidentity = $edgeseal_settings::socket\n"));
  BOOST_TEST(back.providers.back().name == odd);
}

BOOST_AUTO_TEST_CASE(settings_of_the_provider_may_stand_in_the_system_s_file) {
  const auto seen = seen_with(std::string(kUsual) + "[edgeseal_settings]\nidentity = renamed\n");
  BOOST_TEST(providers_of(seen) == "default* renamed*");
}

BOOST_AUTO_TEST_CASE(a_setting_with_a_line_end_is_refused) {
  BOOST_CHECK_THROW((void)openssl_configuration({}, {"", "/run/keys\nactivate = 0", 0}), Failure);
}

BOOST_AUTO_TEST_CASE(a_path_with_a_blank_is_included) {
  const auto system = SystemOpenssl::read(write("the system's.cnf", kUsual));
  const auto seen = SystemOpenssl::read(write("edgeseal.cnf", openssl_configuration(system, {})));
  BOOST_TEST(providers_of(seen) == "default* edgeseal*");
}

BOOST_AUTO_TEST_CASE(a_broken_system_configuration_is_named_with_its_line) {
  const auto path = write("system.cnf", "a = 1\n[unfinished\n");
  BOOST_CHECK_EXCEPTION((void)SystemOpenssl::read(path), Failure, [&](const Failure& failure) {
    return failure.code == ExitCode::Usage &&
           std::string(failure.what()).find(path.string() + ", line 2") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(the_configuration_of_this_machine_is_found_without_the_environment) {
  setenv("OPENSSL_CONF", "/nonexistent/openssl.cnf", 1);
  BOOST_CHECK_NO_THROW((void)SystemOpenssl::find());
  BOOST_TEST(SystemOpenssl::find().path != "/nonexistent/openssl.cnf");
  unsetenv("OPENSSL_CONF");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::ctl
