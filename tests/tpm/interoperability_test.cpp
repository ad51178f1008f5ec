#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/tpm/device_fixture.h"
#include "tests/tpm/program.h"

namespace edgeseal::test {
namespace {

using tpm::HashAlgorithm;
using tpm::KeyAlgorithm;

constexpr const char* kLabel = "TSS2 PRIVATE KEY";

tpm::Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = bytes_of(text);
  return tpm::Bytes(bytes.begin(), bytes.end());
}

void write_file(const std::string& path, tpm::ByteView bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<long>(bytes.size()));
}

struct InteroperabilityFixture : DeviceFixture {
  [[nodiscard]] std::string path(const std::string& name) const { return swtpm.directory().file(name); }

  // With the device closed: swtpm serves one connection at a time.
  std::string run(const std::string& command) const {
    return run_program("cd " + swtpm.directory().path().string() + " && export TPM2TOOLS_TCTI=" + swtpm.tcti() +
                       " TPM2OPENSSL_TCTI=" + swtpm.tcti() + " && " + command);
  }

  // openssl reads a passphrase up to the end of a line or a zero byte.
  [[nodiscard]] tpm::CreatedKey key_with_typable_auth() const {
    for (;;) {
      tpm::CreatedKey key = device->create(KeyAlgorithm::ec_p256);
      const auto breaks_line = [](std::byte byte) {
        return byte == std::byte{0} || byte == std::byte{'\n'} || byte == std::byte{'\r'};
      };
      if (std::ranges::none_of(key.auth.view(), breaks_line)) return key;
    }
  }

  void write_pem(const tpm::Bytes& der) const {
    write_file(path("key.der"), der);
    (void)run(std::string("{ echo '-----BEGIN ") + kLabel + "-----'; base64 -w64 key.der; echo '-----END " + kLabel +
              "-----'; } > key.pem");
  }
};

BOOST_FIXTURE_TEST_SUITE(a_stored_key, InteroperabilityFixture)

BOOST_AUTO_TEST_CASE(is_loaded_and_used_by_tpm2_openssl) {
  const tpm::CreatedKey key = key_with_typable_auth();
  device.reset();
  write_pem(key.tss_private_key);
  write_file(path("auth"), key.auth.view());
  write_file(path("message"), bytes_of("a message"));
  (void)run(
      "openssl dgst -provider tpm2 -provider default -propquery '?provider=tpm2' -sha256 -sign key.pem -passin "
      "file:auth -out sig message");
  (void)run("openssl pkey -provider tpm2 -provider default -in key.pem -passin file:auth -pubout -out public.pem");
  BOOST_TEST(run("openssl dgst -sha256 -verify public.pem -signature sig message") == "Verified OK\n");
}

BOOST_AUTO_TEST_CASE(may_come_from_tpm2_openssl) {
  device.reset();
  (void)run(
      "openssl genpkey -provider tpm2 -provider default -propquery '?provider=tpm2' -algorithm RSA "
      "-pkeyopt bits:2048 -out key.pem");
  (void)run("grep -v -e ----- key.pem | base64 -d > key.der");
  (void)run("openssl pkey -provider tpm2 -provider default -in key.pem -pubout -out public.pem");
  device = tpm::open_esys_key_device(settings_for(swtpm.tcti()));
  const tpm::StoredKey key{{}, read_file(path("key.der")), {}};
  write_file(path("sig"), device->sign_rsa_pkcs1(key, HashAlgorithm::sha256, digest));
  write_file(path("message"), bytes_of("a message"));
  BOOST_TEST(run("openssl dgst -sha256 -verify public.pem -signature sig message") == "Verified OK\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
