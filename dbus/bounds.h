#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// The limits of docs/dbus.md; both ends are allowed.
struct Bounds {
  std::size_t least = 0;
  std::size_t most = 0;
};

// Those of several methods.
inline constexpr Bounds kNameBytes{1, 64};
inline constexpr Bounds kSecretBytes{1, 1024};
inline constexpr Bounds kCertificateBytes{1, 65536};
inline constexpr Bounds kIssuers{0, 16};
inline constexpr Bounds kIssuedCertificateBytes{1, 16384};  // that the enrolment service brings from the network
inline constexpr Bounds kIssuedChain{0, 8};
inline constexpr Bounds kShownChain{1, 10};  // by a server

// Throws CallError "InvalidArgument" that names the argument.
void check_size(const std::string& argument, std::size_t size, Bounds bounds);

// The same for text that isn't printable, see dbus/printable_text.h.
void check_printable(const std::string& argument, const std::string& text, Bounds size);

// The same for how many arrays there are and for each of them; gives them as ports take them.
[[nodiscard]] std::vector<Bytes> bounded(const std::string& argument, const std::vector<ByteArray>& arrays,
                                         Bounds count, Bounds size);

}  // namespace edgeseal::dbus
