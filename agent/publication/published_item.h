#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/openssl.h"

namespace edgeseal::agent {

// A certificate or a CRL as it is published.
//
// Its name is that of OPC 10000-12 Annex F: the CommonName and the SHA-1 thumbprint. Of the CommonName remain at most
// 64 characters, each a letter or digit of ASCII or one of " ._-@+=,()", with "_" in the place of others and of what
// would hide a file, look like an option or be a part of "..".
struct PublishedItem {
  std::string name;        // "Root CA [0A1B...]": the file's, without its suffix
  tpm::ByteView der{};     // of the list that it comes from
  std::string pem{};       // empty where the name in it can't be read: then libcrypto can't read it either
  unsigned long hash = 0;  // X509_NAME_hash_ex() of the subject, or of the issuer of a CRL; 0 without `pem`
};

// Each once, however often it is in the list; all names are different. The views are into `list`.
[[nodiscard]] std::vector<PublishedItem> published_certificates(const std::vector<tpm::Bytes>& list);
[[nodiscard]] std::vector<PublishedItem> published_crls(const std::vector<tpm::Bytes>& list);

// The name of one certificate; `gap` stands before its thumbprint.
[[nodiscard]] std::string published_name(tpm::ByteView certificate, std::string_view gap);

}  // namespace edgeseal::agent
