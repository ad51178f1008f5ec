#include "agent/trust/trust_anchors.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "agent/certificates/certificate.h"
#include "agent/error.h"
#include "agent/trust/trust_store.h"

namespace edgeseal::agent {

namespace {

constexpr std::size_t fixed_size = wire::header_size + sizeof(std::uint32_t) + 2 * sizeof(std::uint16_t);
constexpr std::size_t max_anchors = UINT16_MAX;

static_assert(fixed_size + sizeof(std::uint32_t) + max_certificate_size <= wire::max_message_size);

bool is_self_signed(const Bytes& der) {
  return X509_self_signed(parse_certificate(der).get(), 1) == 1;
}

void add_anchors(std::vector<Bytes>& anchors, const CertificateRecord& installed) {
  for (const Bytes& issuer : installed.issuers) {
    const bool known = std::ranges::find(anchors, issuer) != anchors.end();
    if (!known && anchors.size() < max_anchors && is_self_signed(issuer)) anchors.push_back(issuer);
  }
}

std::uint32_t generation_of(const std::vector<Bytes>& certificates) {
  std::uint32_t generation = 0;
  Bytes digests;
  for (const Bytes& certificate : certificates) {
    const auto digest = sha256(certificate);
    digests.insert(digests.end(), digest.begin(), digest.end());
  }
  const auto digest = sha256(digests);
  for (std::size_t i = 0; i < sizeof(generation); ++i)
    generation = generation << 8 | std::to_integer<std::uint32_t>(digest[i]);
  return generation;
}

}  // namespace

TrustAnchors trust_anchors_of(const TrustList& list) {
  TrustAnchors anchors;
  std::set<Sha256> known;
  for (const Bytes& certificate : list.trusted_certificates)
    if (known.insert(sha256(certificate)).second) anchors.certificates.push_back(certificate);
  anchors.generation = generation_of(anchors.certificates);
  return anchors;
}

TrustAnchors trust_anchors_of(State& state, const ApplicationRecord& application, const std::string& group) {
  TrustAnchors anchors;
  for (const SlotDeclaration& slot : application.slots) {
    if (slot.group != group) continue;
    const auto installed = state.intact_certificate(Slot{application.name, group, slot.certificate_type});
    if (installed) add_anchors(anchors.certificates, *installed);
  }
  anchors.generation = generation_of(anchors.certificates);
  return anchors;
}

wire::TrustAnchorsResponse page_of(const TrustAnchors& anchors, std::size_t first) {
  if (anchors.certificates.size() > max_anchors)
    throw Error(Code::not_supported, fmt::format("the group trusts {} certificates; programs are told at most {}",
                                                 anchors.certificates.size(), max_anchors));
  wire::TrustAnchorsResponse page{anchors.generation, static_cast<std::uint16_t>(anchors.certificates.size()), {}};
  wire::CertificateList& list = page.certificates;
  std::size_t size = fixed_size;
  for (std::size_t i = first; i < anchors.certificates.size() && list.count < list.certificates.size(); ++i) {
    size += sizeof(std::uint32_t) + anchors.certificates[i].size();
    if (size > wire::max_message_size) break;
    list.certificates[list.count++] = anchors.certificates[i];
  }
  return page;
}

}  // namespace edgeseal::agent
