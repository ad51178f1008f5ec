// edgesealctl job: certificates that are being asked for.

#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/hexadecimal.h"
#include "dbus/ctl/jobs.h"
#include "dbus/ctl/secret_file.h"

namespace edgeseal::ctl {
namespace {

struct Given {
  std::string number, value;
};
using GivenPtr = std::shared_ptr<Given>;

CLI::App* add_for_job(CLI::App& parent, const std::string& name, const std::string& description,
                      const GivenPtr& given) {
  auto* command = parent.add_subcommand(name, description);
  command->add_option("JOB", given->number, "Its number, see: edgesealctl job list")->required();
  return command;
}

void show(const Given& given, Session& session) {
  print_job(read_job(session.agent, job_number(given.number)), session.output);
}

void with_job(const Given& given, Session& session, const std::function<void(dbus::RemoteJob&)>& use) {
  session.agent.with_job(job_number(given.number), use);
  show(given, session);
}

void list(Session& session) {
  print_jobs(read_jobs(session.agent), session.output);
}

void print_request(const Given& given, Session& session) {
  const Job job = read_job(session.agent, job_number(given.number));
  if (job.request.empty())
    throw Failure(ExitCode::Refused, "there is no request yet", "see: edgesealctl job show " + given.number);
  const std::string pem = to_pem("CERTIFICATE REQUEST", job.request);
  if (session.output.json()) return session.output.print_json({{"certificate-request", pem}});
  session.output.print(pem);
}

void install(const Given& given, Session& session) {
  auto certificates = certificates_of(read_file(given.value), given.value);
  const Der own = certificates.front();
  certificates.erase(certificates.begin());
  with_job(given, session, [&](dbus::RemoteJob& job) { job.Install(own, certificates); });
}

void give_secret(const Given& given, Session& session) {
  const SecretFile secret = SecretFile::read_line(given.value, kMostSecretBytes);
  with_job(given, session, [&](dbus::RemoteJob& job) { job.SetSecret(secret.descriptor()); });
}

void add_answers(CLI::App& command, const GivenPtr& given, Session& session) {
  auto* approve = add_for_job(command, "approve", "Say that an authority is the right one", given);
  approve->add_option("SHA256", given->value, "Fingerprint, as the operator of the authority says it")->required();
  approve->callback([given, &session] {
    std::string digits = given->value;
    std::erase(digits, ':');  // as "openssl x509 -fingerprint" has it
    const auto fingerprint = from_hex(digits, "the fingerprint");
    with_job(*given, session, [&](dbus::RemoteJob& job) { job.Approve(fingerprint); });
  });
  auto* secret = add_for_job(command, "secret", "Give a job the one-time secret that it needs", given);
  secret->add_option("FILE", given->value, "File with the secret; - is the standard input")->required();
  secret->callback([given, &session] { give_secret(*given, session); });
  auto* bring = add_for_job(command, "install", "Bring the certificate for the request of a job", given);
  bring->add_option("FILE", given->value, "PEM with the certificate, then its issuers; or DER")->required();
  bring->callback([given, &session] { install(*given, session); });
}

}  // namespace

void add_job(CLI::App& app, Session& session) {
  auto given = std::make_shared<Given>();
  auto* command = app.add_subcommand("job", "Certificates that are being asked for");
  command->add_subcommand("list", "Show all jobs, with the last that have ended")->callback([&session] {
    list(session);
  });
  add_for_job(*command, "show", "Show a job: how far it is, what it needs", given)->callback([given, &session] {
    show(*given, session);
  });
  add_for_job(*command, "cancel", "End a job; the certificate in use stays", given)->callback([given, &session] {
    with_job(*given, session, [](dbus::RemoteJob& job) { job.Cancel(); });
  });
  add_for_job(*command, "request", "Print the signing request of a job", given)->callback([given, &session] {
    print_request(*given, session);
  });
  add_answers(*command, given, session);
  command->require_subcommand(1);
  command->footer("Example:\n  edgesealctl job list\n  edgesealctl job cancel 4");
}

}  // namespace edgeseal::ctl
