#include "dbus/job_object.h"

#include <utility>

#include "dbus/arguments.h"
#include "dbus/bounds.h"
#include "dbus/completions.h"
#include "dbus/job_work.h"
#include "dbus/memory_file.h"
#include "dbus/object_path.h"

namespace edgeseal::dbus {
namespace {

constexpr Bounds kFingerprintBytes{32, 32};
constexpr Bounds kAnchors{1, 32};
constexpr Bounds kLinks{0, 32};
constexpr Bounds kServerBytes{1, 255};
constexpr Bounds kStageBytes{1, 128};
constexpr Bounds kClassBytes{1, 64};
constexpr Bounds kMessageBytes{1, 512};
constexpr Bounds kContinuationBytes{0, 65536};
constexpr std::uint32_t kMostRetryAfter = 86400;

std::vector<ProposedAnchor> proposal_of(const std::vector<ByteArray>& anchors,
                                        const std::vector<std::string>& servers) {
  std::vector<Bytes> certificates = bounded("anchors", anchors, kAnchors, kIssuedCertificateBytes);
  check_size("servers", servers.size(), {anchors.size(), anchors.size()});
  std::vector<ProposedAnchor> proposal;
  for (std::size_t at = 0; at < servers.size(); ++at) {
    check_printable("servers", servers[at], kServerBytes);
    proposal.push_back({std::move(certificates[at]), servers[at]});
  }
  return proposal;
}

SlotCertificate issued(const ByteArray& certificate, const std::vector<ByteArray>& chain) {
  check_size("certificate", certificate.size(), kIssuedCertificateBytes);
  return {"", to_bytes(certificate), bounded("chain", chain, kIssuedChain, kIssuedCertificateBytes)};
}

JobCertificate delivered(const ByteArray& certificate, const std::vector<ByteArray>& chain, const VariantMap& given) {
  SlotCertificate plain = issued(certificate, chain);
  Options options(given);
  JobCertificate result{std::move(plain.certificate), std::move(plain.issuer_certificates), options.flag("modified")};
  options.finish();
  return result;
}

JobFailure failure_of(const std::string& failure_class, const std::string& message, const VariantMap& given) {
  check_size("class", failure_class.size(), kClassBytes);
  check_printable("message", message, kMessageBytes);
  Options options(given);
  JobFailure failure{failure_class, message, options.integer("retry-after", 1, kMostRetryAfter).value_or(0),
                     options.flag("secret-spent")};
  options.finish();
  return failure;
}

}  // namespace

JobObject::JobObject(sdbus::IConnection& connection, EnrolmentPort& enrolment, Guard& guard, const JobInfo& info)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(job_path(info.number))),
      enrolment_(enrolment),
      guard_(guard),
      number_(info.number),
      profile_(info.profile),
      slot_(info.slot),
      created_(info.created) {
  registerAdaptor();
}

void JobObject::Cancel(sdbus::Result<>&& result) {
  guard_.run(
      "org.edgeseal.Job1.Cancel", getObject(), application(), std::move(result),
      [&enrolment = enrolment_, number = number_](const Caller& caller) { enrolment.cancel_job(caller, number); });
}

void JobObject::Approve(sdbus::Result<>&& result, ByteArray sha256) {
  guard_.run("org.edgeseal.Job1.Approve", getObject(), "", std::move(result),
             [&enrolment = enrolment_, number = number_, sha256 = std::move(sha256)](const Caller& caller) {
               check_size("sha256", sha256.size(), kFingerprintBytes);
               enrolment.approve_anchor(caller, number, to_bytes(sha256));
             });
}

void JobObject::SetSecret(sdbus::Result<>&& result, sdbus::UnixFd secret) {
  guard_.run("org.edgeseal.Job1.SetSecret", getObject(), application(), std::move(result),
             [&enrolment = enrolment_, number = number_, secret = std::move(secret)](const Caller& caller) {
               enrolment.set_secret(caller, number, read_memory_file("secret", secret.get(), kSecretBytes));
             });
}

void JobObject::Install(sdbus::Result<>&& result, ByteArray certificate, std::vector<ByteArray> chain) {
  guard_.run("org.edgeseal.Job1.Install", getObject(), application(), std::move(result),
             [&enrolment = enrolment_, number = number_, certificate = std::move(certificate),
              chain = std::move(chain)](const Caller& caller, const auto& reply) {
               enrolment.install_certificate(caller, number, issued(certificate, chain), done(reply));
             });
}

void JobObject::Take(sdbus::Result<VariantMap>&& result) {
  guard_.run("org.edgeseal.Job1.Take", getObject(), "", std::move(result),
             [&enrolment = enrolment_, number = number_](const Caller& caller) {
               return to_map(enrolment.take_job(caller, number));
             });
}

void JobObject::Report(sdbus::Result<>&& result, std::string stage) {
  guard_.run("org.edgeseal.Job1.Report", getObject(), "", std::move(result),
             [&enrolment = enrolment_, number = number_, stage = std::move(stage)](const Caller& caller) {
               check_printable("stage", stage, kStageBytes);
               enrolment.report_stage(caller, number, stage);
             });
}

void JobObject::ProposeAnchors(sdbus::Result<>&& result, std::vector<ByteArray> anchors,
                               std::vector<std::string> servers) {
  guard_.run("org.edgeseal.Job1.ProposeAnchors", getObject(), "", std::move(result),
             [&enrolment = enrolment_, number = number_, anchors = std::move(anchors), servers = std::move(servers)](
                 const Caller& caller) { enrolment.propose_anchors(caller, number, proposal_of(anchors, servers)); });
}

void JobObject::DeliverAnchors(sdbus::Result<>&& result, std::vector<ByteArray> anchors, std::vector<ByteArray> links) {
  guard_.run("org.edgeseal.Job1.DeliverAnchors", getObject(), "", std::move(result),
             [&enrolment = enrolment_, number = number_, anchors = std::move(anchors),
              links = std::move(links)](const Caller& caller) {
               enrolment.deliver_anchors(caller, number, bounded("anchors", anchors, kAnchors, kIssuedCertificateBytes),
                                         bounded("links", links, kLinks, kIssuedCertificateBytes));
             });
}

void JobObject::Deliver(sdbus::Result<>&& result, ByteArray certificate, std::vector<ByteArray> chain,
                        VariantMap options) {
  guard_.run("org.edgeseal.Job1.Deliver", getObject(), "", std::move(result),
             [&enrolment = enrolment_, number = number_, certificate = std::move(certificate), chain = std::move(chain),
              options = std::move(options)](const Caller& caller, const auto& reply) {
               enrolment.deliver_certificate(caller, number, delivered(certificate, chain, options), done(reply));
             });
}

void JobObject::Wait(sdbus::Result<>&& result, std::uint32_t seconds, ByteArray continuation) {
  guard_.run("org.edgeseal.Job1.Wait", getObject(), "", std::move(result),
             [&enrolment = enrolment_, number = number_, seconds,
              continuation = std::move(continuation)](const Caller& caller) {
               check_size("continuation", continuation.size(), kContinuationBytes);
               enrolment.postpone_job(caller, number, seconds, to_bytes(continuation));
             });
}

void JobObject::Fail(sdbus::Result<>&& result, std::string failure_class, std::string message, VariantMap options) {
  guard_.run("org.edgeseal.Job1.Fail", getObject(), "", std::move(result),
             [&enrolment = enrolment_, number = number_, failure_class = std::move(failure_class),
              message = std::move(message), options = std::move(options)](const Caller& caller) {
               enrolment.fail_job(caller, number, failure_of(failure_class, message, options));
             });
}

void JobObject::changed() {
  getObject().emitPropertiesChangedSignal(org::edgeseal::Job1_adaptor::INTERFACE_NAME);
}

}  // namespace edgeseal::dbus
