#pragma once

#include <string.h>
#include <tss2/tss2_esys.h>

#include <algorithm>
#include <memory>

#include "tpm/bytes.h"

// What ESAPI and the TPM2B structures need of memory: results that are freed, secrets that are wiped, spans over
// buffers.
namespace edgeseal::tpm {

// Frees what ESAPI allocated, and wipes it first: a response may hold a secret.
struct EsysFree {
  template <class T>
  void operator()(T* result) const noexcept {
    explicit_bzero(result, sizeof *result);
    Esys_Free(result);
  }
};

template <class T>
using EsysPtr = std::unique_ptr<T, EsysFree>;

// Passes an EsysPtr where ESAPI wants a T** to fill.
template <class T>
class OutPtr {
 public:
  explicit OutPtr(EsysPtr<T>& target) noexcept : target_(target) {}
  OutPtr(const OutPtr&) = delete;
  OutPtr& operator=(const OutPtr&) = delete;
  ~OutPtr() { target_.reset(result_); }
  operator T**() noexcept { return &result_; }  // NOLINT(google-explicit-constructor): its only purpose

 private:
  EsysPtr<T>& target_;
  T* result_ = nullptr;
};

template <class T>
[[nodiscard]] OutPtr<T> out(EsysPtr<T>& target) noexcept {
  return OutPtr<T>(target);
}

// A C structure that holds a secret for the length of a scope.
template <class T>
struct Wiped {
  T value{};

  Wiped() = default;
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped() { explicit_bzero(&value, sizeof value); }
};

// The used part of a TPM2B buffer. The sizes that libtss2 unmarshalled lie within the buffer.
template <class Tpm2b>
[[nodiscard]] ByteView view(const Tpm2b& tpm2b) noexcept {
  return std::as_bytes(std::span(tpm2b.buffer, tpm2b.size));
}

template <class Tpm2b>
[[nodiscard]] Bytes copy(const Tpm2b& tpm2b) {
  const ByteView bytes = view(tpm2b);
  return Bytes(bytes.begin(), bytes.end());
}

// Fills a TPM2B; false, and nothing changed, if it has no room for `bytes`.
template <class Tpm2b>
[[nodiscard]] bool assign(Tpm2b& tpm2b, ByteView bytes) noexcept {
  if (bytes.size() > sizeof tpm2b.buffer) return false;
  if (!bytes.empty()) memcpy(tpm2b.buffer, bytes.data(), bytes.size());
  tpm2b.size = static_cast<UINT16>(bytes.size());
  return true;
}

// Writes a number, big endian, to the end of `target` and zeros before it: some chips leave leading zeros out. False,
// and nothing written, if it is longer than `target`.
[[nodiscard]] inline bool assign_padded(std::span<std::byte> target, ByteView number) noexcept {
  if (number.size() > target.size()) return false;
  const auto digits = target.last(number.size());
  std::ranges::fill(target.first(target.size() - digits.size()), std::byte{0});
  std::ranges::copy(number, digits.begin());
  return true;
}

}  // namespace edgeseal::tpm
