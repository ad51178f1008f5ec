#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace edgeseal::ctl {

// A credential as tpm2_makecredential writes it: 0xBADCC0DE, the version 1, then TPM2B_ID_OBJECT and
// TPM2B_ENCRYPTED_SECRET. What is kept are their contents.
struct CredentialFile {
  std::vector<uint8_t> credential;
  std::vector<uint8_t> encrypted_secret;
};

// Throws Failure (Usage) that names `origin`.
[[nodiscard]] CredentialFile parse_credential_file(const std::string& content, const std::string& origin);

}  // namespace edgeseal::ctl
