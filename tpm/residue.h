#pragma once

#include <tss2/tss2_esys.h>

#include "tpm/context.h"

// What libtss2 keeps in its contexts of the command that it handled last. All this is done without a command.
namespace edgeseal::tpm {

// The response, in the clear once it was decrypted.
void wipe_last_response(ESYS_CONTEXT* esys) noexcept;
// The authValue and the data of the object that was created last.
void wipe_last_creation(ESYS_CONTEXT* esys) noexcept;

// At the end of a scope.
template <void (*wipe)(ESYS_CONTEXT*) noexcept>
class WipeAtEnd {
 public:
  explicit WipeAtEnd(Context& context) noexcept : context_(context) {}
  WipeAtEnd(const WipeAtEnd&) = delete;
  WipeAtEnd& operator=(const WipeAtEnd&) = delete;
  ~WipeAtEnd() { wipe(context_.esys()); }

 private:
  Context& context_;
};

using ResponseWipe = WipeAtEnd<wipe_last_response>;
using CreationWipe = WipeAtEnd<wipe_last_creation>;

}  // namespace edgeseal::tpm
