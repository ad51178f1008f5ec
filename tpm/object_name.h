#pragma once

#include <tss2/tss2_tpm2_types.h>

#include "tpm/bytes.h"
#include "tpm/context.h"

// Names and Qualified Names (TPM 2.0 Part 1 §16): which object it is, and which one under which parents.
namespace edgeseal::tpm {

[[nodiscard]] Bytes copy(const TPM2B_NAME& name);

// Of the owner hierarchy: it has no parent and no public area, so the name is its handle.
[[nodiscard]] Bytes owner_name();

// Of the object `name` under a parent; the chip hashes. `name` begins with its hash algorithm.
[[nodiscard]] Bytes qualified_name(Context& context, ByteView parent_qualified_name, ByteView name);

}  // namespace edgeseal::tpm
