#pragma once

// One connection to the key socket, for one request at a time. It belongs to the process that opened it: after a fork
// the child must neither use nor shut it, and a program may have closed its descriptor behind its back.

#include <sys/types.h>
#include <unistd.h>

#include <cstddef>

#include "provider/deadline.h"
#include "provider/errors.h"
#include "provider/libcrypto.h"
#include "provider/settings.h"

namespace edgeseal::provider {

enum class Exchange {
  answered,
  lost,   // the agent closed before it answered: nothing raised, the request may be repeated
  failed  // raised
};

// From good to bad.
enum class Standing {
  current,         // opened by this process under the account that it has now
  former_account,  // by this process under another account; the agent goes on to see that one
  unusable         // of the parent process, or the program closed its descriptor
};

class Connection {
 public:
  // Null, with an error raised, where the agent cannot be reached before the deadline. One that refuses is asked again
  // until `patience` ends: it may be restarting.
  [[nodiscard]] static Owned<Connection> open(const Settings& settings, const Deadline& deadline,
                                              const Deadline& patience) noexcept;

  Connection(int descriptor, pid_t process, dev_t device, ino_t inode) noexcept
      : descriptor_(descriptor), process_(process), device_(device), inode_(inode) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  [[nodiscard]] Standing standing() const noexcept;
  [[nodiscard]] uid_t user() const noexcept { return user_; }  // whom the agent sees

  // Sends one record and receives the next into `answer`, of which it sets `size`. Not to be used again unless
  // answered.
  [[nodiscard]] Exchange exchange(ByteView request, MutableByteView answer, std::size_t& size,
                                  const Deadline& deadline) noexcept;

 private:
  [[nodiscard]] bool holds_its_socket() const noexcept;
  [[nodiscard]] Exchange send(ByteView request, const Deadline& deadline) noexcept;
  [[nodiscard]] Exchange receive(MutableByteView answer, std::size_t& size, const Deadline& deadline) noexcept;
  [[nodiscard]] bool take_last_words(MutableByteView answer, std::size_t& size) noexcept;
  [[nodiscard]] Exchange wait(short events, const Deadline& deadline) noexcept;

  int descriptor_;
  pid_t process_;
  dev_t device_;
  ino_t inode_;
  uid_t user_ = ::geteuid();
  gid_t group_ = ::getegid();
};

}  // namespace edgeseal::provider
