#pragma once

#include <openssl/pem.h>

#include <span>
#include <string>

#include "agent/certificates/certificate.h"
#include "agent/openssl.h"
#include "agent/staging/staged_file.h"

namespace edgeseal::test {

using agent::Bytes;
using agent::SecretBytes;

// Files of staged certificates, as the tests write them.

[[nodiscard]] inline SecretBytes secret(const std::string& text) {
  return SecretBytes(std::as_bytes(std::span(text)));
}

[[nodiscard]] inline std::string certificate_pem(const Bytes& der) {
  return agent::pem("CERTIFICATE", der);
}

// PKCS#1 or SEC1, unencrypted, with its lines.
[[nodiscard]] inline std::string traditional_key_pem(const EVP_PKEY& key) {
  const agent::BioPtr bio(BIO_new(BIO_s_mem()));
  agent::require_openssl(
      PEM_write_bio_PrivateKey_traditional(bio.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "PEM");
  return agent::bio_text(*bio);
}
[[nodiscard]] inline std::string pkcs8_key_pem(const EVP_PKEY& key) {
  const agent::BioPtr bio(BIO_new(BIO_s_mem()));
  agent::require_openssl(PEM_write_bio_PrivateKey(bio.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "PEM");
  return agent::bio_text(*bio);
}

// Without its first and last line.
[[nodiscard]] inline std::string bare(const std::string& pem) {
  const std::size_t from = pem.find('\n') + 1;
  return pem.substr(from, pem.rfind("-----END") - from);
}

[[nodiscard]] inline std::string inline_certificate(const std::string& text) {
  return "<certificate type=\"base64\">" + text + "</certificate>";
}
[[nodiscard]] inline std::string linked_certificate(const std::string& url) {
  return "<certificate url=\"" + url + "\"/>";
}

}  // namespace edgeseal::test
