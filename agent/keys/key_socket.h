#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "agent/event_loop.h"
#include "agent/keys/key_service.h"
#include "agent/keys/lent_keys.h"
#include "agent/log_limit.h"
#include "agent/metrics/key_use_counts.h"
#include "policy/unique_fd.h"

namespace edgeseal::agent {

// A listening SOCK_SEQPACKET socket at `path`, mode 0666: who may use which key is decided per request. Where the
// service manager passes the socket, that one is used instead (see main.cpp). A stale file of an earlier run is
// replaced.
[[nodiscard]] policy::UniqueFd listen_on(const std::string& path);

// Throws Error{invalid_argument} for what listen_on() can't listen at on any machine.
void require_socket_path(const std::string& path);

// Where a socket listens. Throws std::system_error.
[[nodiscard]] std::string socket_path(int listener);

// The data plane (docs/key-socket.md): answers hello, describe, sign, decrypt and trust anchors. Each connection has
// one request in work at a time; what it sends meanwhile waits in its own socket buffer. A client that misbehaves, or
// does not read its answers, is closed; nobody else notices.
class KeySocket {
 public:
  struct Limits {
    std::chrono::milliseconds deadline{8000};  // of one request
    std::size_t connections = 2048;
    std::size_t connections_per_user = 512;
  };

  // `lent`: who may use a key besides those whom its access rules name.
  KeySocket(EventLoop& loop, KeyService& keys, const LentKeys& lent, policy::UniqueFd listener, const Limits& limits);
  ~KeySocket();
  KeySocket(const KeySocket&) = delete;
  KeySocket& operator=(const KeySocket&) = delete;

  // Takes no further request; those in work are still answered. Clients reconnect to the next agent.
  void stop_accepting();
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }
  // Of what its clients asked for, since the start.
  [[nodiscard]] const KeyUseCounts& uses() const { return uses_; }

 private:
  class Connection;
  using ConnectionId = std::uint64_t;
  using Connections = std::map<ConnectionId, std::shared_ptr<Connection>>;

  void accept_clients();
  void admit(policy::UniqueFd client);
  // Makes room, where all connections are taken, at the cost of the user who has most of them.
  [[nodiscard]] bool within_limits(uid_t uid);
  [[nodiscard]] bool close_idle_connection(uid_t uid);
  void forget(Connections::iterator connection);
  void pause_accepting();
  void close_later(ConnectionId id);

  EventLoop& loop_;
  KeyService& keys_;
  const LentKeys& lent_;
  policy::UniqueFd listener_;
  const Limits limits_;
  KeyUseCounts uses_;  // before the connections, which count in it
  ConnectionId last_id_ = 0;
  Connections connections_;
  std::map<uid_t, std::size_t> of_user_;  // how many of them, never 0
  LogLimit log_limit_;
  EventLoop::Source accept_source_;
  EventLoop::Source resume_timer_;
  bool accepting_ = true;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace edgeseal::agent
