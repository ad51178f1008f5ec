#include "agent/trust/peer_validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "agent/certificates/certificate.h"
#include "agent/error.h"
#include "agent/group_name.h"

namespace edgeseal::agent {

namespace {

struct NamedPurpose {
  std::string_view name;
  Purpose purpose;
};

constexpr std::array purposes = {NamedPurpose{"application", Purpose::application},
                                 NamedPurpose{"https-server", Purpose::https_server},
                                 NamedPurpose{"https-client", Purpose::https_client}, NamedPurpose{"tls", Purpose::tls},
                                 NamedPurpose{"user", Purpose::user}};

constexpr ValidationOptions suppress_all = suppress_certificate_expired | suppress_host_name_invalid |
                                           suppress_revocation_status_unknown | suppress_issuer_certificate_expired |
                                           suppress_issuer_revocation_status_unknown;

// A peer that tries again and again writes to the disk this often.
constexpr std::chrono::minutes rejected_again{1};

std::string name_of(Purpose purpose) {
  return std::string(std::ranges::find(purposes, purpose, &NamedPurpose::purpose)->name);
}

// The group's own side of what its peers are judged for.
Purpose own_purpose(const std::string& group) {
  return group == "https" ? Purpose::https_server : purpose_of_group(group);
}

}  // namespace

Purpose purpose_of_group(const std::string& group) {
  if (group == "https") return Purpose::https_client;
  if (group == "tls") return Purpose::tls;
  return group == "user-token" ? Purpose::user : Purpose::application;
}

Purpose parse_purpose(const std::string& name) {
  const auto found = std::ranges::find(purposes, name, &NamedPurpose::name);
  if (found == purposes.end())
    throw Error(
        Code::invalid_argument,
        fmt::format("\"{:.64}\" is no purpose; there are application, https-server, https-client, tls and user", name));
  return found->purpose;
}

PeerValidation::PeerValidation(State& state, TrustLists& lists, const Audit& audit, const Settings& settings,
                               World world)
    : state_(state), lists_(lists), audit_(audit), settings_(settings), world_(std::move(world)) {}

std::vector<Finding> PeerValidation::judge(const dbus::GroupName& group, std::span<const Bytes> chain,
                                           const Question& question) {
  const TrustStorePtr store = lists_.store(group);
  const ValidationRequest request{question.purpose,         question.host_name,
                                  question.application_uri, lists_.record(group).validation_options,
                                  settings_.strength,       world_.now()};
  Verdict verdict = validate_and_audit(*store, group, chain, request);
  if (verdict.good()) return std::move(verdict.findings);
  if (is_first_contact(lists_.record(group).list, question, verdict.findings.back())) {
    admit(group, chain.front());
    verdict.findings.back().suppressed = true;
    return std::move(verdict.findings);
  }
  reject(group, chain, verdict.findings.back());
  throw Error(verdict.findings.back().code, verdict.findings.back().problem);
}

// Only for want of trust: what is wrong besides stays wrong.
bool PeerValidation::is_first_contact(const TrustList& list, const Question& question, const Finding& reason) const {
  return world_.setup_is_open() && question.purpose == Purpose::application && list.trusted_certificates.empty() &&
         (reason.code == Code::certificate_untrusted || reason.code == Code::certificate_chain_incomplete);
}

void PeerValidation::admit(const dbus::GroupName& group, const Bytes& certificate) const {
  audit_.record(Level::warning, "validation-error-suppressed",
                fmt::format("{} lets a client in that nobody vouches for: setup is open", name_of(group)),
                {{"application", group.application},
                 {"group", group.group},
                 {"error", std::string(bus_name(Code::certificate_untrusted))},
                 {"fingerprint", hexadecimal(sha256(certificate))}});
}

void PeerValidation::judge_own(const TrustStore& store, const dbus::GroupName& group, std::span<const Bytes> chain,
                               const std::string& application_uri, bool strict) {
  const ValidationOptions options = default_validation_options | (strict ? 0 : suppress_all);
  const ValidationRequest request{own_purpose(group.group), "",          application_uri, options,
                                  settings_.strength,       world_.now()};
  const Verdict verdict = validate_and_audit(store, group, chain, request);
  if (!verdict.good()) throw Error(verdict.findings.back().code, verdict.findings.back().problem);
}

Verdict PeerValidation::validate_and_audit(const TrustStore& store, const dbus::GroupName& group,
                                           std::span<const Bytes> chain, const ValidationRequest& request) const {
  Verdict verdict = validate(store, chain, request);
  for (const Finding& finding : verdict.findings) {
    if (!finding.suppressed) continue;
    audit_.record(Level::notice, "validation-error-suppressed",
                  fmt::format("{} accepts a certificate in spite of an error: {}", name_of(group), finding.problem),
                  {{"application", group.application},
                   {"group", group.group},
                   {"purpose", name_of(request.purpose)},
                   {"error", std::string(bus_name(finding.code))},
                   {"fingerprint", hexadecimal(sha256(chain.front()))}});
  }
  return verdict;
}

void PeerValidation::reject(const dbus::GroupName& group, std::span<const Bytes> chain, const Finding& reason) {
  Audit::Fields fields{
      {"application", group.application}, {"group", group.group}, {"error", std::string(bus_name(reason.code))}};
  if (!chain.empty()) fields["fingerprint"] = hexadecimal(sha256(chain.front()));
  audit_.record(Level::warning, "validation-failed",
                fmt::format("{} refuses a certificate: {}", name_of(group), reason.problem), fields);
  if (chain.empty() || !is_certificate(chain.front())) return;
  const auto now = world_.now();
  const auto before = rejected(group);
  const auto same = std::ranges::find(before, chain.front(), &RejectedRecord::certificate);
  const bool known = same != before.end();
  if (known && now - same->rejected_at < rejected_again && now >= same->rejected_at) return;
  if (!writes_.admit(name_of(group), std::chrono::floor<LogLimit::Time>(now.time_since_epoch()))) return;
  state_.add_rejected({group.application, group.group, chain.front(), now}, settings_.rejected);
  if (!known && world_.rejected_changed) world_.rejected_changed(group);
}

std::vector<RejectedRecord> PeerValidation::rejected(const dbus::GroupName& group) const {
  return state_.rejected(group.application, group.group);
}

}  // namespace edgeseal::agent
