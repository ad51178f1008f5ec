#include "enroll/other_host.h"

#include <netinet/in.h>
#include <unistd.h>

#include <cstring>
#include <optional>

#include "policy/network_address.h"

namespace edgeseal::enroll {
namespace {

template <class Address>
Address as(const sockaddr_storage& stored) {
  Address address;
  std::memcpy(&address, &stored, sizeof address);
  return address;
}

// From where the kernel would send to it. The sandbox knows no netlink, which getifaddrs(3) needs.
std::optional<sockaddr_storage> source_towards(const sockaddr& address, socklen_t size) {
  const int probe = ::socket(address.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return std::nullopt;
  sockaddr_storage source{};
  socklen_t length = sizeof source;
  const bool known =
      ::connect(probe, &address, size) == 0 && ::getsockname(probe, reinterpret_cast<sockaddr*>(&source), &length) == 0;
  ::close(probe);
  return known ? std::optional(source) : std::nullopt;
}

// What this host sends to itself comes from where it goes to.
template <class Address, auto member>
bool is_other_host(const sockaddr_storage& target, socklen_t size) {
  const Address address = as<Address>(target);
  if (!policy::leads_elsewhere(address.*member)) return false;
  const auto source = source_towards(reinterpret_cast<const sockaddr&>(target), size);
  if (!source) return true;  // there is no way to it either
  const Address from = as<Address>(*source);
  return std::memcmp(&(from.*member), &(address.*member), sizeof(address.*member)) != 0;
}

}  // namespace

bool is_other_host(const sockaddr& address, socklen_t size) {
  sockaddr_storage target{};
  if (size > sizeof target) return false;
  std::memcpy(&target, &address, size);
  if (target.ss_family == AF_INET && size >= sizeof(sockaddr_in))
    return is_other_host<sockaddr_in, &sockaddr_in::sin_addr>(target, size);
  if (target.ss_family == AF_INET6 && size >= sizeof(sockaddr_in6))
    return is_other_host<sockaddr_in6, &sockaddr_in6::sin6_addr>(target, size);
  return false;
}

}  // namespace edgeseal::enroll
