// EN35, the part of a program that is given secrets: nowhere in its memory is one when its job has ended.
#include <fcntl.h>
#include <openssl/rand.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>

#include "enroll/base64.h"
#include "tests/enroll/enrolment_fixture.h"
#include "tests/memory/memory_search.h"

namespace edgeseal::test {
namespace {

using namespace enroll;

// Printable, and different at each run.
std::string make_secret() {
  Bytes random(24);
  RAND_bytes(out_octets(random), static_cast<int>(random.size()));
  return std::string(encode_base64(random));
}

tpm::Bytes octets_of(const std::string& text) {
  const ByteView bytes = bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

// secret_holder.cpp in a process of its own.
class SecretHolder {
 public:
  SecretHolder(const std::string& mode, const std::string& url, const std::string& root) {
    std::array<int, 2> input{}, output{};
    BOOST_REQUIRE(::pipe2(input.data(), O_CLOEXEC) == 0 && ::pipe2(output.data(), O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    std::array<std::string, 4> words{EDGESEAL_SECRET_HOLDER, mode, url, root};
    std::array<char*, 5> arguments{words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
    // Where symbols are bound at the first call, the dynamic linker saves vector registers, with what was copied last.
    std::string bind_now = "LD_BIND_NOW=1";
    std::array<char*, 2> environment{bind_now.data(), nullptr};
    const int error = posix_spawn(&process_, words[0].c_str(), &actions, nullptr, arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    ::close(input[0]);
    ::close(output[1]);
    input_ = input[1];
    output_ = output[0];
    BOOST_REQUIRE(error == 0);
  }
  SecretHolder(const SecretHolder&) = delete;
  SecretHolder& operator=(const SecretHolder&) = delete;
  ~SecretHolder() {
    ::close(input_);
    ::close(output_);
    ::waitpid(process_, nullptr, 0);
  }

  std::string enrol(const std::string& secret) {
    BOOST_REQUIRE(::write(input_, secret.data(), secret.size()) == static_cast<ssize_t>(secret.size()));
    std::string outcome;
    for (char c = 0; ::read(output_, &c, 1) == 1 && c != '\n';) outcome += c;
    return outcome;
  }

  [[nodiscard]] std::vector<Finding> find(const std::string& secret) const {
    const std::string header(encode_base64(bytes_of("gateway:" + secret)));
    return search_memory(process_, {{"secret", octets_of(secret)}, {"header", octets_of(header)}}).findings;
  }

 private:
  pid_t process_ = -1;
  int input_ = -1, output_ = -1;
};

struct SecretFixture : EnrolmentFixture {
  std::vector<Finding> after(const std::string& mode, const std::string& fault, const std::string& outcome) {
    const std::string secret = make_secret();
    server.allow("gateway", secret, 1);
    SecretHolder holder(mode, server.url("good", fault), server.file("root.der"));
    BOOST_TEST(holder.enrol(secret) == outcome);
    return holder.find(secret);
  }

  void check_clean(const std::string& fault, const std::string& outcome) {
    for (const Finding& finding : after("forget", fault, outcome))
      BOOST_ERROR(finding.number << " lies open at " << std::hex << finding.address << " in " << finding.mapping);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(secret_memory, SecretFixture)

BOOST_AUTO_TEST_CASE(EN35_the_search_finds_a_secret_that_is_there) {
  BOOST_TEST(!after("keep", "", "done").empty());
}

BOOST_AUTO_TEST_CASE(EN35_no_secret_is_left_in_memory_when_a_job_has_ended) {
  check_clean("", "done");
  check_clean("issue=ca", "unsuitable-certificate");
  check_clean("wait=60", "waiting");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
