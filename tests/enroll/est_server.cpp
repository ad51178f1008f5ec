#include "tests/enroll/est_server.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace edgeseal::test {
namespace {

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  return ends;
}

std::string percent_encoded(const std::string& text) {
  char* escaped = curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size()));
  std::string result = escaped;
  curl_free(escaped);
  return result;
}

}  // namespace

EstServer& EstServer::instance() {
  static EstServer server;
  return server;
}

EstServer::EstServer() {
  std::signal(SIGPIPE, SIG_IGN);
  const auto input = make_pipe();
  const auto output = make_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  std::string program = EDGESEAL_EST_SERVER;
  std::string directory = directory_.path();
  std::array<char*, 3> arguments{program.data(), directory.data(), nullptr};
  const int error = posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(input[0]);
  ::close(output[1]);
  to_server_ = input[1];
  from_server_ = output[0];
  if (error != 0) throw std::runtime_error("cannot run " + program);
  urls_ = nlohmann::json::parse(read_line()).at("urls");
}

EstServer::~EstServer() {
  ::close(to_server_);
  ::close(from_server_);
  ::waitpid(pid_, nullptr, 0);
}

std::string EstServer::url(const std::string& endpoint, const std::string& fault) const {
  const std::string server = urls_.at(endpoint);
  return fault.empty() ? server : server + "/.well-known/est/" + percent_encoded(fault);
}

enroll::Bytes EstServer::content(const std::string& name) const {
  std::ifstream stream(file(name), std::ios::binary);
  if (!stream) throw std::runtime_error("no file " + name);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const auto bytes = enroll::bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

nlohmann::json EstServer::seen() {
  return ask({{"do", "seen"}});
}

void EstServer::allow(const std::string& user, const std::string& secret, int uses) {
  static_cast<void>(ask({{"do", "password"}, {"user", user}, {"secret", secret}, {"uses", uses}}));
}

nlohmann::json EstServer::ask(const nlohmann::json& command) {
  const std::string line = command.dump() + "\n";
  if (::write(to_server_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    throw std::runtime_error("the EST server has ended");
  return nlohmann::json::parse(read_line());
}

std::string EstServer::read_line() {
  std::string line;
  for (char c = 0; c != '\n'; line += c)
    if (::read(from_server_, &c, 1) != 1) throw std::runtime_error("the EST server has ended");
  return line;
}

}  // namespace edgeseal::test
