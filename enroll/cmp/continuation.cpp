#include "enroll/cmp/continuation.h"

#include "enroll/der_reader.h"

namespace edgeseal::enroll::cmp {
namespace {

Bytes copy(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

Bytes encode(const Continuation& continuation) {
  Bytes encoded = continuation.first;
  encoded.insert(encoded.end(), continuation.last.begin(), continuation.last.end());
  return encoded;
}

std::optional<Continuation> parse_continuation(ByteView encoded) try {
  if (encoded.empty()) return std::nullopt;
  DerReader reader(encoded);
  Continuation continuation{copy(reader.next().whole), {}};
  if (!reader.at_end()) continuation.last = copy(reader.next().whole);
  reader.finish();
  return continuation;
} catch (const MalformedDer&) {
  return std::nullopt;
}

}  // namespace edgeseal::enroll::cmp
