#include "agent/trust/chain.h"

#include <fmt/format.h>

#include "agent/certificates/certificate.h"
#include "agent/error.h"

namespace edgeseal::agent {

namespace {

// The size of the DER SEQUENCE that the blob begins with, of less than 64 KiB; 0 where there is none.
std::size_t sequence_size(ByteView blob) {
  const auto at = [&](std::size_t i) { return std::to_integer<std::size_t>(blob[i]); };
  if (blob.size() < 4 || at(0) != 0x30) return 0;
  if (at(1) < 0x80) return 2 + at(1);
  if (at(1) == 0x81) return 3 + at(2);
  return at(1) == 0x82 ? 4 + (at(2) << 8 | at(3)) : 0;
}

}  // namespace

std::vector<Bytes> split_chain(ByteView blob) {
  std::vector<Bytes> chain;
  do {
    const std::size_t size = sequence_size(blob);
    if (size == 0 || size > blob.size() || size > max_certificate_size)
      throw Error(Code::certificate_invalid, fmt::format("certificate {} of the chain is no DER", chain.size() + 1));
    if (chain.size() == max_path_length)
      throw Error(Code::certificate_invalid, fmt::format("the chain has more than {} certificates", max_path_length));
    chain.emplace_back(blob.begin(), blob.begin() + static_cast<std::ptrdiff_t>(size));
    blob = blob.subspan(size);
  } while (!blob.empty());
  return chain;
}

}  // namespace edgeseal::agent
