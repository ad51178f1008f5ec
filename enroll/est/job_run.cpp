#include "enroll/est/job_run.h"

#include "enroll/est/client.h"
#include "enroll/est/first_trust.h"
#include "enroll/job_material.h"
#include "enroll/renewal_rules.h"

namespace edgeseal::enroll::est {
namespace {

// Other failures concern the server itself.
bool concerns_the_set(ErrorClass error_class) {
  return error_class == ErrorClass::rollover || error_class == ErrorClass::transport ||
         error_class == ErrorClass::redirect || error_class == ErrorClass::rejected;
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
        identity_(identity_of(job, surroundings)) {}

  Result operator()() {
    if (job_.operation == Operation::renew) require_renewable(identity_, clock_);
    trust_ = initial_trust(job_, port_, surroundings_, stop_);
    client_.emplace(options(), job_.url, password());
    renew_trust();
    obtain_certificate();
    return std::move(result_);
  }

 private:
  // A renewal stands on the current certificate alone: it never falls back to a secret.
  const Password* password() const {
    return job_.password && job_.operation != Operation::renew ? &*job_.password : nullptr;
  }

  HttpOptions options() const {
    HttpOptions options = http_options_of(job_, surroundings_);
    options.trust = server_trust_of(job_, trust_.anchors);
    options.identity = identity_;
    options.identity_use = password() == nullptr ? IdentityUse::required : IdentityUse::offered;
    return options;
  }

  // Trust that can't be renewed is told, and hinders no certificate: the anchors in force still hold. Where only those
  // of the system are, there are none yet that would do for a certificate.
  void renew_trust() {
    port_.entered(Stage::trust);
    const bool first = trust_.anchors.empty();
    try {
      const std::vector<Certificate> received = client_->ca_certificates(stop_);
      trust_ = first ? received_trust(received)
                     : renewed_trust(trust_, received, {client_->server_host(), client_->server_chain()}, clock_);
    } catch (const Error& error) {
      const bool is_reached = !client_->server_chain().empty();
      if (first || !is_reached || !concerns_the_set(error.error_class())) throw;
      result_.trust_problem = error;
      if (job_.trust.first == FirstTrust::none || !job_.trust.anchors.empty()) return;
    }
    result_.anchors = encoded(trust_.anchors);
    result_.intermediates = encoded(trust_.intermediates);
  }

  void obtain_certificate() {
    port_.entered(Stage::request);
    const RequestedCertificate requested = requested_certificate(job_.request);
    const bool again = job_.operation == Operation::renew;
    if (again) require_same_names(requested, identity_->certificate);
    if (job_.requires_readable_attributes) client_->require_readable_attributes(stop_);
    port_.entered(Stage::enrolment);
    try {
      keep(again ? client_->simple_reenroll(job_.request, stop_) : client_->simple_enroll(job_.request, stop_),
           requested);
    } catch (const Error&) {
      if (client_->password_spent()) port_.secret_spent();
      throw;
    }
  }

  void keep(const std::vector<Certificate>& received, const RequestedCertificate& requested) {
    port_.entered(Stage::verification);
    const IssuedCertificate issued = accept_issued(received, requested, known_issuers(), job_.rules, clock_);
    result_.certificate = der_of(issued.certificate);
    result_.chain = encoded(issued.chain);
  }

  // With what the server itself and the certificate of the device were issued by, where a set of anchors was refused.
  TrustSet known_issuers() const {
    TrustSet trust{trust_.anchors, joined(trust_.intermediates, client_->server_chain())};
    if (identity_) trust.intermediates = joined(std::move(trust.intermediates), identity_->chain);
    return trust;
  }

  const Job& job_;
  JobPort& port_;
  const Surroundings& surroundings_;
  const std::stop_token& stop_;
  const Clock clock_;
  const std::optional<ClientIdentity> identity_;
  TrustSet trust_;
  std::optional<EstClient> client_;
  Result result_;
};

}  // namespace

Result run(const Job& job, JobPort& port, const Surroundings& surroundings, const std::stop_token& stop) {
  return Run(job, port, surroundings, stop)();
}

}  // namespace edgeseal::enroll::est
