#include "dbus/sensitive.h"

#include <string.h>

#include <cstring>
#include <span>

#include "dbus/compat.h"

namespace edgeseal::dbus {
namespace {

Secret copy_of(const void* data, size_t size) {
  return Secret(std::span(static_cast<const std::byte*>(data), size));
}

}  // namespace

sdbus::Message& operator>>(sdbus::Message& message, Sensitive<ByteArray>& secret) {
  sd_bus_message* raw = compat::raw(message);
  sd_bus_message_sensitive(raw);
  const void* data = nullptr;
  size_t size = 0;
  if (sd_bus_message_read_array(raw, SD_BUS_TYPE_BYTE, &data, &size) > 0) secret.value = copy_of(data, size);
  return message;
}

sdbus::Message& operator>>(sdbus::Message& message, Sensitive<std::string>& secret) {
  sd_bus_message* raw = compat::raw(message);
  sd_bus_message_sensitive(raw);
  const char* text = nullptr;
  if (sd_bus_message_read_basic(raw, SD_BUS_TYPE_STRING, static_cast<void*>(&text)) > 0) {
    secret.value = copy_of(text, std::strlen(text));
  }
  return message;
}

ByteArray to_array(const Secret& secret) {
  const auto* begin = reinterpret_cast<const uint8_t*>(secret.view().data());
  return {begin, begin + secret.size()};
}

void wipe(ByteArray& array) noexcept {
  if (!array.empty()) explicit_bzero(array.data(), array.size());
}

}  // namespace edgeseal::dbus
