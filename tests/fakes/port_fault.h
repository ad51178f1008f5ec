#pragma once

// What the fakes of the bus ports share.

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "dbus/ports.h"

namespace edgeseal::dbus::fake {

inline Bytes bytes(const std::string& text) {
  Bytes result(text.size());
  std::ranges::transform(text, result.begin(), [](char c) { return static_cast<std::byte>(c); });
  return result;
}

// Makes a port throw: the next call of it fails with this.
class Fault {
 public:
  template <class E>
  void set(E error) {
    error_ = std::make_exception_ptr(std::move(error));
  }
  void strike() {
    if (auto error = std::exchange(error_, nullptr)) std::rethrow_exception(error);
  }

 private:
  std::exception_ptr error_;
};

// A secret that a port was given, so that a test can look at it.
inline std::string text(const Secret& secret) {
  const auto bytes = secret.view();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace edgeseal::dbus::fake
