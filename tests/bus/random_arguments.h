#pragma once

#include <systemd/sd-bus.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace edgeseal::test {

// Arguments of D-Bus calls: often what a method knows, often at a bound of docs/dbus.md or one beyond, often neither.
// The same numbers make the same arguments.
class RandomArguments {
 public:
  // The deepest that the bus lets through: containers in containers.
  static constexpr size_t kDeepest = 64;

  explicit RandomArguments(std::seed_seq numbers) : random_(numbers), modest_(!one_in(3)) {}

  // Values of these types; options (a{sv}) have names that methods know, and others.
  void append(sd_bus_message* message, std::string_view signature);
  // Of complete types; may be empty.
  [[nodiscard]] std::string signature();

 private:
  [[nodiscard]] size_t below(size_t end) { return random_() % end; }
  [[nodiscard]] bool one_in(size_t count) { return below(count) == 0; }
  template <class List>
  [[nodiscard]] const auto& one_of(const List& list) {
    return list[below(std::size(list))];
  }

  [[nodiscard]] std::string type(size_t depth);
  [[nodiscard]] size_t size();
  [[nodiscard]] size_t count();
  [[nodiscard]] std::string text();
  [[nodiscard]] uint64_t number();

  void value(sd_bus_message* message, const std::string& type);
  void basic(sd_bus_message* message, char type);
  void descriptor(sd_bus_message* message);
  void container(sd_bus_message* message, char type, const std::string& contents, size_t count = 1);
  void array(sd_bus_message* message, const std::string& elements);
  void bytes(sd_bus_message* message);
  void variant(sd_bus_message* message);
  void options(sd_bus_message* message);
  void client(sd_bus_message* message);
  void option(sd_bus_message* message);

  std::mt19937_64 random_;
  bool modest_;  // little of everything, as a call must have that gets past all checks
  size_t depth_ = 0;
  // Somewhat more than a message may hold.
  size_t bytes_left_ = 1200 * 1024;
  size_t elements_left_ = 5000;
  size_t descriptors_left_ = 16;  // for more the bus hangs up
};

}  // namespace edgeseal::test
