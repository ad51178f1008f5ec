#pragma once

#include <cstddef>

namespace edgeseal::jose {

inline constexpr std::size_t max_certificate_size = 16 * 1024;  // DER

}  // namespace edgeseal::jose
