// A private key that somebody else wrote: it parses or is refused, and what parses is the same key after the agent has
// encoded it. The passphrase is "secret".
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "agent/error.h"
#include "agent/keys/key_import.h"
#include "agent/keys/secret_memory.h"

namespace {

using namespace edgeseal;

void parse(tpm::ByteView input) {
  constexpr std::string_view passphrase = "secret";
  const auto key = agent::parse_private_key(input, std::as_bytes(std::span(passphrase)));
  key.with_pkcs8([&key](tpm::ByteView encoded) {
    if (agent::SoftwareKey::from_pkcs8(encoded).public_key() != key.public_key()) std::abort();
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  agent::secret_memory::install();
  try {
    parse(std::as_bytes(std::span(data, size)));
  } catch (const agent::Error& error) {
    if (error.code() != agent::Code::invalid_argument && error.code() != agent::Code::not_supported) std::abort();
  }
  return 0;
}
