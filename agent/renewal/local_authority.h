#pragma once

#include <chrono>
#include <string>

#include "agent/answer.h"
#include "agent/keys/key_service.h"
#include "agent/renewal/issued_certificate.h"
#include "dbus/ports.h"

namespace edgeseal::agent {

// Issues certificates by keys of this TPM, for a plant without an authority of its own. Loop's thread.
class LocalAuthority {
 public:
  struct Order {
    Bytes request;  // DER
    IssuedAs as = IssuedAs::end_entity;
    std::chrono::system_clock::time_point now;
    std::chrono::days lifetime;
  };

  explicit LocalAuthority(KeyService& keys) : keys_(keys) {}

  // By the key `ca`, whose certificate is that of an authority: throws or answers Error{not_found, invalid_state},
  // naming the remedy.
  void issue(const std::string& ca, const Order& order, Answer<dbus::SlotCertificate> answer);
  // By the key of the request itself, which may be a pending one.
  void self_sign(const KeyId& key, const Order& order, Answer<dbus::SlotCertificate> answer);

 private:
  void sign(const KeyPtr& key, std::shared_ptr<IssuedCertificate> certificate, std::vector<Bytes> chain,
            Answer<dbus::SlotCertificate> answer);

  KeyService& keys_;
};

}  // namespace edgeseal::agent
