// A bundle is refused before anything is derived, or asks for a cost within the window and is not opened by a wrong
// key. The first byte chooses: the compact form, or what stands in it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "jose/bundle/bundle.h"
#include "jose/bundle/code.h"
#include "jose/error.h"
#include "jose/jwe.h"

namespace {

using namespace edgeseal::jose;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_compact(ByteView text) {
  const Jwe jwe(text_of(text), bundle_type);
  require(jwe.iterations() >= min_iterations && jwe.iterations() <= max_iterations);
  int derivations = 0;
  try {
    static_cast<void>(jwe.open({}, [&](ByteView, ByteView salt, std::uint32_t iterations) {
      ++derivations;
      require(iterations == jwe.iterations() && salt.size() > min_salt_size);
      return SecretBytes(32);
    }));
  } catch (const Error& error) {
    require(error.problem() == Problem::wrong_code && derivations == 1);
  }
}

void check_content(ByteView text) {
  const Bundle bundle = parse_bundle(text);
  const SecretBytes again = write_bundle(bundle);
  const Bundle same = parse_bundle(again);
  require(same.identifier == bundle.identifier && same.not_after == bundle.not_after && same.url == bundle.url &&
          same.port == bundle.port && same.anchors == bundle.anchors && same.private_key == bundle.private_key);
  require(bundle.certificate.empty() == bundle.private_key.empty() && !bundle.anchors.empty());
}

void check_code(ByteView text) {
  const SplitCode code = split_code(text_of(text));
  require(code.tan.size() == tan_length && !code.password.empty());
  static_cast<void>(describe_duration(seconds_to_guess(code_bits(text_of(text)), default_iterations)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input = std::as_bytes(std::span(data + 1, size - 1));
  try {
    if (data[0] == 'c')
      check_content(input);
    else if (data[0] == 't')
      check_code(input);
    else
      check_compact(input);
  } catch (const Error& error) {
    require(error.problem() != Problem::failed && error.problem() != Problem::wrong_code);
  }
  return 0;
}
