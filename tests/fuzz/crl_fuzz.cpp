// An issuer, a certificate of it, and a CRL, in a row: the CRL parses or is refused, and one that names the certificate
// makes nobody trust it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "agent/certificates/certificate.h"
#include "agent/error.h"
#include "agent/trust/chain.h"
#include "agent/trust/revocation.h"
#include "agent/trust/validation.h"

namespace {

using namespace edgeseal::agent;

void require(bool holds) {
  if (!holds) std::abort();
}

void judge(const Bytes& issuer, const Bytes& certificate, const Bytes& crl) {
  const TrustStore store({.trusted_certificates = {issuer}, .trusted_crls = {crl}});
  ValidationRequest request;
  request.now = std::chrono::sys_days(std::chrono::year(2030) / 1 / 1);
  const std::vector<Bytes> chain{certificate};
  const bool good = validate(store, chain, request).good();
  const Revocation status = revocation_of(store, *parse_certificate(certificate), *parse_certificate(issuer),
                                          request.now, request.max_crl_signatures);
  require(!status.revoked || !good || certificate == issuer);  // nothing revokes what is trusted for itself
  require(status.revoked || status.known || !status.text.empty());
}

void check(ByteView input) {
  const std::vector<Bytes> parts = split_chain(input);
  if (parts.size() == 3) return judge(parts[0], parts[1], parts[2]);
  static_cast<void>(parse_crl(input));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    check(std::as_bytes(std::span(data, size)));
  } catch (const Error& error) {
    require(error.code() == Code::certificate_invalid);
  }
  return 0;
}
