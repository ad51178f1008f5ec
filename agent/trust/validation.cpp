#include "agent/trust/validation.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/certificates/certificate.h"
#include "agent/trust/certificate_judgement.h"
#include "agent/trust/revocation.h"

namespace edgeseal::agent {

namespace {

// What a step finds with one certificate: the code where it is the leaf, where it is an issuer, and what suppresses it.
struct Problem {
  Code of_leaf;
  Code of_issuer;
  ValidationOptions suppressed_by_leaf = 0;
  ValidationOptions suppressed_by_issuer = 0;
};

constexpr Problem weak{Code::certificate_policy_check_failed, Code::certificate_policy_check_failed};
constexpr Problem expired{Code::certificate_time_invalid, Code::certificate_issuer_time_invalid,
                          suppress_certificate_expired, suppress_issuer_certificate_expired};
constexpr Problem other_host{Code::certificate_host_name_invalid, Code::certificate_host_name_invalid,
                             suppress_host_name_invalid, 0};
constexpr Problem other_uri{Code::certificate_uri_invalid, Code::certificate_uri_invalid};
constexpr Problem misused{Code::certificate_use_not_allowed, Code::certificate_issuer_use_not_allowed};
constexpr Problem unknown_status{Code::certificate_revocation_unknown, Code::certificate_issuer_revocation_unknown,
                                 suppress_revocation_status_unknown, suppress_issuer_revocation_status_unknown};
constexpr Problem revoked{Code::certificate_revoked, Code::certificate_issuer_revoked};

class Validator {
 public:
  Validator(const TrustStore& store, const ValidationRequest& request) : store_(store), request_(request) {}

  Verdict judge(std::span<const Bytes> chain) {
    // Each step is taken only where those before it found nothing that counts.
    static_cast<void>(build(chain) && has_strength() && is_trusted() && is_in_time() && is_of_host() && is_of_uri() &&
                      is_used_well() && is_not_revoked());
    return std::move(verdict_);
  }

 private:
  bool note(Code code, std::string problem, bool suppressed = false) {
    verdict_.findings.push_back({code, std::move(problem), suppressed});
    return suppressed;
  }

  bool note(const Problem& problem, std::size_t position, const std::string& text) {
    const bool leaf = position == 0;
    const bool suppressed =
        (request_.options & (leaf ? problem.suppressed_by_leaf : problem.suppressed_by_issuer)) != 0;
    return note(leaf ? problem.of_leaf : problem.of_issuer, fmt::format("{}: {}", subject_of(*path_[position]), text),
                suppressed);
  }

  // Steps 1 to 3: structure, chain, signatures.
  bool build(std::span<const Bytes> chain) {
    unsigned left = request_.max_signatures;
    try {
      path_ = build_path(store_, chain, left);
    } catch (const Error& error) {
      note(error.code(), error.what());
    }
    verdict_.signatures = request_.max_signatures - left;
    return !path_.empty();
  }

  template <class Judge>
  bool each(const Problem& problem, const Judge& judge) {
    for (std::size_t i = 0; i < path_.size(); ++i) {
      const std::string text = judge(i);
      if (!text.empty() && !note(problem, i, text)) return false;
    }
    return true;
  }

  bool has_strength() {
    return each(weak, [&](std::size_t i) { return weakness_of(strength_of(*path_[i]), request_.strength); });
  }

  bool is_trusted() {
    const auto trusted = [&](const CertificatePtr& certificate) { return store_.trusts(fingerprint_of(*certificate)); };
    return std::ranges::any_of(path_, trusted) ||
           note(Code::certificate_untrusted,
                fmt::format("neither {} nor an issuer of it is among the trusted certificates", subject_of(*path_[0])));
  }

  bool is_in_time() {
    return each(expired, [&](std::size_t i) { return untimeliness_of(*path_[i], request_.now); });
  }

  bool is_of_host() {
    if (request_.host_name.empty() || shows_host(*path_[0], request_.host_name)) return true;
    return note(other_host, 0, fmt::format("is not for the host {:.255}", request_.host_name));
  }

  bool is_of_uri() {
    if (request_.application_uri.empty() || shows_uri(*path_[0], request_.application_uri)) return true;
    return note(other_uri, 0, fmt::format("is not for the ApplicationUri {:.255}", request_.application_uri));
  }

  bool is_used_well() {
    return each(misused, [&](std::size_t i) {
      return i == 0 ? misuse_of_leaf(*path_[0], request_.purpose) : misuse_of_issuer(*path_[i], i - 1);
    });
  }

  // The root, which nobody else signed, is on no list.
  bool is_not_revoked() {
    constexpr ValidationOptions any_check = check_revocation_status_online | check_revocation_status_offline;
    if ((request_.options & any_check) == 0) return true;
    unsigned left = request_.max_crl_signatures;
    for (std::size_t i = 0; i + 1 < path_.size(); ++i) {
      const Revocation status = revocation_of(store_, *path_[i], *path_[i + 1], request_.now, left);
      verdict_.crl_signatures = request_.max_crl_signatures - left;
      if (status.revoked) return note(revoked, i, status.text);
      if (!status.known && !note(unknown_status, i, status.text)) return false;
    }
    return true;
  }

  const TrustStore& store_;
  const ValidationRequest& request_;
  std::vector<CertificatePtr> path_;
  Verdict verdict_;
};

}  // namespace

Verdict validate(const TrustStore& store, std::span<const Bytes> chain, const ValidationRequest& request) {
  return Validator(store, request).judge(chain);
}

}  // namespace edgeseal::agent
