#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "enroll/discovery/service.h"

namespace edgeseal::enroll::discovery {

// One answer of the network: anybody's words.
struct Announcement {
  std::string name, host, address;
  std::uint16_t port = 0;
  std::vector<std::string> text;  // the strings of the TXT record, any bytes
};

inline constexpr std::size_t max_text_size = 4096;  // of all strings; RFC 6763 §6.2 has 1300 for what fits a packet
inline constexpr std::size_t max_capabilities = 64;

// Of the strings of a TXT record: the value of the first with this key, whose case doesn't matter (RFC 6763 §6.4).
[[nodiscard]] std::optional<std::string_view> text_value(const std::vector<std::string>& text, std::string_view key);

// What is separated by commas, without what is empty.
[[nodiscard]] std::vector<std::string> tokens_of(std::string_view list);

// Throws Error{transport}: a host that is no name, no port, a path that is none, a TXT record that is too long.
[[nodiscard]] Service service_of(const Announcement& announcement);

[[nodiscard]] bool has_capability(const Service& service, const std::string& wanted);  // empty: any does

// A server is announced once for each of its addresses and interfaces.
void merge(std::vector<Service>& services, const Service& service);

// By host, port and path, so that it is the same each time.
void sort(std::vector<Service>& services);

}  // namespace edgeseal::enroll::discovery
