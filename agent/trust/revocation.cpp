#include "agent/trust/revocation.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <ctime>

#include "agent/certificates/certificate.h"
#include "agent/error.h"

namespace edgeseal::agent {

namespace {

// For all certificates of its issuer, and without an extension that changes its meaning in a way we do not know: no
// delta CRL, no indirect and no partitioned one.
bool is_usable(X509_CRL& crl) {
  const bool complete = X509_CRL_get_ext_by_NID(&crl, NID_delta_crl, -1) < 0 &&
                        X509_CRL_get_ext_by_NID(&crl, NID_issuing_distribution_point, -1) < 0;
  bool known_extensions = true;
  for (int i = 0; i < X509_CRL_get_ext_count(&crl); ++i) {
    X509_EXTENSION* extension = X509_CRL_get_ext(&crl, i);
    known_extensions =
        known_extensions && (X509_EXTENSION_get_critical(extension) == 0 || X509_supported_extension(extension) == 1);
  }
  return complete && known_extensions;
}

bool is_current(const X509_CRL& crl, std::chrono::system_clock::time_point now) {
  std::time_t time = std::chrono::system_clock::to_time_t(now);
  const ASN1_TIME* next = X509_CRL_get0_nextUpdate(&crl);
  return X509_cmp_time(X509_CRL_get0_lastUpdate(&crl), &time) < 0 &&
         (next == nullptr || X509_cmp_time(next, &time) > 0);
}

// An entry of removeFromCRL, answered by 2, is for delta CRLs only.
bool lists(X509_CRL& crl, X509& certificate) {
  X509_REVOKED* entry = nullptr;
  return X509_CRL_get0_by_cert(&crl, &entry, &certificate) == 1;
}

bool verifies(X509_CRL& crl, X509& issuer, unsigned& signatures_left) {
  if (signatures_left == 0)
    throw Error(Code::request_too_large,
                fmt::format("{}: it has issued more CRLs than are verified here; remedy: give the newest CRL of each "
                            "authority alone",
                            subject_of(issuer)));
  --signatures_left;
  return has_signed(issuer, crl);
}

}  // namespace

bool has_signed(X509& issuer, X509_CRL& crl) {
  const bool good =
      (X509_get_key_usage(&issuer) & KU_CRL_SIGN) != 0 && X509_CRL_verify(&crl, X509_get0_pubkey(&issuer)) == 1;
  ERR_clear_error();
  return good;
}

Revocation revocation_of(const TrustStore& store, X509& certificate, X509& issuer,
                         std::chrono::system_clock::time_point now, unsigned& signatures_left) {
  Revocation status{.text = "there is no CRL of its issuer"};
  for (const X509_CRL* listed : store.crls_of(issuer)) {
    X509_CRL& crl =
        const_cast<X509_CRL&>(*listed);  // libcrypto sorts the entries at first use, under a lock of its own
    if (!is_usable(crl) || !verifies(crl, issuer, signatures_left)) {
      if (!status.known) status.text = "the CRL of its issuer is not usable";
      continue;
    }
    if (lists(crl, certificate)) return {.known = true, .revoked = true, .text = "is revoked"};
    if (is_current(crl, now)) status = {.known = true, .revoked = false, .text = ""};
    if (!status.known) status.text = "the CRL of its issuer has expired";
  }
  return status;
}

}  // namespace edgeseal::agent
