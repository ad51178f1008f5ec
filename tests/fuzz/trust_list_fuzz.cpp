// A trust list in OPC UA Binary is refused, or comes back as it was from its encoding, which is no longer than it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "agent/error.h"
#include "agent/trust/trust_list.h"

namespace {

using namespace edgeseal::agent;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(ByteView blob) {
  const TrustList list = decode_trust_list(blob);
  const Bytes again = encode_trust_list(list);
  require(again.size() == encoded_size(list) && again.size() <= blob.size());
  require(decode_trust_list(again) == list);
  require(merge({.specified = 0}, list) == list);
  for (TrustListMask mask = 0; mask <= all_lists_mask; ++mask)
    require(merge(select(list, mask), select(list, all_lists_mask & ~mask)) == list);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    check(std::as_bytes(std::span(data, size)));
  } catch (const Error& error) {
    require(error.code() == Code::invalid_argument);
  }
  return 0;
}
