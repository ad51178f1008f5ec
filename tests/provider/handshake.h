#pragma once

// A TLS handshake in memory; libssl and nothing else.

#include <openssl/ssl.h>

namespace edgeseal::tests {

// Drives both ends until both are done, one fails or nothing moves.
inline bool shake_hands(SSL* client, SSL* server) {
  BIO* client_end = nullptr;
  BIO* server_end = nullptr;
  BIO_new_bio_pair(&client_end, 0, &server_end, 0);
  SSL_set_bio(client, client_end, client_end);
  SSL_set_bio(server, server_end, server_end);
  SSL_set_connect_state(client);
  SSL_set_accept_state(server);
  const auto failed = [](SSL* end, int result) {
    const int error = SSL_get_error(end, result);
    return result != 1 && error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
  };
  for (int round = 0; round < 20; ++round) {
    const int client_done = SSL_do_handshake(client);
    const int server_done = SSL_do_handshake(server);
    if (client_done == 1 && server_done == 1) return true;
    if (failed(client, client_done) || failed(server, server_done)) return false;
  }
  return false;
}

}  // namespace edgeseal::tests
