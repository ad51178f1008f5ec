#include "enroll/cmp/context.h"

#include <openssl/err.h>

#include "enroll/error.h"

namespace edgeseal::enroll::cmp {
namespace {

int log_nothing(const char*, const char*, int, OSSL_CMP_severity, const char*) {
  return 1;
}

void set_option(OSSL_CMP_CTX& context, int option, int value) {
  require_openssl(OSSL_CMP_CTX_set_option(&context, option, value) == 1, "OSSL_CMP_CTX_set_option");
}

void protect(OSSL_CMP_CTX& context, const SharedSecret& shared) {
  if (shared.secret.empty() || shared.reference.empty())
    throw Error(ErrorClass::policy, "CMP needs a secret and the reference by which the server knows it");
  const int secret_size = static_cast<int>(shared.secret.size());
  const int reference_size = static_cast<int>(shared.reference.size());
  set_option(context, OSSL_CMP_OPT_MAC_ALGNID, NID_hmacWithSHA256);
  require_openssl(
      OSSL_CMP_CTX_set1_secretValue(&context, octets(shared.secret), secret_size) == 1 &&
          OSSL_CMP_CTX_set1_referenceValue(&context, octets(bytes_of(shared.reference)), reference_size) == 1,
      "OSSL_CMP_CTX_set1_secretValue");
}

// libcrypto 3.0 has no message protection for the others.
void require_protecting(const ClientIdentity& identity) {
  const int type = EVP_PKEY_get_base_id(identity.key.get());
  if (type != EVP_PKEY_RSA && type != EVP_PKEY_EC)
    throw Error(ErrorClass::policy,
                "CMP messages are signed with RSA (PKCS #1) or ECDSA keys alone; use such a key or a shared secret");
  if (X509_check_private_key(identity.certificate.get(), identity.key.get()) == 1) return;
  ERR_clear_error();
  throw Error(ErrorClass::policy, "the certificate for CMP is not of the key for CMP");
}

void protect(OSSL_CMP_CTX& context, const ClientIdentity& identity) {
  require_protecting(identity);
  require_openssl(OSSL_CMP_CTX_set1_cert(&context, identity.certificate.get()) == 1 &&
                      OSSL_CMP_CTX_set1_pkey(&context, identity.key.get()) == 1,
                  "OSSL_CMP_CTX_set1_pkey");
  if (identity.chain.empty()) return;  // an empty list would leave libcrypto 3.0 without one, and every answer an error
  const BorrowedStack chain = borrow(identity.chain);
  require_openssl(OSSL_CMP_CTX_set1_untrusted(&context, chain.get()) == 1, "OSSL_CMP_CTX_set1_untrusted");
}

void trust_signers(OSSL_CMP_CTX& context, const SignerTrust& trust) {
  X509_STORE* store = trust.store().get();
  require_openssl(X509_STORE_up_ref(store) == 1 && OSSL_CMP_CTX_set0_trustedStore(&context, store) == 1,
                  "OSSL_CMP_CTX_set0_trustedStore");
}

}  // namespace

ContextPtr make_context(const Credential& credential, const SignerTrust* trust) {
  ContextPtr context(OSSL_CMP_CTX_new(nullptr, nullptr));
  require_openssl(context != nullptr, "OSSL_CMP_CTX_new");
  set_option(*context, OSSL_CMP_OPT_LOG_VERBOSITY, OSSL_CMP_LOG_EMERG);  // so that reasons stay on the error queue
  require_openssl(OSSL_CMP_CTX_set_log_cb(context.get(), log_nothing) == 1, "OSSL_CMP_CTX_set_log_cb");
  set_option(*context, OSSL_CMP_OPT_UNPROTECTED_ERRORS, 0);
  set_option(*context, OSSL_CMP_OPT_IGNORE_KEYUSAGE, 0);
  std::visit([&context](const auto& protection) { protect(*context, protection); }, credential);
  if (trust != nullptr) trust_signers(*context, *trust);
  return context;
}

}  // namespace edgeseal::enroll::cmp
