#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "provider/wire/message.h"

namespace {

using namespace edgeseal::wire;

// What decodes must encode to the very same record, but for the header, whose version and operation the caller judges.
template <typename Message, typename... Leading>
void check(ByteView record, const Leading&... leading) {
  Message message;
  if (!decode(record, message)) return;
  std::vector<std::byte> again(max_message_size);
  again.resize(encode(1, leading..., message, again));
  if (again.size() != record.size()) std::abort();
  if (std::memcmp(again.data() + header_size, record.data() + header_size, record.size() - header_size) != 0)
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView record = std::as_bytes(std::span(data, size));
  RequestHeader request;
  ResponseHeader response;
  static_cast<void>(decode(record, request));
  static_cast<void>(decode(record, response));
  static_cast<void>(decode_hello_request(record));
  check<DescribeRequest>(record);
  check<SignRequest>(record);
  check<DecryptRequest>(record);
  check<TrustAnchorsRequest>(record);
  check<HelloResponse>(record);
  check<DescribeResponse>(record);
  check<SignResponse>(record);
  check<DecryptResponse>(record);
  check<TrustAnchorsResponse>(record);
  check<ErrorResponse>(record, Status::internal);
  return 0;
}
