#include "dbus/message_limits.h"

#include <cstdint>
#include <cstring>
#include <string_view>

namespace edgeseal::dbus {
namespace {

class Walk {
 public:
  Walk(sd_bus_message* message, MessageLimits left) : message_(message), left_(left) {}

  // The values up to the end of the container, or of the message.
  bool values() {
    char type = 0;
    const char* contents = nullptr;
    int more = 0;
    while ((more = sd_bus_message_peek_type(message_, &type, &contents)) > 0) {
      if (!spend(left_.elements, 1) || !value(type, contents)) return false;
    }
    return more == 0;
  }

  [[nodiscard]] MessageLimits left() const { return left_; }

 private:
  bool value(char type, const char* contents) {
    switch (type) {
      case SD_BUS_TYPE_ARRAY: return is_number(contents) ? numbers(*contents) : container(type, contents);
      case SD_BUS_TYPE_VARIANT:
      case SD_BUS_TYPE_STRUCT:
      case SD_BUS_TYPE_DICT_ENTRY: return container(type, contents);
      case SD_BUS_TYPE_STRING:
      case SD_BUS_TYPE_OBJECT_PATH:
      case SD_BUS_TYPE_SIGNATURE: return text(type);
      default: return scalar(type);
    }
  }

  static bool is_number(std::string_view contents) {
    return contents.size() == 1 && std::string_view("ynqiuxtd").find(contents[0]) != std::string_view::npos;
  }

  bool container(char type, const char* contents) {
    return sd_bus_message_enter_container(message_, type, contents) > 0 && values() &&
           sd_bus_message_exit_container(message_) > 0;
  }

  bool numbers(char type) {
    const void* data = nullptr;
    size_t size = 0;
    return sd_bus_message_read_array(message_, type, &data, &size) >= 0 && spend(left_.bytes, size);
  }

  bool text(char type) {
    const char* value = nullptr;
    return sd_bus_message_read_basic(message_, type, static_cast<void*>(&value)) > 0 &&
           spend(left_.bytes, std::strlen(value));
  }

  bool scalar(char type) {
    uint64_t widest = 0;
    return sd_bus_message_read_basic(message_, type, &widest) > 0;
  }

  static bool spend(size_t& left, size_t amount) {
    if (amount > left) return false;
    left -= amount;
    return true;
  }

  sd_bus_message* message_;
  MessageLimits left_;
};

}  // namespace

std::optional<size_t> bytes_within(sd_bus_message* message, MessageLimits limits) {
  Walk walk(message, limits);
  const bool within = walk.values();
  if (sd_bus_message_rewind(message, 1) < 0 || !within) return std::nullopt;
  return limits.bytes - walk.left().bytes;
}

}  // namespace edgeseal::dbus
