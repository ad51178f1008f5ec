#include "enroll/cmp/failure.h"

#include <openssl/cmperr.h>
#include <openssl/crmferr.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>

#include "enroll/printable.h"
#include "enroll/retry_after.h"

namespace edgeseal::enroll::cmp {
namespace {

// The server does not take the secret or the certificate of this device (RFC 9810 §5.2.3).
constexpr int credentials_refused = OSSL_CMP_CTX_FAILINFO_badMessageCheck | OSSL_CMP_CTX_FAILINFO_wrongIntegrity |
                                    OSSL_CMP_CTX_FAILINFO_signerNotTrusted | OSSL_CMP_CTX_FAILINFO_notAuthorized |
                                    OSSL_CMP_CTX_FAILINFO_certRevoked;
constexpr int server_out_of_order = OSSL_CMP_CTX_FAILINFO_systemUnavail | OSSL_CMP_CTX_FAILINFO_systemFailure;

std::string with_reason(const std::string& text, const std::string& reason) {
  return reason.empty() ? text : text + ": " + reason;
}

}  // namespace

std::string status_text(const OSSL_CMP_CTX& context) {
  std::array<char, OSSL_CMP_PKISI_BUFLEN> buffer{};
  if (OSSL_CMP_CTX_get_status(&context) < OSSL_CMP_PKISTATUS_accepted) return {};
  const char* text = OSSL_CMP_CTX_snprint_PKIStatus(&context, buffer.data(), buffer.size());
  return text == nullptr ? std::string() : printable(text);
}

Failure::Failure(const OSSL_CMP_CTX& context)
    : extra_certificates_(shared(CertificateStackPtr(OSSL_CMP_CTX_get1_extraCertsIn(&context)).get())),
      fail_info_(OSSL_CMP_CTX_get_failInfoCode(&context)),
      status_(status_text(context)) {
  while (const unsigned long code = ERR_get_error()) entries_.push_back({ERR_GET_LIB(code), ERR_GET_REASON(code)});
}

bool Failure::has(int reason) const {
  return std::ranges::any_of(
      entries_, [reason](const Entry& entry) { return entry.library == ERR_LIB_CMP && entry.reason == reason; });
}

bool Failure::has_any(std::initializer_list<int> reasons) const {
  return std::ranges::any_of(reasons, [this](int reason) { return has(reason); });
}

std::string Failure::first_reason() const {
  if (entries_.empty()) return {};
  const char* text = ERR_reason_error_string(ERR_PACK(entries_.front().library, 0, entries_.front().reason));
  return text == nullptr ? std::string() : text;
}

Error Failure::refusal() const {
  if (fail_info_ > 0 && (fail_info_ & credentials_refused) != 0)
    return {ErrorClass::credentials,
            with_reason("the CMP server does not accept the credentials of this device", status_)};
  if (fail_info_ > 0 && (fail_info_ & server_out_of_order) != 0)
    return {ErrorClass::transport, with_reason("the CMP server is out of order", status_)};
  return {ErrorClass::rejected, with_reason("the CMP server rejected the request", status_)};
}

// libcrypto says of a signer that is not valid yet no more than that there is none.
Error Failure::distrust(const SignerTrust* trust) const {
  if (trust != nullptr && trust->doubts_clock(extra_certificates_))
    return {
        ErrorClass::clock,
        "the certificate of the CMP server is not valid yet by the clock of this device, which no time server has set",
        default_retry};
  return {ErrorClass::protection,
          with_reason("the message protection of the CMP server's answer is not to be relied on",
                      trust == nullptr ? std::string() : trust->judgement())};
}

Error Failure::error(const SignerTrust* trust) const {
  if (has_any({CMP_R_TRANSACTIONID_UNMATCHED, CMP_R_RECIPNONCE_UNMATCHED}))
    return {ErrorClass::replay,
            "the CMP server's answer belongs to another request; somebody on the way may have repeated it"};
  if (has(CMP_R_WRONG_PBM_VALUE))
    return {
        ErrorClass::protection,
        "the CMP server's answer is not protected by the secret of this device; compare the secret and its reference"};
  if (has(CMP_R_MISSING_PROTECTION))
    return {ErrorClass::protection, "the CMP server's answer is not protected; anybody may have sent it"};
  if (has(CMP_R_ERROR_VALIDATING_PROTECTION)) return distrust(trust);
  if (has_any({CMP_R_ERROR_CREATING_CERTREQ, CMP_R_ERROR_PROTECTING_MESSAGE, CMP_R_ERROR_CREATING_GENM}))
    return {ErrorClass::policy, with_reason("the keys of this device make no CMP request", first_reason())};
  if (has_any({CMP_R_REQUEST_REJECTED_BY_SERVER, CMP_R_RECEIVED_ERROR})) return refusal();
  return {ErrorClass::transport,
          with_reason("the CMP server's answer is not the one that was asked for", first_reason())};
}

}  // namespace edgeseal::enroll::cmp
