#include "enroll/cmp/certificate_transaction.h"

#include <openssl/cmperr.h>
#include <openssl/err.h>

#include "enroll/error.h"

namespace edgeseal::enroll::cmp {
namespace {

using NamePtr = std::unique_ptr<X509_NAME, OpensslFree<X509_NAME, X509_NAME_free>>;

int request_type(RequestKind kind) {
  switch (kind) {
    case RequestKind::initialization: return OSSL_CMP_IR;
    case RequestKind::key_update: return OSSL_CMP_KUR;
    case RequestKind::pkcs10: return OSSL_CMP_P10CR;
    case RequestKind::ca_certificates:
    case RequestKind::root_update: break;
  }
  throw std::logic_error("not a request for a certificate");
}

RequestPtr parse_request(ByteView der) {
  const unsigned char* at = octets(der);
  RequestPtr request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (!request || at != octets(der) + der.size())
    throw Error(ErrorClass::policy, "the certificate request for CMP is no PKCS #10 request in DER");
  return request;
}

void require_same_key(X509_REQ& request, const Key& key) {
  const bool same = EVP_PKEY_eq(X509_REQ_get0_pubkey(&request), key.get()) == 1;
  ERR_clear_error();
  if (!same)
    throw Error(ErrorClass::policy, "the certificate request for CMP is of another key than the one to certify");
}

}  // namespace

CertificateTransaction::CertificateTransaction(const Settings& settings, const SignerTrust* trust, Transfer& transfer,
                                               const Acceptance& acceptance)
    : trust_(trust),
      patience_(settings.patience),
      transfer_(transfer),
      acceptance_(acceptance),
      context_(make_context(settings.credential, trust)) {
  OSSL_CMP_CTX* context = context_.get();
  require_openssl(OSSL_CMP_CTX_set_transfer_cb(context, exchange) == 1 &&
                      OSSL_CMP_CTX_set_transfer_cb_arg(context, this) == 1 &&
                      OSSL_CMP_CTX_set_certConf_cb(context, confirm) == 1,
                  "OSSL_CMP_CTX_set_transfer_cb");
}

OSSL_CMP_MSG* CertificateTransaction::exchange(OSSL_CMP_CTX* context, const OSSL_CMP_MSG* request) noexcept {
  Transfer& transfer = static_cast<CertificateTransaction*>(OSSL_CMP_CTX_get_transfer_cb_arg(context))->transfer_;
  OSSL_CMP_MSG* answer = transfer.exchange(*request);
  // It answers the request of an earlier run, whose nonce it names.
  if (answer != nullptr && transfer.is_repetition())
    OSSL_CMP_CTX_set1_senderNonce(context, OSSL_CMP_HDR_get0_recipNonce(OSSL_CMP_MSG_get0_header(answer)));
  return answer;
}

void CertificateTransaction::fill_from_request(const Enrolment& enrolment) {
  const RequestPtr request = parse_request(enrolment.request);
  require_same_key(*request, enrolment.new_key);
  ExtensionsPtr extensions(X509_REQ_get_extensions(request.get()));
  require_openssl(OSSL_CMP_CTX_set1_subjectName(context_.get(), X509_REQ_get_subject_name(request.get())) == 1 &&
                      OSSL_CMP_CTX_set_option(context_.get(), OSSL_CMP_OPT_SUBJECTALTNAME_NODEFAULT, 1) == 1 &&
                      OSSL_CMP_CTX_set0_reqExtensions(context_.get(), extensions.release()) == 1,
                  "OSSL_CMP_CTX_set1_subjectName");
}

void CertificateTransaction::fill_template(const Enrolment& enrolment) {
  OSSL_CMP_CTX* context = context_.get();
  if (enrolment.kind == RequestKind::pkcs10) {
    require_openssl(OSSL_CMP_CTX_set1_p10CSR(context, parse_request(enrolment.request).get()) == 1,
                    "OSSL_CMP_CTX_set1_p10CSR");
    return;
  }
  if (enrolment.kind != RequestKind::key_update || !enrolment.request.empty()) fill_from_request(enrolment);
  require_openssl(EVP_PKEY_up_ref(enrolment.new_key.get()) == 1 &&
                      OSSL_CMP_CTX_set0_newPkey(context, 1, enrolment.new_key.get()) == 1,
                  "OSSL_CMP_CTX_set0_newPkey");
  if (enrolment.kind == RequestKind::key_update) {
    require_openssl(OSSL_CMP_CTX_set1_oldCert(context, enrolment.current.get()) == 1, "OSSL_CMP_CTX_set1_oldCert");
    return;
  }
  // Left out, or libcrypto asks for the issuer of the certificate that protects the request, who is the manufacturer.
  const NamePtr any_issuer(X509_NAME_new());
  require_openssl(OSSL_CMP_CTX_set1_issuer(context, any_issuer.get()) == 1, "OSSL_CMP_CTX_set1_issuer");
}

Outcome CertificateTransaction::run(const Enrolment& enrolment, Timer& timer, const std::stop_token& stop) {
  fill_template(enrolment);
  if (const auto continuation = parse_continuation(enrolment.continuation)) resume(*continuation);
  try {
    poll(enrolment, timer, stop);
  } catch (const Error& error) {
    if (error.error_class() == ErrorClass::cancelled) give_up();
    if (error.error_class() == ErrorClass::waiting) keep(enrolment);
    throw;
  }
  if (OSSL_CMP_CTX_get_status(context_.get()) == OSSL_CMP_PKISTATUS_grantedWithMods)
    outcome_.modified = status_text(*context_);
  return std::move(outcome_);
}

void CertificateTransaction::keep(const Enrolment& enrolment) const {
  const Bytes encoded = encode(transfer_.continuation());
  if (enrolment.keep && encoded.size() <= max_continuation) enrolment.keep(encoded);
}

// The transaction is known to the server by its identifier.
void CertificateTransaction::resume(const Continuation& continuation) {
  const unsigned char* at = octets(continuation.first);
  const MessagePtr first(d2i_OSSL_CMP_MSG(nullptr, &at, static_cast<long>(continuation.first.size())));
  ERR_clear_error();
  if (!first) return;
  const ASN1_OCTET_STRING* identifier = OSSL_CMP_HDR_get0_transactionID(OSSL_CMP_MSG_get0_header(first.get()));
  require_openssl(OSSL_CMP_CTX_set1_transactionID(context_.get(), identifier) == 1, "OSSL_CMP_CTX_set1_transactionID");
  transfer_.repeat(continuation);
}

void CertificateTransaction::poll(const Enrolment& enrolment, Timer& timer, const std::stop_token& stop) {
  const int type = request_type(enrolment.kind);
  Polling polling(timer, patience_);
  for (;;) {
    int check_after = 0;
    ERR_clear_error();
    const int state = OSSL_CMP_try_certreq(context_.get(), type, nullptr, &check_after);
    if (state == 1) return;
    if (state == -1 && transfer_.is_repetition()) continue;  // that time is over
    const Failure failure(*context_);
    if (unacceptable_) std::rethrow_exception(unacceptable_);
    if (state == 0 && !is_worth_another_try(failure)) {
      transfer_.rethrow();
      throw failure.error(trust_);
    }
    polling.wait(state == 0 ? std::nullopt : std::optional<std::int64_t>(check_after), stop);
  }
}

// A server that has said "waiting" is asked again also where it could not be reached for a while, or named a time that
// means nothing.
bool CertificateTransaction::is_worth_another_try(const Failure& failure) const {
  if (OSSL_CMP_CTX_get_status(context_.get()) != OSSL_CMP_PKISTATUS_waiting) return false;
  return transfer_.is_interrupted() || failure.has(CMP_R_CHECKAFTER_OUT_OF_RANGE) ||
         failure.has(CMP_R_BAD_CHECKAFTER_IN_POLLREP);
}

// A request that waits for somebody's decision is taken back; whether the server hears it changes nothing.
void CertificateTransaction::give_up() {
  if (OSSL_CMP_CTX_get_status(context_.get()) != OSSL_CMP_PKISTATUS_waiting) return;
  transfer_.finish();
  (void)OSSL_CMP_try_certreq(context_.get(), -1, nullptr, nullptr);
  ERR_clear_error();
}

int CertificateTransaction::confirm(OSSL_CMP_CTX* context, X509* certificate, int fail_info,
                                    const char** text) noexcept {
  auto* self = static_cast<CertificateTransaction*>(OSSL_CMP_CTX_get_transfer_cb_arg(context));
  try {
    self->judge(Certificate::share(certificate), fail_info);
    return 0;
  } catch (...) {
    self->unacceptable_ = std::current_exception();
    if (fail_info == 0) *text = "the certificate is not what this device needs";
    return OSSL_CMP_CTX_FAILINFO_incorrectData;
  }
}

void CertificateTransaction::judge(const Certificate& certificate, int fail_info) {
  if (fail_info != 0)
    throw Error(ErrorClass::key_mismatch, "the CMP server issued a certificate for another key; nothing was stored");
  Offer offer{{certificate}, rightful_ca_pubs()};
  for (Certificate& other : shared(CertificateStackPtr(OSSL_CMP_CTX_get1_extraCertsIn(context_.get())).get()))
    offer.received.push_back(std::move(other));
  outcome_.issued = acceptance_(offer);
  outcome_.ca_pubs = std::move(offer.ca_pubs);
}

std::vector<Certificate> CertificateTransaction::rightful_ca_pubs() {
  std::vector<Certificate> result = shared(CertificateStackPtr(OSSL_CMP_CTX_get1_caPubs(context_.get())).get());
  if (transfer_.has_mac()) return result;
  outcome_.ignored_ca_pubs = std::move(result);
  return {};
}

}  // namespace edgeseal::enroll::cmp
