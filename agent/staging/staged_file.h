#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tpm/bytes.h"

namespace edgeseal::agent {

using tpm::Bytes;
using tpm::ByteView;
using tpm::SecretBytes;

// What a file of staged certificates brings, in its order, each certificate and URL once.
struct StagedFile {
  std::vector<Bytes> certificates;        // as DER; no more is known of them than that they begin as one
  std::vector<std::string> urls;          // as they stand in the file
  std::vector<SecretBytes> private_keys;  // DER or, where it is in no form that is read, text; in the clear
  std::vector<std::string> warnings;      // what was passed over
};

inline constexpr std::size_t max_staged_file_size = 256 * 1024;
inline constexpr std::size_t max_staged_entries = 32;  // certificates, URLs and private keys
inline constexpr std::size_t max_staged_pem_blocks = 64;

// The certificates of a settings file: <certificates> with <certificate url=…/>, or <certificate type="base64">, as the
// document element or in <settings>. Also PEM, and one DER certificate, without XML around them: the content says
// which. Nothing outside the file is read: what has a DOCTYPE or refers to an entity is refused. Throws
// Error{request_too_large} beyond a limit, Error{invalid_argument} for what is malformed, saying where.
[[nodiscard]] StagedFile parse_staged_file(SecretBytes content);

// What a URL led to: PEM or one DER certificate.
[[nodiscard]] StagedFile parse_downloaded_certificates(ByteView content);

}  // namespace edgeseal::agent
