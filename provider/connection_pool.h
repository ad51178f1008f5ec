#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <span>

#include "provider/connection.h"
#include "provider/use_count.h"

namespace edgeseal::provider {

class ConnectionPool;

struct EndLoan {
  void operator()(Connection* connection) const noexcept;
  ConnectionPool* pool = nullptr;
};

// A connection in use. It is closed with the loan, unless the pool gets it back.
using Loan = std::unique_ptr<Connection, EndLoan>;

// The connections of the process, of which idle ones are kept. No lock: a thread takes a slot by one exchange, so that
// a fork at any instruction leaves nothing locked, and threads do not wait for each other. Where all slots are taken,
// a connection is opened and closed again. A child closes those of its parent when it first takes one.
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
  friend EndLoan;
  using Slot = std::atomic<Connection*>;
  static_assert(Slot::is_always_lock_free);

  static constexpr std::size_t most_idle = 16;
  static constexpr std::size_t most_noted = 64;

  [[nodiscard]] static bool replace(std::span<Slot> slots, Connection* before, Connection* after) noexcept;
  [[nodiscard]] Loan take_from(Slot& slot) noexcept;
  [[nodiscard]] Loan hand_out(Connection* connection) noexcept;
  [[nodiscard]] Owned<Connection> take_over(Connection* lent) noexcept;
  void close_lent_by_parent() noexcept;

  std::array<Slot, most_idle> idle_{};
  std::array<Slot, most_noted> lent_{};  // for a child; what finds no room here stays open in it
  std::atomic<pid_t> process_{::getpid()};
  UseCount in_use_;
};

}  // namespace edgeseal::provider
