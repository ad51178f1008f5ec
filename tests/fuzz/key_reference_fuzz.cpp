#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "provider/wire/key_reference.h"

// What decodes is DER, so it must encode to the very same bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace edgeseal::wire;
  const ByteView der = std::as_bytes(std::span(data, size));
  KeyReference reference;
  if (!decode(der, reference)) return 0;
  std::array<std::byte, max_key_reference_size> again;
  if (encode(reference, again) != size || std::memcmp(again.data(), data, size) != 0) std::abort();
  return 0;
}
