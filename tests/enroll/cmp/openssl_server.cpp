#include "tests/enroll/cmp/openssl_server.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "tests/enroll/cmp/shared_secret.h"

namespace edgeseal::test {
namespace {

template <class Write>
std::string pem_of(const Write& write) {
  const enroll::BioPtr bio(BIO_new(BIO_s_mem()));
  write(bio.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string pem_of(const Certificate& certificate) {
  return pem_of([&certificate](BIO* bio) { PEM_write_bio_X509(bio, certificate.get()); });
}

std::string pem_of(const Key& key) {
  return pem_of([&key](BIO* bio) { PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

std::filesystem::path make_directory() {
  std::string name = (std::filesystem::temp_directory_path() / "edgeseal-cmp-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  return name;
}

}  // namespace

OpensslServer::OpensslServer(const Identity& root, const Certificate& issued, const std::vector<std::string>& options)
    : directory_(make_directory()) {
  write("root.pem", pem_of(root.certificate));
  write("root.key", pem_of(root.key));
  write("issued.pem", pem_of(issued));
  start(options);
}

OpensslServer::~OpensslServer() {
  ::kill(program_, SIGTERM);
  ::waitpid(program_, nullptr, 0);
  std::filesystem::remove_all(directory_);
}

void OpensslServer::write(const std::string& name, const std::string& pem) const {
  std::ofstream(directory_ / name) << pem;
}

void OpensslServer::start(const std::vector<std::string>& options) {
  std::vector<std::string> words{"openssl", "cmp", "-config", "", "-port", "0", "-srv_ref", server_reference};
  const auto add = [&words](const std::string& option, const std::string& value) {
    words.insert(words.end(), {option, value});
  };
  const auto path = [this](const char* name) { return (directory_ / name).string(); };
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
