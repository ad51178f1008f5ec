#include "provider/connection_pool.h"

namespace edgeseal::provider {

ConnectionPool::~ConnectionPool() {
  for (auto& slot : idle_) Owned<Connection>(slot.exchange(nullptr)).reset();
}

Owned<Connection> ConnectionPool::take() noexcept {
  for (auto& slot : idle_) {
    if (slot.load(std::memory_order_relaxed) == nullptr) continue;
    Owned<Connection> connection(slot.exchange(nullptr, std::memory_order_acquire));
    if (connection != nullptr && connection->is_usable()) return connection;
  }
  return nullptr;
}

void ConnectionPool::give_back(Owned<Connection> connection) noexcept {
  for (auto& slot : idle_) {
    Connection* empty = nullptr;
    if (slot.compare_exchange_strong(empty, connection.get(), std::memory_order_release, std::memory_order_relaxed)) {
      static_cast<void>(connection.release());
      return;
    }
  }
}

}  // namespace edgeseal::provider
