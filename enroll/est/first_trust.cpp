#include "enroll/est/first_trust.h"

#include <fmt/format.h>

#include "enroll/est/client.h"
#include "enroll/printable.h"

namespace edgeseal::enroll::est {
namespace {

HttpOptions provisional_options(const Job& job, const Surroundings& surroundings) {
  HttpOptions options;
  options.trust.verification = Verification::provisional;
  options.resolution = job.resolution;
  options.proxy = job.proxy;
  options.limits = surroundings.limits;
  options.clock = surroundings.clock(job.time_floor);
  return options;
}

TrustSet trust_by_person(const std::vector<Certificate>& received, const Session& session, const Clock& clock,
                         JobPort& port, const std::stop_token& stop) {
  const Certificate root = root_of_session(received, session, clock);
  const Bytes fingerprint = fingerprint_of(root);
  port.entered(Stage::waiting_for_person);
  if (port.decide({session.host, subject_of(root), der_of(root), fingerprint}, stop) == Decision::refused)
    throw Error(ErrorClass::server_untrusted,
                fmt::format("somebody said that {} is not the fingerprint of the root of {}", hexadecimal(fingerprint),
                            printable(session.host)));
  return pinned_trust(received, fingerprint);
}

}  // namespace

TrustSet first_trust(const Job& job, JobPort& port, const Surroundings& surroundings, const std::stop_token& stop) {
  port.entered(Stage::first_trust);
  EstClient client(provisional_options(job, surroundings), job.url);
  const std::vector<Certificate> received = client.ca_certificates(stop);
  if (job.trust.first == FirstTrust::fingerprint) return pinned_trust(received, job.trust.fingerprint);
  return trust_by_person(received, {client.server_host(), client.server_chain()}, surroundings.clock(job.time_floor),
                         port, stop);
}

}  // namespace edgeseal::enroll::est
