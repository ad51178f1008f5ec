#include "agent/renewal/local_authority.h"

#include <fmt/format.h>

#include "agent/certificates/certificate.h"
#include "agent/certificates/certificate_signature.h"
#include "agent/trust/certificate_judgement.h"

namespace edgeseal::agent {

namespace {

CertificatePtr authority_of(const Key& key) {
  const std::string name = key.slot.key_name();
  if (!key.certificate)
    throw Error(Code::not_found,
                fmt::format("{} has no certificate: enrol it by a profile with protocol \"self-signed\" and "
                            "authority = true",
                            name));
  CertificatePtr certificate = parse_certificate(key.certificate->certificate);
  if (const std::string misuse = misuse_of_issuer(*certificate); !misuse.empty())
    throw Error(Code::invalid_state, fmt::format("the certificate of {} {}", name, misuse));
  return certificate;
}

}  // namespace

void LocalAuthority::issue(const std::string& ca, const Order& order, Answer<dbus::SlotCertificate> answer) {
  const KeyPtr key = keys_.find(ca);
  CertificatePtr authority = authority_of(*key);
  std::vector<Bytes> chain{key->certificate->certificate};
  chain.insert(chain.end(), key->certificate->issuers.begin(), key->certificate->issuers.end());
  sign(key,
       std::make_shared<IssuedCertificate>(order.request, std::move(authority), order.as, order.now, order.lifetime),
       std::move(chain), std::move(answer));
}

void LocalAuthority::self_sign(const KeyId& key, const Order& order, Answer<dbus::SlotCertificate> answer) {
  sign(keys_.find(key),
       std::make_shared<IssuedCertificate>(order.request, nullptr, order.as, order.now, order.lifetime), {},
       std::move(answer));
}

void LocalAuthority::sign(const KeyPtr& key, std::shared_ptr<IssuedCertificate> certificate, std::vector<Bytes> chain,
                          Answer<dbus::SlotCertificate> answer) {
  const Bytes to_be_signed = certificate->to_be_signed(key->public_key);
  keys_.sign(key, certificate_signature(key->public_key, to_be_signed), {},
             [certificate, chain = std::move(chain), answer](std::variant<Bytes, Error> signature) {
               proceed(answer, signature, [&](const Bytes& bytes) {
                 answer(dbus::SlotCertificate{"", certificate->finish(bytes), chain});
               });
             });
}

}  // namespace edgeseal::agent
