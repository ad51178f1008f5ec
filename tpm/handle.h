#pragma once

#include <tss2/tss2_esys.h>

#include <utility>

#include "tpm/context.h"

namespace edgeseal::tpm {

// Owns an ESYS_TR. The context outlives it.
class Handle {
 public:
  enum class Release {
    flush,  // transient objects and sessions: they take a slot of the chip
    forget  // persistent objects
  };

  Handle(Context& context, ESYS_TR value, Release release) noexcept
      : context_(&context), value_(value), release_(release) {}
  Handle(Handle&& other) noexcept
      : context_(other.context_), value_(std::exchange(other.value_, ESYS_TR_NONE)), release_(other.release_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(context_, other.context_);
    std::swap(value_, other.value_);
    std::swap(release_, other.release_);
    return *this;
  }
  ~Handle() {
    if (value_ == ESYS_TR_NONE) return;
    release_ == Release::flush ? context_->flush(value_) : context_->forget(value_);
  }

  // Gives it up: the caller releases it.
  [[nodiscard]] ESYS_TR release() noexcept { return std::exchange(value_, ESYS_TR_NONE); }
  [[nodiscard]] ESYS_TR get() const noexcept { return value_; }

 private:
  Context* context_;
  ESYS_TR value_;
  Release release_;
};

}  // namespace edgeseal::tpm
