#pragma once

#include "tests/bench/nginx.h"
#include "tests/tpm/swtpm.h"

namespace edgeseal::bench {

// A chip of its own and Debian's tpm2-openssl, the other way of programs with OpenSSL 3 to keys in a TPM. It speaks to
// the chip from within the program and opens the connection before nginx forks: with one worker it serves, with two the
// workers take each other's answers and handshakes fail, with tpm2-abrmd between it and the chip too.
class Tpm2Openssl {
 public:
  enum class Chip { direct, traced };  // traced: by the script that EDGESEAL_TCTI_SCRIPT names

  // With a key ("ec-p256", "rsa-2048") that it has made, certified.
  Tpm2Openssl(const std::string& key, Chip chip);

  [[nodiscard]] Nginx::Settings server() const;

 private:
  [[nodiscard]] std::string file(const std::string& name) const { return chip_.directory().file(name); }
  void openssl(const std::string& arguments) const;
  void certify() const;

  test::Swtpm chip_;
  std::string tcti_;
};

}  // namespace edgeseal::bench
