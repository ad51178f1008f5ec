#pragma once

#include <tss2/tss2_esys.h>

#include "tpm/context.h"

// What libtss2 keeps in its contexts of the command that it handled last. All this is done without a command.
namespace edgeseal::tpm {

// The response, in the clear once it was decrypted.
void wipe_last_response(ESYS_CONTEXT* esys) noexcept;
// The authValue and the data of the object that was created last.
void wipe_last_creation(ESYS_CONTEXT* esys) noexcept;

// Wipes at the end of a scope.
class ResponseWipe {
 public:
  explicit ResponseWipe(Context& context) noexcept : context_(context) {}
  ResponseWipe(const ResponseWipe&) = delete;
  ResponseWipe& operator=(const ResponseWipe&) = delete;
  ~ResponseWipe() { wipe_last_response(context_.esys()); }

 private:
  Context& context_;
};

class CreationWipe {
 public:
  explicit CreationWipe(Context& context) noexcept : context_(context) {}
  CreationWipe(const CreationWipe&) = delete;
  CreationWipe& operator=(const CreationWipe&) = delete;
  ~CreationWipe() { wipe_last_creation(context_.esys()); }

 private:
  Context& context_;
};

}  // namespace edgeseal::tpm
