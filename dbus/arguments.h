#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbus/bounds.h"
#include "dbus/compat.h"
#include "dbus/secret.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// The options (a{sv}) of one call: take what the method knows, then call finish(), which refuses the rest. Everything
// throws CallError "InvalidArgument" that names the option.
class Options {
 public:
  explicit Options(VariantMap given) : given_(std::move(given)) {}

  [[nodiscard]] std::string text(const std::string& key, size_t most_bytes);
  [[nodiscard]] bool flag(const std::string& key);
  // 0 where it is not given; 0 is no value that could be given.
  [[nodiscard]] std::uint16_t number(const std::string& key);
  [[nodiscard]] std::optional<std::uint32_t> integer(const std::string& key, std::uint32_t least, std::uint32_t most);
  [[nodiscard]] std::uint64_t count(const std::string& key);  // 0 where it is not given
  [[nodiscard]] std::optional<double> real(const std::string& key, double least, double most);
  // One of `choices`; empty where it is not given.
  [[nodiscard]] std::string choice(const std::string& key, std::initializer_list<std::string_view> choices);
  [[nodiscard]] Bytes bytes(const std::string& key, Bounds size);
  [[nodiscard]] std::vector<std::string> texts(const std::string& key, size_t most, size_t most_bytes_each);
  // A descriptor of a memory file (h), or bytes (ay); the second one takes text (s), too.
  [[nodiscard]] std::optional<Secret> secret(const std::string& key, Bounds size);
  [[nodiscard]] std::optional<Secret> passphrase(const std::string& key, Bounds size);
  [[nodiscard]] bool given(const std::string& key) const { return given_.contains(key); }
  void finish() const;

 private:
  template <class T>
  T take(const std::string& key, const std::string& types = compat::signature<T>());
  std::optional<Secret> take_secret(const std::string& key, Bounds size, const std::string& types);
  template <class T>
  std::optional<T> take_within(const std::string& key, T least, T most);

  VariantMap given_;
};

}  // namespace edgeseal::dbus
