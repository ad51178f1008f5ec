#include "dbus/job_object.h"

#include <utility>

#include "dbus/arguments.h"
#include "dbus/memory_file.h"
#include "dbus/object_path.h"
#include "dbus/printable_text.h"

namespace edgeseal::dbus {
namespace {

constexpr Bounds kSecretBytes{1, 1024};
constexpr Bounds kFingerprintBytes{32, 32};
constexpr Bounds kCertificateBytes{1, 16384};
constexpr Bounds kChain{0, 10};
constexpr Bounds kAnchors{1, 32};
constexpr Bounds kLinks{0, 32};
constexpr Bounds kServerBytes{1, 255};
constexpr Bounds kStageBytes{1, 128};
constexpr Bounds kClassBytes{1, 64};
constexpr Bounds kMessageBytes{1, 512};
constexpr Bounds kContinuationBytes{0, 65536};
constexpr std::uint32_t kMostRetryAfter = 86400;

std::vector<Bytes> certificates_of(const std::string& argument, const std::vector<ByteArray>& arrays, Bounds count) {
  check_size(argument, arrays.size(), count);
  for (const auto& array : arrays) check_size(argument, array.size(), kCertificateBytes);
  return to_byte_strings(arrays);
}

std::vector<ProposedAnchor> proposal_of(const std::vector<ByteArray>& anchors,
                                        const std::vector<std::string>& servers) {
  std::vector<Bytes> certificates = certificates_of("anchors", anchors, kAnchors);
  check_size("servers", servers.size(), {anchors.size(), anchors.size()});
  std::vector<ProposedAnchor> proposal;
  for (std::size_t at = 0; at < servers.size(); ++at) {
    check_printable("servers", servers[at], kServerBytes);
    proposal.push_back({std::move(certificates[at]), servers[at]});
  }
  return proposal;
}

SlotCertificate issued(const ByteArray& certificate, const std::vector<ByteArray>& chain) {
  check_size("certificate", certificate.size(), kCertificateBytes);
  return {"", to_bytes(certificate), certificates_of("chain", chain, kChain)};
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

void put(VariantMap& map, const char* key, const std::string& text) {
  if (!text.empty()) map.emplace(key, sdbus::Variant(text));
}

void put(VariantMap& map, const char* key, const Bytes& bytes) {
  if (!bytes.empty()) map.emplace(key, sdbus::Variant(to_array(bytes)));
}

void put(VariantMap& map, const char* key, const std::vector<Bytes>& all) {
  if (!all.empty()) map.emplace(key, sdbus::Variant(to_arrays(all)));
}

void put_credential(VariantMap& map, const JobWork& work) {
  put(map, "credential", work.credential);
  put(map, "user", work.user);
  if (work.secret)
    map.emplace("secret", sdbus::Variant(sdbus::UnixFd(make_memory_file(*work.secret), sdbus::adopt_fd)));
  put(map, "identity-key", work.identity_key);
  put(map, "identity-certificate", work.identity_certificate);
  put(map, "identity-chain", work.identity_chain);
}

void put_trust(VariantMap& map, const JobWork& work) {
  put(map, "trust", work.trust);
  put(map, "anchors", work.anchors);
  put(map, "issuers", work.issuers);
  put(map, "crls", work.crls);
  put(map, "fingerprint", work.fingerprint);
}

VariantMap to_map(const JobWork& work) {
  VariantMap map{{"time", sdbus::Variant(work.time)},
                 {"clock-doubtful", sdbus::Variant(work.clock_doubtful)},
                 {"seconds", sdbus::Variant(work.seconds)}};
  put(map, "protocol", work.protocol);
  put(map, "operation", work.operation);
  put(map, "url", work.url);
  put(map, "discover", work.discover);
  put(map, "discover-domain", work.discover_domain);
  put(map, "label", work.label);
  put(map, "helper", work.helper);
  put(map, "proxy", work.proxy);
  put_trust(map, work);
  put_credential(map, work);
  put(map, "request", work.request);
  put(map, "key", work.key);
  put(map, "current-certificate", work.current_certificate);
  put(map, "key-usage", work.key_usage);
  put(map, "attributes", work.attributes);
  put(map, "continuation", work.continuation);
  if (!work.rejects.empty()) map.emplace("rejects", sdbus::Variant(work.rejects));
  return map;
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
  guard_.run("org.edgeseal.Job1.Cancel", getObject(), application(), std::move(result),
             [&enrolment = enrolment_, number = number_](const Caller& caller, const auto& reply) {
               enrolment.cancel_job(caller, number);
               reply->succeed();
             });
}

void JobObject::Approve(sdbus::Result<>&& result, ByteArray sha256) {
  guard_.run(
      "org.edgeseal.Job1.Approve", getObject(), application(), std::move(result),
      [&enrolment = enrolment_, number = number_, sha256 = std::move(sha256)](const Caller& caller, const auto& reply) {
        check_size("sha256", sha256.size(), kFingerprintBytes);
        enrolment.approve_anchor(caller, number, to_bytes(sha256));
        reply->succeed();
      });
}

void JobObject::SetSecret(sdbus::Result<>&& result, sdbus::UnixFd secret) {
  guard_.run(
      "org.edgeseal.Job1.SetSecret", getObject(), application(), std::move(result),
      [&enrolment = enrolment_, number = number_, secret = std::move(secret)](const Caller& caller, const auto& reply) {
        enrolment.set_secret(caller, number, read_memory_file("secret", secret.get(), kSecretBytes));
        reply->succeed();
      });
}

void JobObject::Install(sdbus::Result<>&& result, ByteArray certificate, std::vector<ByteArray> chain) {
  guard_.run("org.edgeseal.Job1.Install", getObject(), application(), std::move(result),
             [&enrolment = enrolment_, number = number_, certificate = std::move(certificate),
              chain = std::move(chain)](const Caller& caller, const auto& reply) {
               enrolment.install_certificate(
                   caller, number, issued(certificate, chain),
                   reply->template completion<std::monostate>([](auto& open, std::monostate) { open.succeed(); }));
             });
}

void JobObject::Take(sdbus::Result<VariantMap>&& result) {
  guard_.run("org.edgeseal.Job1.Take", getObject(), "", std::move(result),
             [&enrolment = enrolment_, number = number_](const Caller& caller, const auto& reply) {
               reply->succeed(to_map(enrolment.take_job(caller, number)));
             });
}

void JobObject::Report(sdbus::Result<>&& result, std::string stage) {
  guard_.run(
      "org.edgeseal.Job1.Report", getObject(), "", std::move(result),
      [&enrolment = enrolment_, number = number_, stage = std::move(stage)](const Caller& caller, const auto& reply) {
        check_printable("stage", stage, kStageBytes);
        enrolment.report_stage(caller, number, stage);
        reply->succeed();
      });
}

void JobObject::ProposeAnchors(sdbus::Result<>&& result, std::vector<ByteArray> anchors,
                               std::vector<std::string> servers) {
  guard_.run("org.edgeseal.Job1.ProposeAnchors", getObject(), "", std::move(result),
             [&enrolment = enrolment_, number = number_, anchors = std::move(anchors), servers = std::move(servers)](
                 const Caller& caller, const auto& reply) {
               enrolment.propose_anchors(caller, number, proposal_of(anchors, servers));
               reply->succeed();
             });
}

void JobObject::DeliverAnchors(sdbus::Result<>&& result, std::vector<ByteArray> anchors, std::vector<ByteArray> links) {
  guard_.run("org.edgeseal.Job1.DeliverAnchors", getObject(), "", std::move(result),
             [&enrolment = enrolment_, number = number_, anchors = std::move(anchors), links = std::move(links)](
                 const Caller& caller, const auto& reply) {
               enrolment.deliver_anchors(caller, number, certificates_of("anchors", anchors, kAnchors),
                                         certificates_of("links", links, kLinks));
               reply->succeed();
             });
}

void JobObject::Deliver(sdbus::Result<>&& result, ByteArray certificate, std::vector<ByteArray> chain,
                        VariantMap options) {
  guard_.run("org.edgeseal.Job1.Deliver", getObject(), "", std::move(result),
             [&enrolment = enrolment_, number = number_, certificate = std::move(certificate), chain = std::move(chain),
              given = std::move(options)](const Caller& caller, const auto& reply) {
               Options known(given);
               (void)known.flag("modified");
               known.finish();
               enrolment.deliver_certificate(
                   caller, number, issued(certificate, chain),
                   reply->template completion<std::monostate>([](auto& open, std::monostate) { open.succeed(); }));
             });
}

void JobObject::Wait(sdbus::Result<>&& result, std::uint32_t seconds, ByteArray continuation) {
  guard_.run("org.edgeseal.Job1.Wait", getObject(), "", std::move(result),
             [&enrolment = enrolment_, number = number_, seconds, continuation = std::move(continuation)](
                 const Caller& caller, const auto& reply) {
               check_size("continuation", continuation.size(), kContinuationBytes);
               enrolment.postpone_job(caller, number, seconds, to_bytes(continuation));
               reply->succeed();
             });
}

void JobObject::Fail(sdbus::Result<>&& result, std::string failure_class, std::string message, VariantMap options) {
  guard_.run("org.edgeseal.Job1.Fail", getObject(), "", std::move(result),
             [&enrolment = enrolment_, number = number_, failure_class = std::move(failure_class),
              message = std::move(message), options = std::move(options)](const Caller& caller, const auto& reply) {
               enrolment.fail_job(caller, number, failure_of(failure_class, message, options));
               reply->succeed();
             });
}

void JobObject::changed() {
  getObject().emitPropertiesChangedSignal(org::edgeseal::Job1_adaptor::INTERFACE_NAME);
}

}  // namespace edgeseal::dbus
