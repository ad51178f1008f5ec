// The stored form of a sealed key, changed by somebody: it opens or is refused, and what opens is what was sealed. The
// first byte of the input says whether the rest is what lies on the disk, or what is sealed first.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "agent/error.h"
#include "agent/keys/sealed_envelope.h"
#include "agent/keys/secret_memory.h"

namespace {

using namespace edgeseal;

const tpm::Bytes key(agent::envelope_key_size, std::byte{1});
const tpm::KeyId id{std::byte{2}};

void require_refused(tpm::ByteView envelope) {
  try {
    agent::open_envelope(key, id, envelope, [](tpm::ByteView) { std::abort(); });
  } catch (const agent::Error& error) {
    if (error.code() != agent::Code::security_checks_failed) std::abort();
  }
}

// Whole, cut off, and with each byte changed.
void seal_and_change(tpm::ByteView secret) {
  tpm::Bytes envelope = agent::seal_envelope(key, id, secret);
  agent::open_envelope(key, id, envelope, [&](tpm::ByteView opened) {
    if (!std::ranges::equal(opened, secret)) std::abort();
  });
  require_refused(tpm::ByteView(envelope).first(envelope.size() - 1));
  for (std::byte& octet : envelope) {
    octet ^= std::byte{0x10};
    require_refused(envelope);
    octet ^= std::byte{0x10};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  agent::secret_memory::install();
  const auto input = std::as_bytes(std::span(data, size));
  if (input.size() < 2) return 0;
  if (input.front() == std::byte{0})
    require_refused(input.subspan(1));
  else
    seal_and_change(input.subspan(1, std::min<std::size_t>(input.size() - 1, 256)));
  return 0;
}
