#include "enroll/helper/job_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "enroll/helper/protocol.h"
#include "enroll/job_material.h"
#include "enroll/printable.h"

namespace edgeseal::enroll::helper {
namespace {

constexpr std::array directories{"/usr/local/libexec/edgeseal/helpers", "/usr/libexec/edgeseal/helpers"};

// A profile names a program, and no directory; the one that was put there by hand comes first.
std::string path_of(const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  for (const char* directory : directories)
    if (std::string path = fmt::format("{}/{}", directory, program); ::access(path.c_str(), F_OK) == 0) return path;
  throw Error(ErrorClass::policy,
              fmt::format("there is no helper {} in {}", printable(program), fmt::join(directories, " or ")));
}

// A renewal stands on the current certificate; a secret is for the first one.
Question question_of(const Job& job) {
  Question question;
  question.job = job.identifier;
  question.url = job.url;
  question.request = job.request;
  question.anchors = job.trust.anchors;
  if (job.operation == Operation::renew && job.identity) question.certificate = job.identity->certificate;
  if (job.operation == Operation::enrol && job.password) question.password = &*job.password;
  return question;
}

}  // namespace

Result run(const Job& job, JobPort& port, const Surroundings& surroundings, const std::stop_token& stop) {
  const TrustSet trust = trust_set_of(job.trust);
  if (trust.anchors.empty())
    throw Error(ErrorClass::policy,
                "no trust anchor for what a helper brings, which is not run: name one in the profile");
  port.entered(Stage::request);
  const RequestedCertificate requested = requested_certificate(job.request);
  port.entered(Stage::enrolment);
  const SecretBytes told = encode(question_of(job));
  const ProgramEnd end = run_program(path_of(job.helper), told, job.helper_limits, stop);
  port.entered(Stage::verification);
  const IssuedCertificate issued =
      accept_issued(issued_certificates(end), requested, trust, job.rules, surroundings.clock(job.time_floor));
  Result result;
  result.certificate = der_of(issued.certificate);
  result.chain = encoded(issued.chain);
  return result;
}

}  // namespace edgeseal::enroll::helper
