#include "enroll/est/first_trust.h"

#include "enroll/est/client.h"
#include "enroll/job_material.h"

namespace edgeseal::enroll::est {
namespace {

HttpOptions provisional_options(const Job& job, const Surroundings& surroundings) {
  HttpOptions options = http_options_of(job, surroundings);
  options.trust.verification = Verification::provisional;
  return options;
}

// Anybody may be at the other end: what he refuses or leaves undecided says nothing of the right server, and when he
// wants to be asked again counts for nothing.
std::vector<Certificate> certificates_of_stranger(EstClient& client, const std::stop_token& stop) try {
  return client.ca_certificates(stop);
} catch (const Error& error) {
  switch (error.error_class()) {
    case ErrorClass::waiting:
    case ErrorClass::rejected:
    case ErrorClass::credentials:
    case ErrorClass::transport: throw Error(ErrorClass::transport, error.what());
    default: throw;
  }
}

}  // namespace

TrustSet first_trust(const Job& job, JobPort& port, const Surroundings& surroundings, const std::stop_token& stop) {
  port.entered(Stage::first_trust);
  EstClient client(provisional_options(job, surroundings), job.url);
  const std::vector<Certificate> received = certificates_of_stranger(client, stop);
  if (job.trust.first == FirstTrust::person) {
    const Session session{client.server_host(), client.server_chain()};
    const Certificate root = root_of_session(received, session, surroundings.clock(job.time_floor));
    port.propose({{session.host, der_of(root), fingerprint_of(root)}});
  }
  return pinned_trust(received, job.trust.fingerprint);
}

TrustSet initial_trust(const Job& job, JobPort& port, const Surroundings& surroundings, const std::stop_token& stop) {
  TrustSet known = trust_set_of(job.trust);
  const bool nobody = known.anchors.empty() && job.trust.system_anchors == SystemAnchors::no;
  return nobody && job.trust.first != FirstTrust::none ? first_trust(job, port, surroundings, stop) : known;
}

}  // namespace edgeseal::enroll::est
