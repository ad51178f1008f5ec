#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include "provider/connection.h"

namespace edgeseal::provider {

// Idle connections of the process. No lock: a thread takes a slot by one exchange, so that a fork at any instruction
// leaves nothing locked, and threads do not wait for each other. Where all slots are taken, a connection is opened and
// closed again.
class ConnectionPool {
 public:
  ConnectionPool() noexcept = default;
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;
  ~ConnectionPool();

  // Null where none is idle. Connections of the parent process and those whose descriptor is gone are dropped.
  [[nodiscard]] Owned<Connection> take() noexcept;
  void give_back(Owned<Connection> connection) noexcept;

 private:
  static constexpr std::size_t capacity = 16;
  std::array<std::atomic<Connection*>, capacity> idle_{};
  static_assert(std::atomic<Connection*>::is_always_lock_free);
};

}  // namespace edgeseal::provider
