#include "tests/bench/plant.h"

namespace edgeseal::bench {

fakes::CertificatePtr certificate_for(EVP_PKEY* public_key) {
  const fakes::PkeyPtr ca_key = fakes::generate_key("EC");
  const fakes::CertificatePtr ca = fakes::issue_certificate(ca_key.get(), "Plant CA", nullptr, nullptr);
  return fakes::issue_certificate(public_key, "gateway", ca.get(), ca_key.get());
}

}  // namespace edgeseal::bench
