// What an NV index holds is no certificate, or the one at its beginning, which alone is found again.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "tpm/nv_certificate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  const auto certificate = edgeseal::tpm::certificate_in(input);
  if (!certificate) return 0;
  const auto again = edgeseal::tpm::certificate_in(*certificate);
  if (certificate->data() != input.data() || !again || again->size() != certificate->size()) std::abort();
  return 0;
}
