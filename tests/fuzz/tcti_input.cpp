#include "tests/fuzz/tcti_input.h"

#include <tss2/tss2_tcti.h>

#include <algorithm>
#include <span>

namespace {

using Input = std::span<const std::uint8_t>;

constexpr std::size_t kLengthSize = 2;
constexpr std::size_t kSizeOffset = 2;  // of a response's own size, behind its tag
constexpr std::size_t kSizeEnd = 6;

Input rest;

// The next record; empty when there is none, or only a part of one.
Input take() {
  if (rest.size() < kLengthSize) return {};
  const std::size_t length = static_cast<std::size_t>(rest[0]) << 8 | rest[1];
  rest = rest.subspan(kLengthSize);
  const Input record = rest.first(std::min(length, rest.size()));
  rest = rest.subspan(record.size());
  return record;
}

void set_size(std::span<std::uint8_t> response) {
  if (response.size() < kSizeEnd) return;
  for (std::size_t i = kSizeOffset; i < kSizeEnd; ++i) {
    response[i] = static_cast<std::uint8_t>(response.size() >> 8 * (kSizeEnd - 1 - i));
  }
}

TSS2_RC transmit(TSS2_TCTI_CONTEXT*, std::size_t, const std::uint8_t*) {
  return TSS2_RC_SUCCESS;
}

TSS2_RC receive(TSS2_TCTI_CONTEXT*, std::size_t* size, std::uint8_t* response, std::int32_t) {
  if (response == nullptr) {
    *size = TPM2_MAX_RESPONSE_SIZE;
    return TSS2_RC_SUCCESS;
  }
  const Input record = take();
  if (record.empty()) return TSS2_TCTI_RC_IO_ERROR;
  if (record.size() > *size) return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
  std::ranges::copy(record, response);
  set_size({response, record.size()});
  *size = record.size();
  return TSS2_RC_SUCCESS;
}

void finalize(TSS2_TCTI_CONTEXT*) {}

TSS2_RC cancel(TSS2_TCTI_CONTEXT*) {
  return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

TSS2_RC get_poll_handles(TSS2_TCTI_CONTEXT*, TSS2_TCTI_POLL_HANDLE*, std::size_t*) {
  return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

TSS2_RC set_locality(TSS2_TCTI_CONTEXT*, std::uint8_t) {
  return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

TSS2_RC make_sticky(TSS2_TCTI_CONTEXT*, TPM2_HANDLE*, std::uint8_t) {
  return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

TSS2_RC initialize(TSS2_TCTI_CONTEXT* tcti, std::size_t* size, const char*) {
  *size = sizeof(TSS2_TCTI_CONTEXT_COMMON_V2);
  if (tcti == nullptr) return TSS2_RC_SUCCESS;
  *reinterpret_cast<TSS2_TCTI_CONTEXT_COMMON_V2*>(tcti) = {
      {0x6564676573656132, 2, transmit, receive, finalize, cancel, get_poll_handles, set_locality}, make_sticky};
  return TSS2_RC_SUCCESS;
}

constexpr TSS2_TCTI_INFO kInfo{2, "edgeseal-tcti-input", "Answers from the input of a fuzz target", "nothing",
                               initialize};

}  // namespace

extern "C" [[gnu::visibility("default")]] const TSS2_TCTI_INFO* Tss2_Tcti_Info() {
  return &kInfo;
}

extern "C" [[gnu::visibility("default")]] void edgeseal_set_tcti_input(const std::uint8_t* data, std::size_t size) {
  rest = {data, size};
}
