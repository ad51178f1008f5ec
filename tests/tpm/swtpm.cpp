#include "tests/tpm/swtpm.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <system_error>
#include <vector>

namespace edgeseal::test {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class Listener {
 public:
  explicit Listener(const std::string& path) : descriptor_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) throw std::length_error(path);
    memcpy(address.sun_path, path.c_str(), path.size());
    ::unlink(path.c_str());
    if (descriptor_ < 0 || ::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(descriptor_, SOMAXCONN) != 0) {
      fail("listen for swtpm");
    }
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { ::close(descriptor_); }

  [[nodiscard]] std::string argument() const { return "type=unixio,fd=" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

std::vector<char*> pointers(std::vector<std::string>& arguments) {
  std::vector<char*> out;
  for (std::string& argument : arguments) out.push_back(argument.data());
  out.push_back(nullptr);
  return out;
}

// In the child: ends with the test program, however that ends, and writes to a log beside its state.
[[noreturn]] void become_swtpm(const std::string& log, char* const* arguments) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execvp(arguments[0], arguments);
  ::_exit(127);
}

}  // namespace

Swtpm::Swtpm(PowerOn power_on) : power_on_(power_on) {
  std::filesystem::create_directory(directory_.path() / "state");
  start();
}

Swtpm::~Swtpm() {
  stop();
}

std::string Swtpm::traced_tcti() const {
  return EDGESEAL_TCTI_TRACE_MODULE ":" + tcti();
}

void Swtpm::start() {
  const Listener server(socket_path());
  const Listener control(control_path());
  const std::string flags = power_on_ == PowerOn::started ? "not-need-init,startup-clear" : "not-need-init";
  std::vector<std::string> arguments{"swtpm", "socket", "--tpm2"};
  arguments.insert(arguments.end(), {"--server", server.argument(), "--ctrl", control.argument()});
  arguments.insert(arguments.end(), {"--tpmstate", "dir=" + directory_.file("state"), "--flags", flags});
  const std::string log = directory_.file("swtpm.log");
  const std::vector<char*> argv = pointers(arguments);
  pid_ = ::fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) become_swtpm(log, argv.data());
}

void Swtpm::stop() noexcept {
  if (pid_ < 0) return;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace edgeseal::test
