#include "tests/bench/tls_client.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <stdexcept>
#include <system_error>

#include "policy/unique_fd.h"
#include "tests/fakes/test_keys.h"

namespace edgeseal::bench {
namespace {

void require(bool success, const std::string& operation) {
  if (success) return;
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  const std::string text = reason != nullptr ? reason : errno != 0 ? std::strerror(errno) : "the server closed";
  ERR_clear_error();
  throw std::runtime_error(operation + ": " + text);
}

// In the place of the verification of a chain.
int is_expected(X509_STORE_CTX* verification, void* certificate) {
  const bool expected = X509_cmp(X509_STORE_CTX_get0_cert(verification), static_cast<X509*>(certificate)) == 0;
  X509_STORE_CTX_set_error(verification, expected ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
  return expected ? 1 : 0;
}

policy::UniqueFd connect_to(const std::filesystem::path& path) {
  constexpr timeval limit{.tv_sec = 20, .tv_usec = 0};
  policy::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path) throw std::length_error(path);
  path.native().copy(address.sun_path, sizeof address.sun_path - 1);
  if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::system_error(errno, std::generic_category(), path);
  return socket;
}

X509* read_certificate(const std::filesystem::path& path) {
  const std::shared_ptr<BIO> file(BIO_new_file(path.c_str(), "r"), BIO_free);
  X509* const certificate = file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr) : nullptr;
  require(certificate != nullptr, path);
  return certificate;
}

}  // namespace

TlsClient::TlsClient(std::filesystem::path socket, const std::filesystem::path& certificate)
    : socket_(std::move(socket)),
      certificate_(read_certificate(certificate)),
      context_(SSL_CTX_new_ex(fakes::default_only(), nullptr, TLS_client_method())) {
  require(context_ && SSL_CTX_set_min_proto_version(context_.get(), TLS1_3_VERSION) == 1, "SSL_CTX_new");
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context_.get(), is_expected, certificate_.get());
}

void TlsClient::handshake() const {
  const policy::UniqueFd socket = connect_to(socket_);
  const std::unique_ptr<SSL, Free<SSL_free>> connection(SSL_new(context_.get()));
  errno = 0;
  require(connection && SSL_set_fd(connection.get(), socket.get()) == 1 && SSL_connect(connection.get()) == 1,
          "TLS handshake with " + socket_.native());
  require(SSL_session_reused(connection.get()) == 0, "a full handshake");
}

std::vector<Operation> handshakes(const std::filesystem::path& socket, const std::filesystem::path& certificate,
                                  std::size_t count) {
  std::vector<Operation> operations;
  while (operations.size() < count)
    operations.emplace_back([client = std::make_shared<const TlsClient>(socket, certificate)] { client->handshake(); });
  return operations;
}

}  // namespace edgeseal::bench
