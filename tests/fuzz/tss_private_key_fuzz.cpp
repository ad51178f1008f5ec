// A stored key that somebody else wrote: it parses or is refused, and what parses is written again as something that
// parses to the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "tpm/error.h"
#include "tpm/public_area.h"
#include "tpm/tss_private_key.h"

namespace {

using namespace edgeseal::tpm;

void parse(ByteView input) {
  const TssPrivateKey key = decode_tss_private_key(input);
  if (decode_tss_private_key(encode(key)) != key) std::abort();
  if (key.policy) (void)auth_policy(*key.policy);
  (void)unmarshal_private(key.private_area);
  (void)public_key(unmarshal_public(key.public_area).publicArea);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    parse(std::as_bytes(std::span(data, size)));
  } catch (const Error& error) {
    if (error.fault() != Fault::bad_blob && error.fault() != Fault::unsupported) std::abort();
  }
  return 0;
}
