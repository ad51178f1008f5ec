#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <fstream>

#include "tests/provider/fixture.h"

namespace edgeseal::tests {
namespace {

constexpr unsigned forbidden[] = {SYS_socket,        SYS_connect,  SYS_clone,         SYS_clone3,
                                  SYS_inotify_init1, SYS_eventfd2, SYS_timerfd_create};

// From now on a connection, a thread or a process of its own is the end of this one.
bool forbid_connections_and_threads() {
  std::vector<sock_filter> filter{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const unsigned call : forbidden) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog loaded{.len = static_cast<unsigned short>(filter.size()), .filter = filter.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &loaded, 0, 0) == 0;
}

struct ActivationFixture : Fixture {
  std::filesystem::path output = directory.path() / "output";

  // How the unmodified program ended that has the provider active.
  int run_openssl(std::vector<const char*> arguments) const {
    arguments.insert(arguments.begin(), "openssl");
    arguments.push_back(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
      const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      ::setenv("OPENSSL_CONF", (directory.path() / "openssl.cnf").c_str(), 1);
      if (::dup2(out, STDOUT_FILENO) < 0 || ::dup2(out, STDERR_FILENO) < 0 || !forbid_connections_and_threads()) {
        ::_exit(126);
      }
      ::execvp("openssl", const_cast<char* const*>(arguments.data()));
      ::_exit(127);
    }
    int status = -1;
    BOOST_TEST(::waitpid(child, &status, 0) == child);
    return status;
  }

  [[nodiscard]] std::string printed() const {
    std::ifstream file(output);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(activation)

BOOST_FIXTURE_TEST_CASE(a_program_that_does_not_use_it_opens_no_connection_and_starts_no_thread, ActivationFixture) {
  BOOST_TEST(run_openssl({"list", "-providers"}) == 0, printed());
  BOOST_TEST(printed().find("name: Edgeseal") != std::string::npos, printed());
  const std::string key = (directory.path() / "own.pem").string();
  const std::string certificate = (directory.path() / "own.crt").string();
  BOOST_TEST(run_openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "group:P-256", "-out", key.c_str()}) == 0,
             printed());
  BOOST_TEST(
      run_openssl({"req", "-x509", "-new", "-key", key.c_str(), "-subj", "/CN=own", "-out", certificate.c_str()}) == 0,
      printed());
  BOOST_TEST(run_openssl({"verify", "-CAfile", certificate.c_str(), certificate.c_str()}) == 0, printed());
  BOOST_TEST(run_openssl({"dgst", "-sha256", "-sign", key.c_str(), certificate.c_str()}) == 0, printed());
  BOOST_TEST(server.connections() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_key_reference_is_read_without_a_connection, ActivationFixture) {
  const std::filesystem::path reference =
      directory.write("reference.pem", pem_reference("ec", Material::get().ec.get()));
  BOOST_TEST(run_openssl({"pkey", "-in", reference.c_str(), "-pubout"}) == 0, printed());
  BOOST_TEST(printed().find("BEGIN PUBLIC KEY") != std::string::npos, printed());
  BOOST_TEST(server.connections() == 0U);
}

BOOST_FIXTURE_TEST_CASE(the_first_use_opens_one, ActivationFixture) {
  const int status = run_openssl({"pkey", "-in", "edgeseal:ec", "-pubout"});
  BOOST_TEST(WIFSIGNALED(status));
  BOOST_TEST(WTERMSIG(status) == SIGSYS);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
