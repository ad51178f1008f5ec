// Certificates in a row, as a peer sends them: what they have is judged the same whoever reads it, and a chain is good
// or refused with a reason. The last one is trusted, those between are known.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "agent/certificates/certificate.h"
#include "agent/error.h"
#include "agent/trust/certificate_outline.h"
#include "agent/trust/chain.h"
#include "agent/trust/validation.h"

namespace {

using namespace edgeseal::agent;

void require(bool holds) {
  if (!holds) std::abort();
}

template <class Read>
auto attempt(const Read& read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const Error& error) {
    require(error.code() == Code::certificate_invalid);
    return std::nullopt;
  }
}

bool same(const Strength& a, const Strength& b) {
  return a.kind == b.kind && a.bits == b.bits && a.hash == b.hash;
}

// The short way to read a certificate takes no other than the long one, and finds the same.
void compare_readers(const Bytes& der) {
  const auto outline = attempt([&] { return CertificateOutline(der); });
  const auto certificate = attempt([&] { return parse_certificate(der); });
  require(!certificate || outline);
  const auto strength = outline ? outline->strength() : std::nullopt;
  if (!certificate) return require(!strength);
  require(outline->subject_hash() == name_hash(*X509_get_subject_name(certificate->get())));
  require(!strength || same(*strength, strength_of(**certificate)));
}

ValidationRequest request(ValidationOptions options) {
  ValidationRequest request;
  request.host_name = "gateway.example.com";
  request.application_uri = "urn:gateway:application";
  request.options = options;
  request.now = std::chrono::sys_days(std::chrono::year(2030) / 1 / 1);
  return request;
}

void judge(const std::vector<Bytes>& chain) {
  TrustList list;
  list.trusted_certificates = {chain.back()};
  if (chain.size() > 2) list.issuer_certificates.assign(chain.begin() + 1, chain.end() - 1);
  const auto store = attempt([&] { return std::make_unique<const TrustStore>(list); });
  if (!store) return;
  const Verdict strict = validate(**store, chain, request(0));
  require(strict.findings.size() <= 1);  // nothing is suppressed
  const Verdict lenient = validate(**store, chain, request(0x1f));
  require(lenient.good() || !strict.good());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  compare_readers({input.begin(), input.end()});
  const auto chain = attempt([&] { return split_chain(input); });
  if (!chain) return 0;
  for (const Bytes& certificate : *chain) compare_readers(certificate);
  judge(*chain);
  return 0;
}
