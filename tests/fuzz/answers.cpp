// Takes the place of provider/connection.cpp.

#include "tests/fuzz/answers.h"

#include <algorithm>

#include "provider/connection.h"
#include "provider/wire/cursor.h"

namespace edgeseal::fuzz {
namespace {

wire::ByteView rest;

struct Answer {
  bool closes = true;
  bool is_raw = false;
  wire::ByteView record;
};

Answer next_answer() {
  wire::Reader reader(rest);
  const auto kind = reader.integer<std::uint8_t>();
  const std::size_t size = std::min<std::size_t>(reader.integer<std::uint16_t>(), reader.rest().size());
  const wire::ByteView record = reader.bytes(size);
  if (!reader.good()) return {};
  rest = reader.rest();
  return {.closes = (kind & 2) != 0, .is_raw = (kind & 1) != 0, .record = record};
}

// Version, which leads the record, and request id, behind the status.
void address_to(wire::ByteView request, wire::MutableByteView record) {
  const auto take = [&](std::size_t offset, std::size_t size) {
    if (record.size() < offset + size) return;
    const wire::ByteView from = request.subspan(offset, size);
    std::copy(from.begin(), from.end(), record.begin() + static_cast<std::ptrdiff_t>(offset));
  };
  take(0, 2);
  take(4, 4);
}

// A program would wait for the agent, a fuzzer has no time.
void spare_the_pause(wire::MutableByteView record) {
  wire::ResponseHeader header;
  wire::ErrorResponse refusal;
  if (!wire::decode(record, header) || header.status != wire::Status::busy || !wire::decode(record, refusal)) return;
  std::fill_n(record.begin() + wire::header_size, sizeof(refusal.retry_after_ms), std::byte{0});
}

}  // namespace

void answer_with(wire::ByteView answers) {
  rest = answers;
}

}  // namespace edgeseal::fuzz

namespace edgeseal::provider {

Owned<Connection> Connection::open(const Settings& /*settings*/, const Deadline& /*deadline*/,
                                   const Deadline& /*patience*/) noexcept {
  return make_object<Connection>(-1, ::getpid(), dev_t{}, ino_t{});
}

Connection::~Connection() = default;

Standing Connection::standing() const noexcept {
  return Standing::current;
}

Exchange Connection::exchange(ByteView request, MutableByteView answer, std::size_t& size,
                              const Deadline& /*deadline*/) noexcept {
  const fuzz::Answer next = fuzz::next_answer();
  if (next.closes || next.record.empty()) return Exchange::lost;
  if (next.record.size() > answer.size()) {
    raise_error(Reason::agent_answer_malformed, "too large");
    return Exchange::failed;
  }
  size = next.record.size();
  std::copy(next.record.begin(), next.record.end(), answer.begin());
  if (!next.is_raw) fuzz::address_to(request, answer.first(size));
  fuzz::spare_the_pause(answer.first(size));
  return Exchange::answered;
}

}  // namespace edgeseal::provider
