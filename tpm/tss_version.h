#pragma once

#include <optional>
#include <string>

#include "tpm/bytes.h"

namespace edgeseal::tpm {

// Of the libtss2-esys that is loaded, as the package says that it came from ("4.1.3-1.fc41"); empty where the
// distribution does not write it into libraries (Debian 12 does not). libtss2 itself has no function that tells, and
// its file name has the same number ever since.
[[nodiscard]] std::string tss_version();

// The version in the notes of an ELF file: those of one PT_NOTE segment (systemd.io/ELF_PACKAGE_METADATA). Nothing if
// none of them is a package's, or it is malformed.
[[nodiscard]] std::optional<std::string> package_version_in(ByteView notes);

}  // namespace edgeseal::tpm
