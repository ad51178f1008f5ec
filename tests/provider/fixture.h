#pragma once

#include <openssl/core.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fakes/key_server.h"

namespace edgeseal::tests {

using fakes::Bytes;
using fakes::CertificatePtr;
using fakes::PkeyPtr;

// A directory that goes with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path write(const std::string& name, const std::string& content) const;

 private:
  std::filesystem::path path_;
};

// A library context of a program that has the default provider and Edgeseal's, configured by a file as openssl.cnf is.
class Program {
 public:
  static constexpr const char* default_first = "default = default_section\nedgeseal = edgeseal_section\n";
  static constexpr const char* default_last = "edgeseal = edgeseal_section\ndefault = default_section\n";

  // A provider of others, which the configuration may name.
  struct Builtin {
    const char* name;
    OSSL_provider_init_fn* start;
  };

  // `settings` are further lines of the provider's section.
  Program(const TemporaryDirectory& directory, const std::filesystem::path& socket, const std::string& settings = {},
          const std::string& providers = default_first, const Builtin& other = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] OSSL_LIB_CTX* context() const { return context_; }
  [[nodiscard]] bool configured() const { return configured_; }
  [[nodiscard]] bool is_active() const;  // as Edgeseal's says of itself

  [[nodiscard]] PkeyPtr load_key(const std::string& uri) const;  // by OSSL_STORE; null on failure
  [[nodiscard]] PkeyPtr read_key(const std::string& pem) const;  // by PEM_read_bio_PrivateKey; null on failure

 private:
  OSSL_LIB_CTX* context_;
  bool configured_;
};

// The keys are made once for all tests, with a certificate by a CA each, and that CA: "ec", "p384", "rsa", "ed25519"
// and, for RSA-PSS, "pss" and the restricted "pss-sha256".
struct Material {
  static const Material& get();

  [[nodiscard]] const PkeyPtr& key(const std::string& name) const;
  [[nodiscard]] const CertificatePtr& certificate(const std::string& name) const;

  struct Identity {
    PkeyPtr key;
    CertificatePtr certificate;
  };
  std::map<std::string, Identity> identities;

  PkeyPtr ca_key, ec, rsa, ed25519;
  CertificatePtr ca, ec_certificate, rsa_certificate, ed25519_certificate;
};

// The agent's side and a program beside it.
struct Fixture {
  Fixture();

  TemporaryDirectory directory;
  std::filesystem::path socket = directory.path() / "keys.sock";
  fakes::KeyServer server{socket};
  Program program{directory, socket};
};

struct SignOptions {
  std::string digest = "SHA256";  // empty: the default of the key, in one piece
  int padding = 0;                // RSA_PKCS1_PSS_PADDING or the default
  int salt = 0;                   // for PSS
};

// Hash and sign / verify in one piece or in small pieces. An empty signature is a failure.
[[nodiscard]] Bytes sign(OSSL_LIB_CTX* context, EVP_PKEY* key, std::string_view message,
                         const SignOptions& options = {});
[[nodiscard]] bool verifies(EVP_PKEY* key, std::string_view message, const Bytes& signature,
                            const SignOptions& options = {});
// With the key "ec", and the signature is good.
[[nodiscard]] bool signs(const Program& program, const PkeyPtr& key);
[[nodiscard]] Bytes sign_digest(OSSL_LIB_CTX* context, EVP_PKEY* key, const Bytes& digest, const char* digest_name);

// `work` in a child process, which has succeeded where that was true within a minute.
[[nodiscard]] pid_t start_child(const std::function<bool()>& work);
[[nodiscard]] bool succeeds(pid_t child);
[[nodiscard]] bool in_child(const std::function<bool()>& work);

// What the key of that name takes: Ed25519 keys no digest, the others SHA-256.
[[nodiscard]] SignOptions options_of(const std::string& name);

// Everything in the error queue, which is empty afterwards.
[[nodiscard]] std::string take_errors();

[[nodiscard]] std::string pem_reference(const std::string& name, EVP_PKEY* key);
[[nodiscard]] std::string pem_of(X509* certificate);

}  // namespace edgeseal::tests
