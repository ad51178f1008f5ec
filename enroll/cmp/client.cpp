#include "enroll/cmp/client.h"

#include "enroll/cmp/certificate_transaction.h"
#include "enroll/cmp/general_message.h"
#include "enroll/error.h"
#include "enroll/url.h"
#include "jose/secret_strength.h"

namespace edgeseal::enroll::cmp {
namespace {

bool trusts_somebody(const ServerTrust& trust) {
  return !trust.anchors.empty() || trust.system_anchors == SystemAnchors::yes;
}

void require_answerable(const Settings& settings) {
  if (std::holds_alternative<ClientIdentity>(settings.credential) && !trusts_somebody(settings.server.trust))
    throw Error(ErrorClass::policy, "no trust anchor for the answers of the CMP server: name one in the profile");
}

void require_secrecy(const Settings& settings) {
  const auto* shared = std::get_if<SharedSecret>(&settings.credential);
  if (shared == nullptr || parse_url(settings.server.url).scheme == "https" || jose::is_strong_secret(shared->secret))
    return;
  throw Error(ErrorClass::weak_protection,
              "the CMP secret has less than 80 bits, and a message that it protects lets anybody on the way guess it; "
              "give the server an https URL, or let it make a longer secret");
}

}  // namespace

Client::Client(Settings settings, HttpClient& http, Timer& timer)
    : Client(
          std::move(settings),
          [&http](const HttpRequest& request, const std::stop_token& stop) { return http.exchange(request, stop); },
          timer) {}

Client::Client(Settings settings, Transfer::Exchange exchange, Timer& timer)
    : settings_(std::move(settings)), exchange_(std::move(exchange)), timer_(timer) {
  require_answerable(settings_);
  require_secrecy(settings_);
}

std::unique_ptr<SignerTrust> Client::make_trust() const {
  if (!trusts_somebody(settings_.server.trust)) return nullptr;
  return std::make_unique<SignerTrust>(settings_.server.trust, settings_.clock);
}

Transfer Client::transfer(RequestKind kind, const std::stop_token& stop) const {
  return {exchange_, endpoint_url(settings_.server.url, settings_.server.profile, kind), stop};
}

Outcome Client::enrol(const Enrolment& enrolment, const Acceptance& acceptance, const std::stop_token& stop) {
  const auto trust = make_trust();
  Transfer way = transfer(enrolment.kind, stop);
  return CertificateTransaction(settings_, trust.get(), way, acceptance).run(enrolment, timer_, stop);
}

std::vector<Certificate> Client::ca_certificates(const std::stop_token& stop) {
  const auto trust = make_trust();
  Transfer way = transfer(RequestKind::ca_certificates, stop);
  return GeneralMessage(settings_, trust.get(), way).ca_certificates();
}

std::optional<RootUpdate> Client::next_root(const Certificate& current_root, const std::stop_token& stop) {
  const auto trust = make_trust();
  Transfer way = transfer(RequestKind::root_update, stop);
  auto update = GeneralMessage(settings_, trust.get(), way).root_update(current_root);
  if (update) require_linked(*update, current_root, settings_.clock);
  return update;
}

}  // namespace edgeseal::enroll::cmp
