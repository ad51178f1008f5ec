#pragma once

#include <string>

#include "jose/bundle/bundle.h"

namespace edgeseal::ctl {

// The private key of a PEM file that is not encrypted, as PKCS#8. Throws Failure (Usage).
[[nodiscard]] jose::SecretBytes pkcs8_of_file(const std::string& path);

// Certificate, chain and key of a PKCS#12 file become those of the bundle: PBES2 with AES, and 10 000 to 10 000 000
// iterations each, which is looked at before anything is derived. Throws Failure (Usage).
void read_pkcs12(const std::string& path, const std::string& passphrase_file, jose::Bundle& bundle);

}  // namespace edgeseal::ctl
