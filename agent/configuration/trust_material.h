#pragma once

#include <string>
#include <vector>

#include "tpm/bytes.h"

namespace edgeseal::agent {

using tpm::Bytes;

// What one entry of a trust list, or of the anchors of a profile, holds, as DER: PEM itself, or the path of a file with
// PEM or DER, below `root` where that is not empty. At least one, at most 1000. All throw Error{invalid_argument} with
// cause and remedy.
[[nodiscard]] std::vector<Bytes> certificates_of(const std::string& entry, const std::string& root);
[[nodiscard]] std::vector<Bytes> crls_of(const std::string& entry, const std::string& root);
// DER SubjectPublicKeyInfo of a file with a public key in PEM.
[[nodiscard]] Bytes public_key_of(const std::string& path, const std::string& root);

}  // namespace edgeseal::agent
