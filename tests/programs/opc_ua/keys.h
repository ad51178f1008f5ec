#pragma once

#include <memory>
#include <string>

#include "tests/fakes/test_keys.h"

namespace edgeseal::tests::opc_ua {

using fakes::Bytes;
using fakes::CertificatePtr;
using fakes::PkeyPtr;

// What an OPC UA application has in its files.
struct Identity {
  std::string private_key;  // a key reference in PEM
  CertificatePtr certificate;
};

// A program that has the provider in libcrypto's default context, and keys to use: those of the provider's tests with
// their key server, or those of an agent. Whoever is linked in decides.
class Keys {
 public:
  Keys();
  ~Keys();
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;

  // "rsa", "old-rsa" of an application that has old peers, "p256", "p384".
  [[nodiscard]] Identity identity(const std::string& name) const;

 private:
  class Source;
  std::unique_ptr<Source> source_;
};

}  // namespace edgeseal::tests::opc_ua
