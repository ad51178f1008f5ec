#include "tests/enroll/cmp/cmp_server.h"

#include <openssl/err.h>

#include <algorithm>

namespace edgeseal::test {
namespace {

using enroll::require_openssl;

int be_silent(const char*, const char*, int, OSSL_CMP_severity, const char*) {
  return 1;
}

const unsigned char* octets(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string common_name(const X509_NAME* name) {
  char text[64] = "";
  X509_NAME_get_text_by_NID(name, NID_commonName, text, sizeof text);
  return text;
}

STACK_OF(X509) * stack_of(const std::vector<Certificate>& certificates) {
  STACK_OF(X509)* stack = sk_X509_new_null();
  for (const Certificate& certificate : certificates)
    if (X509_up_ref(certificate.get()) == 1) sk_X509_push(stack, certificate.get());
  return stack;
}

}  // namespace

struct CmpServer::Callbacks {
  static CmpServer& self(OSSL_CMP_SRV_CTX* context) {
    return *static_cast<CmpServer*>(OSSL_CMP_SRV_CTX_get0_custom_ctx(context));
  }

  static OSSL_CMP_PKISI* certify(OSSL_CMP_SRV_CTX* context, const OSSL_CMP_MSG* message, int, const OSSL_CRMF_MSG* crm,
                                 const X509_REQ* request, X509** certificate, STACK_OF(X509) **,
                                 STACK_OF(X509) * *ca_pubs) {
    CmpServer& server = self(context);
    if (server.fails) {
      ERR_raise(ERR_LIB_CMP, CMP_R_REQUEST_NOT_ACCEPTED);
      return nullptr;
    }
    if (server.polls > 0 && server.waiting_ == nullptr && server.asked_ == 0) {
      server.waiting_ = OSSL_CMP_MSG_dup(message);
      return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_waiting, 0, nullptr);
    }
    if (server.status == OSSL_CMP_PKISTATUS_accepted || server.status == OSSL_CMP_PKISTATUS_grantedWithMods) {
      const X509_NAME* subject = request != nullptr ? X509_REQ_get_subject_name(request)
                                                    : OSSL_CRMF_CERTTEMPLATE_get0_subject(OSSL_CRMF_MSG_get0_tmpl(crm));
      EVP_PKEY* key = request != nullptr && !server.certified ? X509_REQ_get0_pubkey(const_cast<X509_REQ*>(request))
                                                              : server.certified.get();
      *certificate = X509_dup(server.certificate(subject, key).get());
    }
    if (!server.ca_pubs.empty()) *ca_pubs = stack_of(server.ca_pubs);
    return OSSL_CMP_STATUSINFO_new(server.status, server.fail_info,
                                   server.status_text.empty() ? nullptr : server.status_text.c_str());
  }

  static int inform(OSSL_CMP_SRV_CTX* context, const OSSL_CMP_MSG*, const STACK_OF(OSSL_CMP_ITAV) * in,
                    STACK_OF(OSSL_CMP_ITAV) * *out) {
    CmpServer& server = self(context);
    if (server.information) {
      *out = sk_OSSL_CMP_ITAV_new_null();
      if (OSSL_CMP_ITAV* given = server.information(); given != nullptr) sk_OSSL_CMP_ITAV_push(*out, given);
    } else {
      *out = sk_OSSL_CMP_ITAV_deep_copy(in, OSSL_CMP_ITAV_dup, OSSL_CMP_ITAV_free);
    }
    return *out != nullptr;
  }

  static void hear_error(OSSL_CMP_SRV_CTX* context, const OSSL_CMP_MSG*, const OSSL_CMP_PKISI*, const ASN1_INTEGER*,
                         const OSSL_CMP_PKIFREETEXT*) {
    CmpServer& server = self(context);
    const std::lock_guard lock(server.mutex_);
    ++server.seen_.aborted;
  }

  static int hear_confirmation(OSSL_CMP_SRV_CTX* context, const OSSL_CMP_MSG*, int, const ASN1_OCTET_STRING*,
                               const OSSL_CMP_PKISI* status) {
    CmpServer& server = self(context);
    char text[OSSL_CMP_PKISI_BUFLEN] = "";
    const bool accepted =
        status == nullptr ||
        std::string(OSSL_CMP_snprint_PKIStatusInfo(status, text, sizeof text)).find("accepted") != std::string::npos;
    const std::lock_guard lock(server.mutex_);
    ++(accepted ? server.seen_.confirmed : server.seen_.rejected);
    return 1;
  }

  static int poll(OSSL_CMP_SRV_CTX* context, const OSSL_CMP_MSG*, int, OSSL_CMP_MSG** request,
                  std::int64_t* check_after) {
    CmpServer& server = self(context);
    *request = nullptr;
    *check_after = server.check_after;
    if (++server.asked_ > server.polls) *request = std::exchange(server.waiting_, nullptr);
    return 1;
  }
};

CmpServer::CmpServer(SSL_CTX* tls)
    : server_(OSSL_CMP_SRV_CTX_new(nullptr, nullptr)),
      listener_([this](const std::string& path, const std::string& body) { return answer(path, body); }, tls) {
  require_openssl(server_ != nullptr &&
                      OSSL_CMP_SRV_CTX_init(server_, this, Callbacks::certify, nullptr, Callbacks::inform,
                                            Callbacks::hear_error, Callbacks::hear_confirmation, Callbacks::poll) == 1,
                  "OSSL_CMP_SRV_CTX_init");
  OSSL_CMP_CTX_set_log_cb(context(), be_silent);
  X509_STORE* clients = X509_STORE_new();
  X509_STORE_add_cert(clients, root.certificate.get());
  OSSL_CMP_CTX_set0_trustedStore(context(), clients);
  use_secret(server_secret);
}

CmpServer::~CmpServer() {
  OSSL_CMP_MSG_free(waiting_);
  OSSL_CMP_SRV_CTX_free(server_);
}

OSSL_CMP_CTX* CmpServer::context() const {
  return OSSL_CMP_SRV_CTX_get0_cmp_ctx(server_);
}

void CmpServer::use_secret(const std::string& secret) {
  OSSL_CMP_CTX_set1_referenceValue(context(), octets(server_reference), static_cast<int>(server_reference.size()));
  OSSL_CMP_CTX_set1_secretValue(context(), octets(secret), static_cast<int>(secret.size()));
}

void CmpServer::sign_as(const Identity& signer) {
  OSSL_CMP_CTX_set1_cert(context(), signer.certificate.get());
  OSSL_CMP_CTX_set1_pkey(context(), signer.key.get());
}

void CmpServer::send_unprotected_errors() {
  OSSL_CMP_SRV_CTX_set_send_unprotected_errors(server_, 1);
}

CmpServer::Seen CmpServer::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

Certificate CmpServer::certificate(const X509_NAME* subject, EVP_PKEY* key) const {
  return root.issue({common_name(subject), certificate_extensions + names_extension}, Key::share(key));
}

std::string CmpServer::process(const std::string& body) {
  const unsigned char* at = octets(body);
  const std::unique_ptr<OSSL_CMP_MSG, enroll::OpensslFree<OSSL_CMP_MSG, OSSL_CMP_MSG_free>> request(
      d2i_OSSL_CMP_MSG(nullptr, &at, static_cast<long>(body.size())));
  if (!request) return {};
  const ASN1_OCTET_STRING* transaction = OSSL_CMP_HDR_get0_transactionID(OSSL_CMP_MSG_get0_header(request.get()));
  {
    const std::lock_guard lock(mutex_);
    seen_.transactions.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(transaction)),
                                    static_cast<std::size_t>(ASN1_STRING_length(transaction)));
  }
  const std::unique_ptr<OSSL_CMP_MSG, enroll::OpensslFree<OSSL_CMP_MSG, OSSL_CMP_MSG_free>> response(
      OSSL_CMP_SRV_process_request(server_, request.get()));
  ERR_clear_error();
  unsigned char* der = nullptr;
  const int size = response ? i2d_OSSL_CMP_MSG(response.get(), &der) : 0;
  const std::string result(reinterpret_cast<const char*>(der), static_cast<std::size_t>(std::max(size, 0)));
  OPENSSL_free(der);
  return result;
}

HttpReply CmpServer::answer(const std::string& path, const std::string& body) {
  {
    const std::lock_guard lock(mutex_);
    seen_.paths.push_back(path);
  }
  const int number = number_++;
  if (number == down_at) return {503, "text/plain", "restarting"};
  HttpReply reply{200, "application/pkixcmp", process(body)};
  if (alter) alter(reply, number);
  return reply;
}

}  // namespace edgeseal::test
