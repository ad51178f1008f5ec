#include "tests/enroll/cmp/http_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <signal.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace edgeseal::test {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
};
using Stream = std::unique_ptr<BIO, FreeBio>;

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(what);
}

int listen_on_loopback() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  require(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "bind");
  require(::listen(listener, 16) == 0, "listen");
  return listener;
}

std::string port_of(int listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  require(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
  return std::to_string(ntohs(address.sin_port));
}

Stream stream_of(int connection, SSL_CTX* tls) {
  Stream stream(BIO_new_socket(connection, BIO_CLOSE));
  if (tls == nullptr) return stream;
  BIO* secured = BIO_new_ssl(tls, 0);
  BIO_push(secured, stream.release());
  return Stream(secured);
}

std::size_t content_length(const std::string& head) {
  for (std::size_t line = head.find("\r\n"); line != std::string::npos; line = head.find("\r\n", line + 2))
    if (::strncasecmp(head.c_str() + line + 2, "content-length:", 15) == 0) return std::stoul(head.substr(line + 17));
  return 0;
}

struct Request {
  std::string path;
  std::string body;
};

bool read_request(BIO& stream, Request& request) {
  constexpr std::size_t unknown = std::string::npos;
  std::string text;
  std::size_t head = unknown;
  char buffer[4096];
  while (head == unknown || text.size() < head + 4 + content_length(text.substr(0, head))) {
    const int size = BIO_read(&stream, buffer, sizeof buffer);
    if (size <= 0) return false;
    text.append(buffer, static_cast<std::size_t>(size));
    if (head == unknown) head = text.find("\r\n\r\n");
  }
  const std::size_t path = text.find(' ') + 1;
  request = {text.substr(path, text.find(' ', path) - path), text.substr(head + 4)};
  return true;
}

void write_reply(BIO& stream, const HttpReply& reply) {
  const std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " Test\r\nContent-Type: " + reply.content_type +
                           "\r\nContent-Length: " + std::to_string(reply.body.size()) +
                           "\r\nConnection: close\r\n\r\n" + reply.body;
  for (std::size_t sent = 0; sent < text.size();) {
    const int size = BIO_write(&stream, text.data() + sent, static_cast<int>(text.size() - sent));
    if (size <= 0) return;  // the client has had enough
    sent += static_cast<std::size_t>(size);
  }
}

}  // namespace

HttpListener::HttpListener(Handler handler, SSL_CTX* tls)
    : handler_(std::move(handler)), tls_(tls), listener_(listen_on_loopback()) {
  ::signal(SIGPIPE, SIG_IGN);  // clients go away as they like
  origin_ = (tls == nullptr ? "http://127.0.0.1:" : "https://127.0.0.1:") + port_of(listener_);
  thread_ = std::thread([this] { run(); });
}

HttpListener::~HttpListener() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

void HttpListener::run() {
  for (int connection = 0; (connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) serve(connection);
}

void HttpListener::serve(int connection) const {
  const Stream stream = stream_of(connection, tls_);
  Request request;
  if (!read_request(*stream, request)) return;
  write_reply(*stream, handler_(request.path, request.body));
  (void)BIO_flush(stream.get());
}

}  // namespace edgeseal::test
