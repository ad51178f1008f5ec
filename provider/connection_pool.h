#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include "provider/connection.h"
#include "provider/use_count.h"

namespace edgeseal::provider {

struct EndLoan {
  void operator()(Connection* connection) const noexcept;
  UseCount* count = nullptr;
};

// A connection in use. It is closed with the loan, unless the pool gets it back.
using Loan = std::unique_ptr<Connection, EndLoan>;

// The connections of the process, of which idle ones are kept. No lock: a thread takes a slot by one exchange, so that
// a fork at any instruction leaves nothing locked, and threads do not wait for each other. Where all slots are taken,
// a connection is opened and closed again.
class ConnectionPool {
 public:
  ConnectionPool() noexcept = default;
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;
  ~ConnectionPool();

  // An idle connection that stands no worse than so; null where there is none. Unusable ones are dropped.
  [[nodiscard]] Loan take(Standing worst) noexcept;
  // Any idle connection, or the first that another thread gives back before the deadline; null where none is in use.
  [[nodiscard]] Loan wait_for_any(const Deadline& deadline) noexcept;

  [[nodiscard]] Loan lend(Owned<Connection> connection) noexcept;
  void give_back(Loan connection) noexcept;
  // Closes the idle connections of former accounts.
  void drop_former() noexcept;

 private:
  void keep(Owned<Connection> connection) noexcept;

  static constexpr std::size_t capacity = 16;
  std::array<std::atomic<Connection*>, capacity> idle_{};
  static_assert(std::atomic<Connection*>::is_always_lock_free);
  UseCount in_use_;
};

}  // namespace edgeseal::provider
