#pragma once

#include <cstddef>
#include <cstdint>

// A TCTI whose TPM is the input of a fuzz target: each command is answered with the next record of it, two bytes of
// length, big endian, and so many of response, whose own size is set right. Behind the last record is an I/O error.
namespace edgeseal::test {

// The module's symbol that says from where the connections opened from now on have their answers. The bytes outlive
// them.
inline constexpr const char* kSetTctiInput = "edgeseal_set_tcti_input";
using SetTctiInput = void (*)(const std::uint8_t* data, std::size_t size);

}  // namespace edgeseal::test
