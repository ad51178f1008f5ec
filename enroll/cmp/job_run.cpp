#include "enroll/cmp/job_run.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <algorithm>

#include "enroll/certificate_path.h"
#include "enroll/cmp/client.h"
#include "enroll/job_material.h"
#include "enroll/key_reference.h"
#include "enroll/renewal_rules.h"

namespace edgeseal::enroll::cmp {
namespace {

bool same_key(const Key& left, const Key& right) {
  const bool same = left && right && EVP_PKEY_eq(left.get(), right.get()) == 1;
  ERR_clear_error();
  return same;
}

// One run of one job.
class Run {
 public:
  Run(const Job& job, JobPort& port, const Surroundings& surroundings, const std::stop_token& stop)
      : job_(job),
        port_(port),
        surroundings_(surroundings),
        stop_(stop),
        clock_(surroundings.clock(job.time_floor)),
        identity_(identity_of(job, surroundings)),
        trust_(trust_set_of(job.trust)) {}

  Result operator()() {
    if (job_.operation == Operation::renew) require_renewable(identity_, clock_);
    HttpClient http(http_options());
    Client client(settings(), http);
    obtain_certificate(client);
    return std::move(result_);
  }

 private:
  HttpOptions http_options() const {
    HttpOptions options = connection_to_server(job_, trust_.anchors, surroundings_);
    if (options.trust.verification == Verification::full) options.identity = identity_;
    return options;
  }

  // A renewal stands on the current certificate.
  bool uses_secret() const { return job_.password && job_.operation != Operation::renew; }

  Credential credential() const {
    if (uses_secret()) return SharedSecret{job_.password->user, job_.password->secret};
    if (identity_) return *identity_;
    throw Error(ErrorClass::policy, "CMP needs a secret that the server knows, or a certificate of this device");
  }

  Settings settings() const {
    return {
        {job_.url, job_.cmp.profile, server_trust_of(job_, trust_.anchors)}, credential(), job_.cmp.patience, clock_};
  }

  // The key to certify, where it can sign: it is the one that stands for the device, or is named.
  Key usable_key(const Key& public_key) const {
    if (identity_ && same_key(identity_->key, public_key)) return identity_->key;
    if (job_.cmp.key.empty()) return {};
    Key key = open_key_reference(job_.cmp.key);
    if (same_key(key, public_key)) return key;
    throw Error(ErrorClass::policy, "the key of the job is not the one of its certificate request");
  }

  Enrolment enrolment(const Key& public_key) const {
    Enrolment result;
    result.request = job_.request;
    result.continuation = job_.continuation;
    result.keep = [this](const Bytes& continuation) { port_.keep(continuation); };
    result.new_key = usable_key(public_key);
    if (!result.new_key) {
      result.kind = RequestKind::pkcs10;
    } else if (job_.operation == Operation::renew) {
      result.kind = RequestKind::key_update;
      result.current = identity_->certificate;
    }
    return result;
  }

  void obtain_certificate(Client& client) {
    port_.entered(Stage::request);
    const RequestedCertificate requested = requested_certificate(job_.request);
    if (job_.operation == Operation::renew) require_same_names(requested, identity_->certificate);
    port_.entered(Stage::enrolment);
    const Outcome outcome = enrol(client, requested);
    result_.certificate = der_of(outcome.issued.certificate);
    result_.chain = encoded(outcome.issued.chain);
    result_.modified = outcome.modified;
    if (trust_.anchors.empty()) keep_trust(first_trust(outcome.ca_pubs));
    follow_authority(client);
    if (!result_.trust_problem) result_.trust_problem = unproven(outcome.ignored_ca_pubs);
  }

  // A server that has issued something will not take the secret once more, if that was for one use.
  Outcome enrol(Client& client, const RequestedCertificate& requested) try {
    return client.enrol(
        enrolment(requested.public_key), [this, &requested](const Offer& offer) { return accept(offer, requested); },
        stop_);
  } catch (const Error& error) {
    if (uses_secret() && (is_issued_ || error.error_class() == ErrorClass::key_mismatch)) port_.secret_spent();
    throw;
  }

  IssuedCertificate accept(const Offer& offer, const RequestedCertificate& requested) {
    is_issued_ = true;
    port_.entered(Stage::verification);
    const TrustSet trust = trust_.anchors.empty() ? first_trust(offer.ca_pubs) : trust_;
    return accept_issued(offer.received, requested, trust, job_.rules, clock_);
  }

  // The secret vouches for what came along with the certificate, and the fingerprint of the job says which of it.
  TrustSet first_trust(const std::vector<Certificate>& ca_pubs) const {
    if (job_.trust.first == FirstTrust::none) return received_trust(ca_pubs);
    return pinned_trust(ca_pubs, job_.trust.fingerprint);
  }

  // Asked for by a certificate alone: a secret may have been for one use.
  void follow_authority(Client& client) try {
    if (!uses_secret() && !trust_.anchors.empty()) renew_trust(client);
  } catch (const Error& error) {
    if (error.error_class() == ErrorClass::cancelled) throw;
    if (error.error_class() == ErrorClass::rollover) result_.trust_problem = error;  // others just don't answer that
  }

  // What leads to an anchor in force is no news.
  std::optional<Error> unproven(const std::vector<Certificate>& ca_pubs) const {
    const auto leads_nowhere = [this](const Certificate& certificate) { return !leads_to_anchor(certificate, trust_); };
    const auto found = std::ranges::find_if(ca_pubs, leads_nowhere);
    if (found == ca_pubs.end()) return std::nullopt;
    return Error(
        ErrorClass::rollover,
        fmt::format("the server sent {} along as an anchor (caPubs), to which its signature gives no right; it "
                    "is not taken, those in force stay",
                    subject_of(*found)));
  }

  bool leads_to_anchor(const Certificate& certificate, const TrustSet& trust) const {
    return find_path({certificate, trust.anchors, trust.intermediates, {}}, clock_).good();
  }

  void renew_trust(Client& client) {
    port_.entered(Stage::trust);
    TrustSet renewed = trust_;
    for (const Certificate& anchor : trust_.anchors)
      if (const auto next = client.next_root(anchor, stop_); next && !contains(renewed.anchors, next->new_with_new)) {
        renewed.anchors.push_back(next->new_with_new);
        renewed.intermediates.push_back(next->new_with_old);
      }
    for (const Certificate& certificate : client.ca_certificates(stop_))
      if (is_usable_issuer(certificate, renewed) && !contains(renewed.intermediates, certificate))
        renewed.intermediates.push_back(certificate);
    if (renewed.anchors.size() + renewed.intermediates.size() > trust_.anchors.size() + trust_.intermediates.size())
      keep_trust(renewed);
  }

  // What leads to no anchor would do no harm, and would be of no use.
  bool is_usable_issuer(const Certificate& certificate, const TrustSet& trust) const {
    return is_ca(certificate) && !is_self_issued(certificate) && leads_to_anchor(certificate, trust);
  }

  void keep_trust(const TrustSet& trust) {
    trust_ = trust;
    result_.anchors = encoded(trust.anchors);
    result_.intermediates = encoded(trust.intermediates);
  }

  const Job& job_;
  JobPort& port_;
  const Surroundings& surroundings_;
  const std::stop_token& stop_;
  const Clock clock_;
  const std::optional<ClientIdentity> identity_;
  TrustSet trust_;
  bool is_issued_ = false;
  Result result_;
};

}  // namespace

Result run(const Job& job, JobPort& port, const Surroundings& surroundings, const std::stop_token& stop) {
  return Run(job, port, surroundings, stop)();
}

}  // namespace edgeseal::enroll::cmp
