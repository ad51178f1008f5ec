#include "tests/bench/trust_material.h"

#include <algorithm>

#include "tests/unit/trust/authority.h"

namespace edgeseal::bench {

namespace {

constexpr std::size_t certificates_for_crl = 100;  // thus 100 CRLs for 10 000 certificates

test::CertificateFields device(std::size_t number) {
  test::CertificateFields fields;
  fields.name = "Device " + std::to_string(number);
  return fields;
}

}  // namespace

TrustMaterial::TrustMaterial(std::size_t certificates) {
  const std::size_t count = std::max<std::size_t>(1, certificates / certificates_for_crl);
  std::vector<test::Authority> authorities;
  for (std::size_t i = 0; i < count; ++i) authorities.emplace_back("Authority " + std::to_string(i));
  const test::Authority& issuer = authorities[count / 2];
  peer = issuer.issue(device(certificates));
  revoked = issuer.issue(device(certificates + 1));
  for (const test::Authority& authority : authorities) {
    list.trusted_certificates.push_back(authority.certificate());
    list.trusted_crls.push_back(&authority == &issuer ? authority.crl({revoked}) : authority.crl());
  }
  for (std::size_t i = count; i < certificates; ++i)
    list.trusted_certificates.push_back(authorities[i % count].issue(device(i)));
}

}  // namespace edgeseal::bench
