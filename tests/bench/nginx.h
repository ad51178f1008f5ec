#pragma once

#include <filesystem>
#include <optional>

#include "tests/bench/child_process.h"
#include "tests/tpm/temporary_directory.h"

namespace edgeseal::bench {

// nginx as Debian ships it, with one TLS 1.3 server that resumes nothing, on a Unix socket of its own.
class Nginx {
 public:
  struct Settings {
    std::filesystem::path certificate, key;
    std::filesystem::path openssl_configuration;
    std::map<std::string, std::string> environment = {};
    unsigned workers = 2;
  };

  // Connections are taken at once and served as soon as nginx is up; where it does not start, they are reset.
  explicit Nginx(const Settings& settings);

  [[nodiscard]] std::filesystem::path socket() const { return directory_.path() / "socket"; }
  [[nodiscard]] pid_t id() const { return process_->id(); }
  // What it says when something is wrong.
  [[nodiscard]] std::string log() const { return process_->output(); }

 private:
  [[nodiscard]] std::filesystem::path write_configuration(const Settings& settings) const;

  test::TemporaryDirectory directory_;
  std::optional<ChildProcess> process_;
};

}  // namespace edgeseal::bench
