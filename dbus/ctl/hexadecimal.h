#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace edgeseal::ctl {

[[nodiscard]] std::string to_hex(const std::vector<uint8_t>& bytes);  // lower case

// Upper or lower case, without blanks. Throws Failure (Usage) that names `what` where it is no hexadecimal number of
// whole bytes.
[[nodiscard]] std::vector<uint8_t> from_hex(const std::string& text, const std::string& what);

}  // namespace edgeseal::ctl
