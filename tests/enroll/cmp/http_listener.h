#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace edgeseal::test {

struct HttpReply {
  int status = 200;
  std::string content_type;
  std::string body;
};

// A server on a port of the kernel's choice, in a thread of the test: one request to a connection, one connection at a
// time. Speaks TLS where it has a context for it.
class HttpListener {
 public:
  // Called by that thread.
  using Handler = std::function<HttpReply(const std::string& path, const std::string& body)>;

  explicit HttpListener(Handler handler, SSL_CTX* tls = nullptr);
  ~HttpListener();
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  [[nodiscard]] const std::string& origin() const { return origin_; }  // "http://127.0.0.1:4711"

 private:
  void run();
  void serve(int connection) const;

  const Handler handler_;
  SSL_CTX* const tls_;
  int listener_ = -1;
  std::string origin_;
  std::thread thread_;
};

}  // namespace edgeseal::test
