#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/keys/public_key.h"
#include "jose/base64.h"
#include "tests/unit/jose/key.h"
#include "tests/unit/trust/authority.h"

namespace edgeseal::test {

using agent::Bytes;

inline Bytes bytes_of(const std::string& text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

inline std::string standard_base64(const Bytes& bytes) {
  const auto text = jose::encode_base64(bytes);
  return {text.begin(), text.end()};
}

// Somebody who signs tickets: a key with a certificate of an authority.
class TicketMaker {
 public:
  explicit TicketMaker(const Authority& authority, CertificateFields fields = signer_fields())
      : certificate_(authority.issue(fields, *agent::parse_public_key(key_.public_key()))) {}

  static CertificateFields signer_fields() {
    CertificateFields fields;
    fields.name = "ticket signer";
    fields.key_usage = "critical,digitalSignature";
    fields.extended_key_usage.clear();
    fields.alternative_name.clear();
    return fields;
  }

  [[nodiscard]] const Bytes& certificate() const { return certificate_; }
  [[nodiscard]] nlohmann::json signature(const std::string& payload) const {
    return signature(payload, {{"alg", "ES256"}, {"x5c", {standard_base64(certificate_)}}});
  }
  [[nodiscard]] nlohmann::json signature(const std::string& payload, const nlohmann::json& header) const {
    const std::string encoded = jose::encode_base64url(jose::bytes_of(header.dump()));
    const std::string message = encoded + "." + jose::encode_base64url(jose::bytes_of(payload));
    return {{"protected", encoded}, {"signature", jose::encode_base64url(key_.sign("ES256", jose::bytes_of(message)))}};
  }

 private:
  jose::test::Key key_ = jose::test::Key::ec("P-256");
  Bytes certificate_;
};

inline Bytes encoded_ticket(const std::string& payload, const std::vector<nlohmann::json>& signatures) {
  return bytes_of(
      nlohmann::json{{"payload", jose::encode_base64url(jose::bytes_of(payload))}, {"signatures", signatures}}.dump());
}

inline const std::string device_ticket =
    R"({"ManufacturerName":"Example","ModelName":"Gateway 7","SerialNumber":"4711",)"
    R"("ManufactureDate":"2026-03-01T00:00:00Z","ProductInstanceUri":"urn:example.com:gateway:4711"})";

}  // namespace edgeseal::test
