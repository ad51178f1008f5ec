#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/enroll/cmp/test_authority.h"
#include "tests/tpm/temporary_directory.h"

namespace edgeseal::test {

// `openssl cmp -port 0` in a directory of its own: a server that somebody else wrote. It knows one secret
// (server_reference, server_secret), signs as the root, and answers every request with the same certificate.
class OpensslServer {
 public:
  // With further options of that program.
  OpensslServer(const Identity& root, const Certificate& issued, const std::vector<std::string>& options = {});
  ~OpensslServer();
  OpensslServer(const OpensslServer&) = delete;
  OpensslServer& operator=(const OpensslServer&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  void write(const std::string& name, const std::string& pem) const;
  void start(const std::vector<std::string>& options);
  [[nodiscard]] std::string read_port(int output) const;

  TemporaryDirectory directory_;
  pid_t program_ = -1;
  std::string url_;
};

}  // namespace edgeseal::test
