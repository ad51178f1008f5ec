#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// The limits of docs/dbus.md. Everything here throws CallError "InvalidArgument" that names the argument.
struct Bounds {
  size_t least = 0;
  size_t most = 0;
};

void check_size(const std::string& argument, size_t size, Bounds bounds);

// The options (a{sv}) of one call: take what the method knows, then call finish(), which refuses the rest.
class Options {
 public:
  explicit Options(VariantMap given) : given_(std::move(given)) {}

  [[nodiscard]] std::string text(const std::string& key, size_t most_bytes);
  [[nodiscard]] bool flag(const std::string& key);
  [[nodiscard]] Bytes bytes(const std::string& key, Bounds size);
  [[nodiscard]] std::vector<std::string> texts(const std::string& key, size_t most, size_t most_bytes_each);
  void finish() const;

 private:
  template <class T>
  T take(const std::string& key);

  VariantMap given_;
};

}  // namespace edgeseal::dbus
