#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "enroll/openssl.h"
#include "tests/tpm/temporary_directory.h"

namespace edgeseal::test {

// The server of est_server, a process. What it writes and answers is told there.
class EstServer {
 public:
  [[nodiscard]] static EstServer& instance();  // one for all cases of a test program
  EstServer();
  EstServer(const EstServer&) = delete;
  EstServer& operator=(const EstServer&) = delete;
  ~EstServer();

  // Of an endpoint and a fault, whose characters may be any: ("good", "wait=120").
  [[nodiscard]] std::string url(const std::string& endpoint = "good", const std::string& fault = "") const;
  [[nodiscard]] bool has(const std::string& endpoint) const { return urls_.contains(endpoint); }
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return directory_.path() / name; }
  [[nodiscard]] enroll::Bytes content(const std::string& name) const;

  // What came in since the last time, for each endpoint: "requests", "bytes" within TLS, "open" connections.
  [[nodiscard]] nlohmann::json seen();
  void allow(const std::string& user, const std::string& secret, int uses);

 private:
  [[nodiscard]] nlohmann::json ask(const nlohmann::json& command);
  [[nodiscard]] std::string read_line();

  TemporaryDirectory directory_;
  int to_server_ = -1, from_server_ = -1;
  pid_t pid_ = -1;
  nlohmann::json urls_;
};

}  // namespace edgeseal::test
