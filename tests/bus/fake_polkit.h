#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "dbus/compat.h"

namespace edgeseal::test {

// polkit on the private bus, answering what it was told to.
class FakePolkit {
 public:
  enum class Mood { Yes, No, Challenge, Error, Silence };

  struct Asked {
    std::string bus_name;
    std::string action;
    bool interactive = false;
  };

  explicit FakePolkit(Mood mood);
  ~FakePolkit();
  FakePolkit(const FakePolkit&) = delete;
  FakePolkit& operator=(const FakePolkit&) = delete;

  [[nodiscard]] std::optional<Asked> last() const;

 private:
  class Object;

  std::unique_ptr<sdbus::IConnection> connection_;
  std::unique_ptr<Object> object_;
};

}  // namespace edgeseal::test
