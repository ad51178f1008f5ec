#include "agent/staging/staged_judgement.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>

#include "agent/certificates/certificate.h"
#include "agent/error.h"
#include "agent/trust/certificate_judgement.h"
#include "agent/trust/path.h"

namespace edgeseal::agent {

namespace {

class Judgement {
 public:
  Judgement(X509& certificate, const StagedJudge& judge, StagedVerdict& verdict)
      : certificate_(certificate), judge_(judge), verdict_(verdict) {}

  void of_itself() {
    judge_version();
    judge_extensions();
    judge_strength();
    judge_time();
  }

  void among(const TrustStore& known, ByteView der) {
    judge_path(known, der);
    judge_namesakes(known);
  }

 private:
  void refuse(std::string reason) { verdict_.reasons.push_back(std::move(reason)); }
  void refuse_where(std::string reason) {
    if (!reason.empty()) refuse(std::move(reason));
  }

  // It can't say whether it is an authority, nor what its key is for.
  void judge_version() {
    if (X509_get_version(&certificate_) < X509_VERSION_3) refuse("it is of X.509 version 1 or 2");
  }

  void judge_extensions() {
    const std::uint32_t flags = X509_get_extension_flags(&certificate_);
    ERR_clear_error();
    if ((flags & EXFLAG_INVALID) != 0) refuse("an extension is malformed");
    if ((flags & EXFLAG_CRITICAL) != 0) refuse("a critical extension is unknown");
  }

  // Key and signature each by itself: what is weak in both ways is told so.
  void judge_strength() {
    const Strength strength = strength_of(certificate_);
    refuse_where(weakness_of({strength.kind, strength.bits, NID_undef}, judge_.strength));
    refuse_where(weakness_of({Strength::Kind::edwards, 0, strength.hash}, judge_.strength));
  }

  void judge_time() {
    const std::string untimely = untimeliness_of(certificate_, judge_.now);
    if (untimely.empty()) return;
    if (!has_expired(certificate_, judge_.now) && !judge_.clock_is_set)
      verdict_.notes.push_back("it is not valid yet, by a clock that nobody has set");
    else
      refuse("it " + untimely);
  }

  void judge_path(const TrustStore& known, ByteView der) {
    try {
      const Bytes chain(der.begin(), der.end());
      const auto path = build_path(known, std::span(&chain, 1));
      judge_role(path.size() == 1);
      judge_issuers(path);
    } catch (const Error& error) {
      if (verdict_.reasons.empty() || error.code() == Code::certificate_chain_incomplete) refuse(problem_of(error));
    }
  }

  static std::string problem_of(const Error& error) {
    if (error.code() == Code::certificate_chain_incomplete)
      return "its issuer is neither in the file nor known; an authority is an anchor where it has signed itself";
    return "it is not signed by the issuer that it names";
  }

  void judge_role(bool self_signed) {
    if (is_authority(certificate_)) {
      verdict_.role = self_signed ? StagedRole::authority : StagedRole::intermediate;
      refuse_where(misuse_of_issuer(certificate_));
      return;
    }
    verdict_.role = self_signed ? StagedRole::pinned : StagedRole::server;
    refuse_where(misuse_of_leaf(certificate_, Purpose::https_server));
  }

  void judge_issuers(const std::vector<CertificatePtr>& path) {
    const std::size_t itself = is_authority(certificate_) ? 1 : 0;
    for (std::size_t i = 1; i < path.size(); ++i)
      if (const std::string misuse = misuse_of_issuer(*path[i], i - 1 + itself); !misuse.empty())
        refuse(fmt::format("its issuer {:.255} {}", subject_of(*path[i]), misuse));
  }

  // RFC 5280 §4.1.2.2: an authority gives each number once. Another key for the same name is how authorities are
  // renewed (RFC 4210 §4.4).
  void judge_namesakes(const TrustStore& known) {
    for (const CertificatePtr& other : known.certificates_of(*X509_get_subject_name(&certificate_))) {
      if (X509_cmp(other.get(), &certificate_) == 0) continue;
      const bool same_key = EVP_PKEY_eq(X509_get0_pubkey(other.get()), X509_get0_pubkey(&certificate_)) == 1;
      if (X509_issuer_and_serial_cmp(other.get(), &certificate_) == 0)
        refuse("another certificate of the same issuer has its serial number");
      else if (!same_key)
        verdict_.notes.push_back("another certificate for the same subject has another key");
    }
    ERR_clear_error();
  }

  X509& certificate_;
  const StagedJudge& judge_;
  StagedVerdict& verdict_;
};

template <class Judge>
StagedVerdict judged(ByteView der, const Judge& judge) {
  StagedVerdict verdict;
  try {
    const CertificatePtr certificate = parse_certificate(der);
    judge(*certificate, verdict);
  } catch (const Error& error) {
    verdict.reasons.emplace_back(error.what());
  }
  return verdict;
}

}  // namespace

std::string_view role_name(StagedRole role) {
  constexpr std::array<std::string_view, 6> names = {"authority", "intermediate", "pinned",
                                                     "server",    "own",          "unreadable"};
  return names[static_cast<std::size_t>(role)];
}

StagedVerdict judge_staged(ByteView der, const TrustStore& known, const StagedJudge& judge) {
  return judged(der, [&](X509& certificate, StagedVerdict& verdict) {
    Judgement judgement(certificate, judge, verdict);
    judgement.of_itself();
    judgement.among(known, der);
  });
}

StagedVerdict judge_own(ByteView der, const StagedJudge& judge) {
  return judged(der, [&](X509& certificate, StagedVerdict& verdict) {
    verdict.role = StagedRole::own;
    Judgement(certificate, judge, verdict).of_itself();
  });
}

}  // namespace edgeseal::agent
