#pragma once

#include <vector>

#include "agent/openssl.h"

namespace edgeseal::agent {

using tpm::Bytes;
using tpm::ByteView;

inline constexpr std::size_t max_path_length = 10;  // certificates, the leaf and the root among them

// OPC UA sends a chain as one ByteString: DER certificates in a row, leaf first (OPC 10000-6 §6.2.6). Throws
// Error{certificate_invalid} for what is no whole DER elements or more than max_path_length of them; parses none.
[[nodiscard]] std::vector<Bytes> split_chain(ByteView blob);

}  // namespace edgeseal::agent
