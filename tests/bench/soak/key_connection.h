#pragma once

#include <filesystem>
#include <span>

#include "policy/unique_fd.h"
#include "provider/wire/message.h"

namespace edgeseal::bench {

// A connection to the key socket that never waits.
class KeyConnection {
 public:
  enum class Event { nothing, record, end };

  explicit KeyConnection(std::filesystem::path socket) : path_(std::move(socket)) {}

  [[nodiscard]] bool connected() const { return static_cast<bool>(fd_); }
  [[nodiscard]] int descriptor() const { return fd_.get(); }
  // False: the agent has no room for it now, or is not there.
  [[nodiscard]] bool connect();
  void close() { fd_.reset(); }
  void shut(int how) const;
  // False: the socket takes no more now, or the connection has ended.
  [[nodiscard]] bool send(wire::ByteView record) const;
  [[nodiscard]] Event receive();
  // What came last.
  [[nodiscard]] static wire::ByteView record();

 private:
  std::filesystem::path path_;
  policy::UniqueFd fd_;
};

}  // namespace edgeseal::bench
