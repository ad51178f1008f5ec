#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dbus/reply.h"

namespace edgeseal::dbus {

// Calls that wait for an answer: as many as a connection and an account may have, and where there is no room for all,
// the account with the most of them loses its newest that are not being worked at yet. So accounts that take all they
// get keep out nobody. It takes a moment to know who calls: until then calls wait apart, and there it is the connection
// with the most that loses. Each counts by its weight, so that the memory is bounded that arguments take.
class OpenCalls {
 public:
  static constexpr size_t most = 128;  // whose callers are known
  static constexpr size_t most_of_account = 32;
  static constexpr size_t most_of_connection = 16;
  static constexpr size_t most_unidentified = 256;

  // Both throw CallError{TooManyOperations}, and refuse with that the call that has to make room. A call may be
  // identified before it is admitted; it has to be after.
  void admit(const std::shared_ptr<OpenCall>& call);
  void identify(const std::shared_ptr<OpenCall>& call, Caller caller);

  // Those that satisfy the condition, out of what is open.
  [[nodiscard]] std::vector<std::shared_ptr<OpenCall>> take(const std::function<bool(const OpenCall&)>& condition);

 private:
  using CallPtr = std::shared_ptr<OpenCall>;
  using Owner = std::function<std::string(const OpenCall&)>;

  [[nodiscard]] std::vector<CallPtr> open(const std::function<bool(const OpenCall&)>& condition) const;
  static void make_room(std::vector<CallPtr> calls, size_t limit, const OpenCall& newcomer, const Owner& owner);

  std::vector<std::weak_ptr<OpenCall>> open_;
};

}  // namespace edgeseal::dbus
