// A JWS is refused, or has a payload and a verdict for each signature; none is valid without a key that signed it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "jose/error.h"
#include "jose/jws.h"

namespace {

using namespace edgeseal::jose;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(std::string_view text) {
  const Jws nobody = verify_jws(text, [](const JwsHeader&) { return std::optional<Bytes>(); });
  require(!nobody.signatures.empty() && nobody.signatures.size() <= max_jws_signatures);
  for (const JwsSignature& signature : nobody.signatures) require(signature.verdict != Verdict::valid);
  // What the header brings is no key that anybody trusts; as one it is at most parsed.
  const Jws own = verify_jws(text, [](const JwsHeader& header) {
    return header.certificates.empty() ? std::optional<Bytes>() : std::optional(header.certificates.front());
  });
  require(own.payload == nobody.payload && own.signatures.size() == nobody.signatures.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    check(text_of(std::as_bytes(std::span(data, size))));
  } catch (const Error& error) {
    require(error.problem() == Problem::malformed || error.problem() == Problem::too_large);
  }
  return 0;
}
