#pragma once

#include <openssl/cmp.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "tests/enroll/cmp/http_listener.h"
#include "tests/enroll/cmp/shared_secret.h"
#include "tests/enroll/cmp/test_authority.h"

namespace edgeseal::test {

// A CMP server on libcrypto's own server half, over HTTP. It answers requests as CMP wants it, and what it answers can
// be changed on the way out. Set what is public before the first request; what it saw is read after the last.
class CmpServer {
 public:
  explicit CmpServer(SSL_CTX* tls = nullptr);
  ~CmpServer();
  CmpServer(const CmpServer&) = delete;
  CmpServer& operator=(const CmpServer&) = delete;

  [[nodiscard]] std::string url() const { return listener_.origin(); }

  // How it protects its answers, and whom it believes. A secret in a request is answered with the secret.
  void use_secret(const std::string& secret);
  void sign_as(const Identity& signer);  // before the first request: libcrypto keeps the chain of the first signer
  void send_unprotected_errors();

  Identity root = Identity::root("Test plant CA");
  Key certified;  // whose key is certified; that of the request where it is PKCS #10
  std::string names_extension = "subjectAltName=DNS:gateway.example\n";
  std::string certificate_extensions = device_extensions;
  int status = OSSL_CMP_PKISTATUS_accepted;
  int fail_info = 0;
  std::string status_text;
  int polls = 0;  // before it answers
  std::int64_t check_after = 7;
  std::vector<Certificate> ca_pubs;
  bool fails = false;  // answers with an error
  int down_at = -1;    // of its replies, one that is 503 and reaches no CMP
  // What it answers to a general message; null: what it was asked.
  std::function<OSSL_CMP_ITAV*()> information;
  // Changes a reply; `number` counts them from 0.
  std::function<void(HttpReply& reply, int number)> alter;

  struct Seen {
    std::vector<std::string> paths;
    std::vector<std::string> transactions;  // identifiers
    int confirmed = 0;
    int rejected = 0;
    int aborted = 0;
  };
  [[nodiscard]] Seen seen() const;

 private:
  struct Callbacks;

  [[nodiscard]] HttpReply answer(const std::string& path, const std::string& body);
  [[nodiscard]] std::string process(const std::string& body);
  [[nodiscard]] Certificate certificate(const X509_NAME* subject, EVP_PKEY* key) const;
  [[nodiscard]] OSSL_CMP_CTX* context() const;

  OSSL_CMP_SRV_CTX* server_;
  OSSL_CMP_MSG* waiting_ = nullptr;
  int asked_ = 0;
  int number_ = 0;
  mutable std::mutex mutex_;  // guards what was seen
  Seen seen_;
  HttpListener listener_;
};

}  // namespace edgeseal::test
