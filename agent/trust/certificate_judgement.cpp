#include "agent/trust/certificate_judgement.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/certificates/certificate.h"

namespace edgeseal::agent {

namespace {

// An extension that is not there forbids nothing (RFC 5280 section 4.2.1.3, 4.2.1.12).
bool allows_key_usage(X509& certificate, std::uint32_t any_of) {
  return (X509_get_key_usage(&certificate) & any_of) != 0;
}

bool allows_extended_key_usage(X509& certificate, std::uint32_t any_of) {
  return (X509_get_extended_key_usage(&certificate) & (any_of | XKU_ANYEKU)) != 0;
}

std::uint32_t extended_usages(Purpose purpose) {
  switch (purpose) {
    case Purpose::application:
    case Purpose::tls: return XKU_SSL_SERVER | XKU_SSL_CLIENT;
    case Purpose::https_server: return XKU_SSL_SERVER;
    case Purpose::https_client: return XKU_SSL_CLIENT;
    case Purpose::user: return ~std::uint32_t{0};  // OPC 10000-6 asks for none
  }
  return 0;
}

}  // namespace

Sha256 fingerprint_of(const X509& certificate) {
  Sha256 fingerprint{};
  require_openssl(X509_digest(&certificate, EVP_sha256(), out_octets(fingerprint), nullptr) == 1, "X509_digest");
  return fingerprint;
}

std::string untimeliness_of(const X509& certificate, std::chrono::system_clock::time_point now) {
  if (is_timely(certificate, now)) return "";
  return has_expired(certificate, now) ? "has expired" : "is not valid yet";
}

bool shows_host(X509& certificate, const std::string& dns_name_or_ip_address) {
  return X509_check_ip_asc(&certificate, dns_name_or_ip_address.c_str(), 0) == 1 ||
         X509_check_host(&certificate, dns_name_or_ip_address.data(), dns_name_or_ip_address.size(),
                         X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
}

bool shows_uri(const X509& certificate, const std::string& application_uri) {
  const auto uris = uris_of(certificate);
  return std::ranges::find(uris, application_uri) != uris.end();
}

// OPC 10000-6 §6.2.2: an RSA key of an application also decrypts.
std::string misuse_of_leaf(X509& certificate, Purpose purpose) {
  const bool rsa = EVP_PKEY_is_a(X509_get0_pubkey(&certificate), "RSA") == 1;
  if (!allows_key_usage(certificate, KU_DIGITAL_SIGNATURE)) return "its key may not sign (keyUsage)";
  if (purpose == Purpose::application && rsa &&
      !allows_key_usage(certificate, KU_DATA_ENCIPHERMENT | KU_KEY_ENCIPHERMENT))
    return "its key may not decrypt (keyUsage)";
  if (!allows_extended_key_usage(certificate, extended_usages(purpose)))
    return "it is not for this purpose (extendedKeyUsage)";
  return "";
}

std::string misuse_of_issuer(X509& certificate, std::size_t below) {
  if (!is_authority(certificate)) return "is not an authority (basicConstraints)";
  if (!allows_key_usage(certificate, KU_KEY_CERT_SIGN)) return "may not sign certificates (keyUsage)";
  const long limit = X509_get_pathlen(&certificate);
  if (limit >= 0 && below > static_cast<std::size_t>(limit))
    return "may not have so many authorities below it (pathLen)";
  return "";
}

}  // namespace edgeseal::agent
