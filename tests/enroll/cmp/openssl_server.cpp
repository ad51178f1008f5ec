#include "tests/enroll/cmp/openssl_server.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "tests/enroll/cmp/shared_secret.h"

namespace edgeseal::test {

OpensslServer::OpensslServer(const Identity& root, const Certificate& issued, const std::vector<std::string>& options) {
  write("root.pem", pem_of(root.certificate));
  write("root.key", pem_of(root.key));
  write("issued.pem", pem_of(issued));
  start(options);
}

OpensslServer::~OpensslServer() {
  ::kill(program_, SIGTERM);
  ::waitpid(program_, nullptr, 0);
}

void OpensslServer::write(const std::string& name, const std::string& pem) const {
  std::ofstream(directory_.path() / name) << pem;
}

void OpensslServer::start(const std::vector<std::string>& options) {
  std::vector<std::string> words{"openssl", "cmp", "-config", "", "-port", "0", "-srv_ref", server_reference};
  const auto add = [&words](const std::string& option, const std::string& value) {
    words.insert(words.end(), {option, value});
  };
  const auto path = [this](const char* name) { return (directory_.path() / name).string(); };
  add("-srv_secret", "pass:" + server_secret);
  add("-srv_cert", path("root.pem"));
  add("-srv_key", path("root.key"));
  add("-srv_trusted", path("root.pem"));
  add("-rsp_cert", path("issued.pem"));
  words.insert(words.end(), options.begin(), options.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  int output[2];
  if (::pipe2(output, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, path("log").c_str(), O_WRONLY | O_CREAT, 0600);
  const int error = ::posix_spawnp(&program_, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(output[1]);
  if (error != 0) throw std::runtime_error("cannot run openssl");
  url_ = "http://127.0.0.1:" + read_port(output[0]) + "/pkix/";
  ::close(output[0]);
}

// "ACCEPT [::]:40123 PID=4711"
std::string OpensslServer::read_port(int output) const {
  std::string line;
  for (char c = 0; c != '\n' && ::read(output, &c, 1) == 1;) line += c;
  const auto end = line.find(" PID=");
  if (!line.starts_with("ACCEPT") || end == std::string::npos) throw std::runtime_error("openssl cmp said: " + line);
  const auto colon = line.rfind(':', end);
  return line.substr(colon + 1, end - colon - 1);
}

}  // namespace edgeseal::test
