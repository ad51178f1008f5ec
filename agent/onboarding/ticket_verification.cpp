#include "agent/onboarding/ticket_verification.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "agent/certificates/certificate.h"
#include "agent/trust/path.h"
#include "agent/trust/validation.h"
#include "jose/error.h"
#include "jose/jws.h"

namespace edgeseal::agent {

namespace {

using jose::text_of;

jose::Jws verify(ByteView encoded, const jose::FindKey& find_key) {
  if (encoded.size() > max_ticket_size)
    throw Error(Code::request_too_large,
                fmt::format("the ticket has {} bytes, at most {} are taken", encoded.size(), max_ticket_size));
  try {
    return jose::verify_jws(text_of(encoded), find_key);
  } catch (const jose::Error& error) {
    throw Error(Code::invalid_argument, fmt::format("this is no ticket: {}", error.what()));
  }
}

// Who signed, by the certificates of the header or, by their thumbprint, those that are trusted; and what is wrong with
// him.
class Signer {
 public:
  Signer(const TrustStore& store, std::chrono::system_clock::time_point now, const MinimumStrength& strength)
      : store_(store) {
    request_.purpose = Purpose::user;  // a signature, and no connection: no use of the key is asked for but this one
    request_.strength = strength;
    request_.now = now;
    request_.max_crl_signatures = max_ticket_crl_signatures;
    if (store.list().trusted_crls.empty() && store.list().issuer_crls.empty())
      request_.options |= suppress_revocation_status_unknown | suppress_issuer_revocation_status_unknown;
  }

  [[nodiscard]] std::optional<Bytes> key_of(const jose::JwsHeader& header) {
    found_.emplace_back();
    TicketSignature& signature = found_.back();
    try {
      const std::vector<Bytes> chain = chain_of(header);
      if (chain.empty()) {
        signature.problem = "it names no certificate that is known here (x5c, x5t#S256)";
        return std::nullopt;
      }
      const CertificatePtr certificate = parse_certificate(chain.front());
      signature.signer = subject_of(*certificate);
      const Verdict verdict = validate(store_, chain, request_);
      request_.max_signatures -= verdict.signatures;
      request_.max_crl_signatures -= verdict.crl_signatures;
      if (verdict.good()) return der_of(X509_get0_pubkey(certificate.get()), i2d_PUBKEY);
      signature.problem = verdict.findings.back().problem;
    } catch (const Error& error) {
      if (error.code() == Code::request_too_large) throw;
      signature.problem = error.what();
    }
    return std::nullopt;
  }

  // Of the signatures that asked for a key, in their order.
  [[nodiscard]] const std::vector<TicketSignature>& found() const { return found_; }

 private:
  [[nodiscard]] std::vector<Bytes> chain_of(const jose::JwsHeader& header) const {
    if (!header.certificates.empty() || !header.certificate_sha256) return header.certificates;
    for (const auto* list : {&store_.list().trusted_certificates, &store_.list().issuer_certificates})
      for (const Bytes& certificate : *list)
        if (std::ranges::equal(sha256(certificate), *header.certificate_sha256)) return {certificate};
    return {};
  }

  const TrustStore& store_;
  ValidationRequest request_;
  std::vector<TicketSignature> found_;
};

std::vector<TicketSignature> judged(const jose::Jws& jws, const Signer& signer) {
  std::vector<TicketSignature> signatures;
  auto asked = signer.found().begin();
  for (const jose::JwsSignature& signature : jws.signatures) {
    const bool was_asked = signature.verdict != jose::Verdict::algorithm_refused &&
                           signature.verdict != jose::Verdict::extension_refused && asked != signer.found().end();
    TicketSignature judgement = was_asked ? *asked++ : TicketSignature{};
    if (signature.verdict != jose::Verdict::valid && judgement.problem.empty())
      judgement.problem = jose::describe(signature.verdict);
    signatures.push_back(std::move(judgement));
  }
  return signatures;
}

std::string summary_of(const std::vector<TicketSignature>& signatures) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < signatures.size(); ++i)
    texts.push_back(fmt::format("signature {}: {}", i + 1, signatures[i].problem));
  return fmt::format("{}", fmt::join(texts, "; "));
}

}  // namespace

Ticket read_ticket(ByteView encoded) {
  const jose::Jws jws = verify(encoded, [](const jose::JwsHeader&) { return std::nullopt; });
  const auto counts = [](const jose::JwsSignature& each) { return each.verdict == jose::Verdict::key_unknown; };
  if (std::ranges::none_of(jws.signatures, counts))
    throw Error(Code::invalid_argument, fmt::format("this ticket is as good as not signed: {}",
                                                    jose::describe(jws.signatures.front().verdict)));
  return parse_ticket(text_of(jws.payload));
}

VerifiedTicket verify_ticket(ByteView encoded, TrustList authorities, std::chrono::system_clock::time_point now,
                             const MinimumStrength& strength) {
  const TrustStore store(std::move(authorities));
  Signer signer(store, now, strength);
  const jose::Jws jws = verify(encoded, [&](const jose::JwsHeader& header) { return signer.key_of(header); });
  std::vector<TicketSignature> signatures = judged(jws, signer);
  if (std::ranges::none_of(signatures, [](const TicketSignature& each) { return each.problem.empty(); }))
    throw Error(Code::security_checks_failed,
                fmt::format("nobody who is trusted has signed this ticket: {}", summary_of(signatures)));
  return {parse_ticket(text_of(jws.payload)), std::move(signatures)};
}

}  // namespace edgeseal::agent
