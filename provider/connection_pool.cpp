#include "provider/connection_pool.h"

#include <poll.h>

#include <algorithm>

namespace edgeseal::provider {
namespace {

constexpr std::chrono::milliseconds pause_between_looks{1};

}  // namespace

void EndLoan::operator()(Connection* connection) const noexcept {
  pool->take_over(connection).reset();
  pool->in_use_.give_back();
}

ConnectionPool::~ConnectionPool() {
  for (auto& slot : idle_) Owned<Connection>(slot.exchange(nullptr)).reset();
}

Loan ConnectionPool::take(Standing worst) noexcept {
  close_lent_by_parent();
  for (auto& slot : idle_) {
    Loan connection = take_from(slot);
    if (connection == nullptr) continue;
    const Standing standing = connection->standing();
    if (standing <= worst) return connection;
    if (standing != Standing::unusable) give_back(std::move(connection));
  }
  return nullptr;
}

Loan ConnectionPool::wait_for_any(const Deadline& deadline) noexcept {
  for (;;) {
    const UseCount::State before = in_use_.look();
    Loan connection = take(Standing::former_account);
    if (connection != nullptr || deadline.passed()) return connection;
    if (!before.any_in_use() && in_use_.look() == before) return nullptr;
    static_cast<void>(::poll(nullptr, 0, static_cast<int>(pause_between_looks.count())));
  }
}

Loan ConnectionPool::lend(Owned<Connection> connection) noexcept {
  in_use_.take();
  return hand_out(connection.release());
}

void ConnectionPool::give_back(Loan connection) noexcept {
  Owned<Connection> kept = take_over(connection.release());
  if (replace(idle_, nullptr, kept.get())) static_cast<void>(kept.release());
  kept.reset();
  in_use_.give_back();
}

void ConnectionPool::drop_former() noexcept {
  for (auto& slot : idle_) {
    Loan connection = take_from(slot);
    if (connection != nullptr && connection->standing() == Standing::current) give_back(std::move(connection));
  }
}

// Of the first slot that holds `before`; false where none does.
bool ConnectionPool::replace(std::span<Slot> slots, Connection* before, Connection* after) noexcept {
  return std::any_of(slots.begin(), slots.end(), [=](Slot& slot) {
    Connection* found = before;
    return slot.load(std::memory_order_relaxed) == before && slot.compare_exchange_strong(found, after);
  });
}

// What is looked at counts as in use, because others do not find it meanwhile.
Loan ConnectionPool::take_from(Slot& slot) noexcept {
  if (slot.load(std::memory_order_relaxed) == nullptr) return nullptr;
  in_use_.take();
  if (Connection* taken = slot.exchange(nullptr); taken != nullptr) return hand_out(taken);
  in_use_.give_back();
  return nullptr;
}

Loan ConnectionPool::hand_out(Connection* connection) noexcept {
  static_cast<void>(replace(lent_, nullptr, connection));
  return {connection, EndLoan{this}};
}

// It is in one array at most at any time: who was forked meanwhile closes it once.
Owned<Connection> ConnectionPool::take_over(Connection* lent) noexcept {
  static_cast<void>(replace(lent_, lent, nullptr));
  return Owned<Connection>(lent);
}

// Those that other threads of the parent were using at the fork: the child has none of these threads. A connection does
// not change once it is open, thus whoever comes first can close it. Nothing is lent in a process before it is noted
// here, so that what was found until then is the parent's.
void ConnectionPool::close_lent_by_parent() noexcept {
  pid_t before = process_;
  const pid_t now = ::getpid();
  if (before == now) return;
  std::array<Connection*, most_noted> inherited{};
  std::copy(lent_.begin(), lent_.end(), inherited.begin());
  if (!process_.compare_exchange_strong(before, now)) return;
  for (Connection* connection : inherited) {
    if (connection != nullptr) take_over(connection).reset();
  }
}

}  // namespace edgeseal::provider
