#include "provider/connection_pool.h"

#include <poll.h>

namespace edgeseal::provider {
namespace {

constexpr std::chrono::milliseconds pause_between_looks{1};

}  // namespace

void EndLoan::operator()(Connection* connection) const noexcept {
  Destroy{}(connection);
  count->give_back();
}

ConnectionPool::~ConnectionPool() {
  for (auto& slot : idle_) Owned<Connection>(slot.exchange(nullptr)).reset();
}

// What is looked at counts as in use, because others do not find it meanwhile.
Loan ConnectionPool::take(Standing worst) noexcept {
  for (auto& slot : idle_) {
    if (slot.load(std::memory_order_relaxed) == nullptr) continue;
    in_use_.take();
    Owned<Connection> connection(slot.exchange(nullptr));
    const Standing standing = connection != nullptr ? connection->standing() : Standing::unusable;
    if (standing <= worst) return {connection.release(), EndLoan{&in_use_}};
    if (standing != Standing::unusable) keep(std::move(connection));
    connection.reset();
    in_use_.give_back();
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
  return {connection.release(), EndLoan{&in_use_}};
}

void ConnectionPool::give_back(Loan connection) noexcept {
  keep(Owned<Connection>(connection.release()));
  in_use_.give_back();
}

void ConnectionPool::drop_former() noexcept {
  for (auto& slot : idle_) {
    if (slot.load(std::memory_order_relaxed) == nullptr) continue;
    in_use_.take();
    Owned<Connection> connection(slot.exchange(nullptr));
    if (connection != nullptr && connection->standing() == Standing::current) keep(std::move(connection));
    connection.reset();
    in_use_.give_back();
  }
}

void ConnectionPool::keep(Owned<Connection> connection) noexcept {
  for (auto& slot : idle_) {
    Connection* empty = nullptr;
    if (slot.compare_exchange_strong(empty, connection.get())) {
      static_cast<void>(connection.release());
      return;
    }
  }
}

}  // namespace edgeseal::provider
