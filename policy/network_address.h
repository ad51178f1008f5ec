#pragma once

#include <netinet/in.h>

namespace edgeseal::policy {

// Whether an address may be that of another host, for whoever is told by others where to go: neither this host by a
// loopback address, nor all hosts or none, nor the metadata service of clouds; also where it carries an IPv4 address:
// mapped, compatible, NAT64 (RFC 6052), 6to4 (RFC 3056). Not judged are the addresses that this host has.
[[nodiscard]] bool leads_elsewhere(const in_addr& address) noexcept;
[[nodiscard]] bool leads_elsewhere(const in6_addr& address) noexcept;

}  // namespace edgeseal::policy
