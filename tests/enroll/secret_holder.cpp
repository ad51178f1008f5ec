// Enrols once with a secret, as edgeseal-enroll does, and stays there for somebody to look through its memory.
// usage: secret_holder MODE URL ROOT-CERTIFICATE <secret
// MODE keep: a copy of the secret is kept, so that the search has something to find.
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <iterator>

#include "enroll/est/job_run.h"
#include "enroll/wiped_memory.h"
#include "tests/enroll/device_key.h"
#include "tests/enroll/fake_agent.h"

namespace {

using namespace edgeseal;
using namespace edgeseal::enroll;

constexpr std::size_t secret_size = 32;

Bytes read_file(const char* path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const ByteView bytes = bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

SecretBytes read_secret() {
  SecretBytes secret(secret_size);
  return ::read(STDIN_FILENO, secret.data(), secret.size()) == static_cast<ssize_t>(secret.size()) ? secret
                                                                                                   : SecretBytes();
}

// "rejected" and the like, or "done".
std::string enrol(const char* url, const char* root, SecretBytes secret) {
  Job job;
  job.url = url;
  job.trust.anchors = {read_file(root)};
  job.password = Password{"gateway", std::move(secret), ""};
  job.request = test::DeviceKey().request();
  test::FakeAgent agent;
  try {
    static_cast<void>(est::run(job, agent, {}, {}));
    return "done";
  } catch (const Error& error) {
    return std::string(name_of(error.error_class()));
  }
}

}  // namespace

int main(int, char** argv) {
  wipe_freed_memory();
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  SecretBytes secret = read_secret();
  SecretBytes kept;
  if (std::strcmp(argv[1], "keep") == 0) kept = secret;
  const std::string outcome = enrol(argv[2], argv[3], std::move(secret)) + "\n";
  if (::write(STDOUT_FILENO, outcome.data(), outcome.size()) < 0) return 1;
  std::byte end;
  return ::read(STDIN_FILENO, &end, 1) == 0 && kept.size() <= secret_size ? 0 : 1;
}
