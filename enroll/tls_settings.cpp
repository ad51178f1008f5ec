#include "enroll/tls_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "enroll/certificate_limits.h"

namespace edgeseal::enroll {
namespace {

int settings_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// By which a server says that it wants another certificate of us, or any.
constexpr std::array identity_alerts{SSL_AD_BAD_CERTIFICATE,     SSL_AD_UNSUPPORTED_CERTIFICATE,
                                     SSL_AD_CERTIFICATE_REVOKED, SSL_AD_CERTIFICATE_EXPIRED,
                                     SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_UNKNOWN_CA,
                                     SSL_AD_ACCESS_DENIED,       SSL_AD_CERTIFICATE_REQUIRED};

bool is_about_identity(int alert) {
  return std::find(identity_alerts.begin(), identity_alerts.end(), alert) != identity_alerts.end();
}

}  // namespace

TlsSettings::TlsSettings(const ServerTrust& trust, const std::optional<ClientIdentity>& identity, Clock clock)
    : store_(make_store(trust)), identity_(identity), verifier_(trust.verification, trust.role, std::move(clock)) {
  if (identity && trust.verification == Verification::provisional)
    throw Error(ErrorClass::policy, "a server that nobody has verified is shown no certificate of this device");
}

void TlsSettings::apply(SSL_CTX& context) {
  SSL_CTX_set_security_level(&context, security_level);
  SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set1_verify_cert_store(&context, store_.get());
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(&context, on_verify, this);
  SSL_CTX_set_ex_data(&context, settings_index(), this);
  SSL_CTX_set_info_callback(&context, on_event);
  SSL_CTX_set_cert_cb(&context, on_request, this);
  if (identity_) apply_identity(context);
}

void TlsSettings::apply_identity(SSL_CTX& context) const {
  bool usable = SSL_CTX_use_certificate(&context, identity_->certificate.get()) == 1 &&
                SSL_CTX_use_PrivateKey(&context, identity_->key.get()) == 1;
  for (const Certificate& issuer : identity_->chain)
    usable = usable && SSL_CTX_add1_chain_cert(&context, issuer.get()) == 1;
  if (!usable)
    throw Error(ErrorClass::policy, fmt::format("the certificate of this device, {}, can't be used: {}",
                                                subject_of(identity_->certificate), openssl_reason()));
}

void TlsSettings::expect(const std::string& host) {
  verifier_.expect(host);
  alert_.reset();
}

std::optional<Error> TlsSettings::failure() const {
  if (verifier_.refusal()) return verifier_.refusal();
  if (!alert_ || !is_about_identity(*alert_)) return std::nullopt;
  const char* whose =
      identity_ ? "the server refuses the certificate of this device" : "the server wants a certificate";
  return Error(ErrorClass::credentials, fmt::format("{}: {}", whose, SSL_alert_desc_string_long(*alert_)));
}

int TlsSettings::on_verify(X509_STORE_CTX* context, void* self) {
  auto& settings = *static_cast<TlsSettings*>(self);
  settings.is_server_judged_ = true;
  return settings.verifier_.verify(*context);
}

int TlsSettings::on_request(SSL*, void* self) {
  static_cast<TlsSettings*>(self)->is_identity_requested_ = true;
  return 1;
}

void TlsSettings::on_event(const SSL* ssl, int where, int value) {
  auto& settings = *static_cast<TlsSettings*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), settings_index()));
  if (where == SSL_CB_HANDSHAKE_START) settings.is_server_judged_ = settings.is_identity_requested_ = false;
  const int description = value & 0xff;
  if (where != SSL_CB_READ_ALERT || !settings.is_server_judged_ || description == SSL_AD_CLOSE_NOTIFY) return;
  settings.alert_ = description;
}

}  // namespace edgeseal::enroll
