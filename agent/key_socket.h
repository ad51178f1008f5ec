#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "agent/event_loop.h"
#include "agent/key_service.h"
#include "agent/lent_keys.h"
#include "agent/log_limit.h"
#include "policy/unique_fd.h"

namespace edgeseal::agent {

// A listening SOCK_SEQPACKET socket at `path`, mode 0666: who may use which key is decided per request. Where the
// service manager passes the socket, that one is used instead (see main.cpp). A stale file of an earlier run is
// replaced.
[[nodiscard]] policy::UniqueFd listen_on(const std::string& path);

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

  KeySocket(EventLoop& loop, KeyService& keys, policy::UniqueFd listener, const Limits& limits);
  ~KeySocket();
  KeySocket(const KeySocket&) = delete;
  KeySocket& operator=(const KeySocket&) = delete;

  // Who may use a key besides those whom its access rules name; without, nobody.
  void use_lent_keys(const LentKeys& lent) { lent_ = &lent; }
  // Takes no further request; those in work are still answered. Clients reconnect to the next agent.
  void stop_accepting();
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }

 private:
  class Connection;
  using ConnectionId = std::uint64_t;

  [[nodiscard]] bool is_lent(const KeyId& id, uid_t account) const {
    return lent_ != nullptr && lent_->has(id, account);
  }
  void accept_clients();
  void admit(policy::UniqueFd client);
  // Makes room, where all connections are taken, at the cost of the user who has most of them.
  [[nodiscard]] bool within_limits(uid_t uid);
  [[nodiscard]] bool close_idle_connection(uid_t uid);
  void pause_accepting();
  void close_later(ConnectionId id);

  EventLoop& loop_;
  KeyService& keys_;
  const LentKeys* lent_ = nullptr;
  policy::UniqueFd listener_;
  const Limits limits_;
  ConnectionId last_id_ = 0;
  std::map<ConnectionId, std::shared_ptr<Connection>> connections_;
  LogLimit log_limit_;
  EventLoop::Source accept_source_;
  EventLoop::Source resume_timer_;
  bool accepting_ = true;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace edgeseal::agent
