// The keys of this device, used by their names through the provider: what edgeseal-enroll is given of them.
#include <openssl/conf.h>
#include <openssl/provider.h>

#include <cstdlib>
#include <fstream>

#include "tests/enroll/enrolment_fixture.h"
#include "tests/fakes/key_server.h"

extern "C" int OSSL_provider_init(const OSSL_CORE_HANDLE*, const OSSL_DISPATCH*, const OSSL_DISPATCH**, void**);

namespace edgeseal::test {
namespace {

using namespace enroll;

constexpr const char* key_name = "plant/identity/idevid";

// The default library context of this process, as main() prepares it: libcurl knows no other.
void activate_provider(const std::filesystem::path& configuration, const std::filesystem::path& socket) {
  OSSL_PROVIDER_add_builtin(nullptr, "edgeseal", OSSL_provider_init);
  std::ofstream(configuration)
      << "openssl_conf = main\n[main]\nproviders = list\n[list]\ndefault = first\nedgeseal = second\n"
      << "[first]\nactivate = 1\n[second]\nactivate = 1\nsocket = " << socket.string() << "\n";
  BOOST_REQUIRE(OSSL_LIB_CTX_load_config(nullptr, configuration.c_str()) == 1);
}

struct ProviderFixture : EnrolmentFixture {
  fakes::KeyServer keys{server.file("keys.sock")};

  ProviderFixture() {
    keys.add_key(key_name, fakes::read_key(server.file("device-key.pem")));
    keys.start();
    static const bool activated = (activate_provider(server.file("openssl.cnf"), server.file("keys.sock")), true);
    static_cast<void>(activated);
  }

  [[nodiscard]] Job named_job() const {
    Job result = job();
    result.identity->key = std::string("edgeseal:") + key_name;
    return result;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(est_provider, ProviderFixture)

BOOST_AUTO_TEST_CASE(the_key_that_stands_for_the_device_signs_once_where_it_is) {
  succeed(named_job());
  BOOST_TEST(keys.requests(wire::Operation::sign) == 1U);
  const auto enrolled = requests("simpleenroll");
  BOOST_REQUIRE(enrolled.size() == 1U);
  BOOST_TEST(text(enrolled[0], "client") == hexadecimal(sha256(server.content("device.der"))));
}

BOOST_AUTO_TEST_CASE(a_key_that_the_agent_does_not_give_ends_the_job_before_anything_is_sent) {
  Job job = named_job();
  job.identity->key += "-of-nobody";
  fails_with(job, ErrorClass::policy);
  keys.stop();
  fails_with(named_job(), ErrorClass::policy);
  BOOST_TEST(requests().empty());
}

BOOST_AUTO_TEST_CASE(a_key_of_another_certificate_is_not_used) {
  Job job = named_job();
  job.identity->certificate = server.content("current.der");
  fails_with(job, ErrorClass::policy);
  BOOST_TEST(requests().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
