#pragma once

#include <tss2/tss2_tctildr.h>

#include <memory>
#include <span>
#include <string>

#include "tpm/error.h"

namespace edgeseal::tpm {

struct TctiFinalize {
  void operator()(TSS2_TCTI_CONTEXT* tcti) const noexcept { Tss2_TctiLdr_Finalize(&tcti); }
};

using Tcti = std::unique_ptr<TSS2_TCTI_CONTEXT, TctiFinalize>;

// Connects to the TPM named by a TCTI configuration string. Throws Error: busy if another program holds the device,
// else absent, with a detail that names the string and, for a device node, why it cannot be opened.
[[nodiscard]] Tcti open_tcti(const std::string& configuration);

// What open_tcti throws: `device_problem` is the errno of the device node, 0 if there is none or it opens.
[[nodiscard]] Error unreachable(const std::string& configuration, TSS2_RC rc, int device_problem);

// Flushes objects and sessions that a broken connection left in the chip, over a connection of its own and without
// ESAPI. For the best: behind a resource manager they are gone already, and nothing is reported.
void flush_abandoned(const std::string& configuration, std::span<const TPM2_HANDLE> handles) noexcept;

}  // namespace edgeseal::tpm
