#include "enroll/discovery/announcement.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>
#include <tuple>

#include "enroll/error.h"
#include "enroll/printable.h"
#include "policy/network_names.h"

namespace edgeseal::enroll::discovery {
namespace {

constexpr std::size_t max_addresses = 8;

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return lower(c); });
  return text;
}

bool same_key(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

[[noreturn]] void refuse(const Announcement& announcement, std::string_view problem) {
  throw Error(ErrorClass::transport,
              fmt::format("what \"{}\" announces is passed over: {}", printable(announcement.name), problem));
}

std::string host_of(const Announcement& announcement) {
  std::string host = lower(announcement.host);
  if (host.ends_with('.')) host.pop_back();
  if (!policy::is_host_name(host)) refuse(announcement, "its host is no name");
  return host;
}

std::string path_of(const Announcement& announcement) {
  const auto path = text_value(announcement.text, "path");
  if (!path || path->empty()) return {};
  if (!policy::is_path(*path))
    refuse(announcement, "its path doesn't begin with \"/\", or holds what belongs into no path");
  return std::string(*path);
}

// An address of the link alone means nothing without its interface; the name service knows both.
std::vector<std::string> addresses_of(const std::string& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) return {::inet_ntop(AF_INET, &v4, text.data(), text.size())};
  if (::inet_pton(AF_INET6, address.c_str(), &v6) == 1 && !IN6_IS_ADDR_LINKLOCAL(&v6))
    return {::inet_ntop(AF_INET6, &v6, text.data(), text.size())};
  return {};
}

auto place_of(const Service& service) {
  return std::tie(service.host, service.port, service.path);
}

}  // namespace

std::optional<std::string_view> text_value(const std::vector<std::string>& text, std::string_view key) {
  for (const std::string_view entry : text) {
    const auto end = entry.find('=');
    if (!same_key(entry.substr(0, end), key)) continue;
    return end == std::string_view::npos ? std::string_view() : entry.substr(end + 1);
  }
  return std::nullopt;
}

std::vector<std::string> tokens_of(std::string_view list) {
  std::vector<std::string> tokens;
  while (!list.empty() && tokens.size() < max_capabilities) {
    const auto end = std::min(list.find(','), list.size());
    if (end > 0) tokens.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return tokens;
}

Service service_of(const Announcement& announcement) {
  const auto size = std::accumulate(announcement.text.begin(), announcement.text.end(), std::size_t{0},
                                    [](std::size_t sum, const std::string& entry) { return sum + entry.size(); });
  if (size > max_text_size) refuse(announcement, "its TXT record is too long");
  if (announcement.port == 0) refuse(announcement, "it has no port");
  Service service{announcement.name,     host_of(announcement),
                  announcement.port,     addresses_of(announcement.address),
                  path_of(announcement), {}};
  service.capabilities = tokens_of(text_value(announcement.text, "caps").value_or(""));
  return service;
}

bool has_capability(const Service& service, const std::string& wanted) {
  const auto& all = service.capabilities;
  return wanted.empty() || std::find(all.begin(), all.end(), wanted) != all.end();
}

void merge(std::vector<Service>& services, const Service& service) {
  const auto known = std::find_if(services.begin(), services.end(),
                                  [&](const Service& other) { return place_of(other) == place_of(service); });
  if (known == services.end()) {
    services.push_back(service);
    return;
  }
  for (const std::string& address : service.addresses)
    if (known->addresses.size() < max_addresses &&
        std::find(known->addresses.begin(), known->addresses.end(), address) == known->addresses.end())
      known->addresses.push_back(address);
}

void sort(std::vector<Service>& services) {
  std::sort(services.begin(), services.end(),
            [](const Service& left, const Service& right) { return place_of(left) < place_of(right); });
  for (Service& service : services) std::sort(service.addresses.begin(), service.addresses.end());
}

}  // namespace edgeseal::enroll::discovery
