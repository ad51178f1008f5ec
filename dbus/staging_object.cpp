#include "dbus/staging_object.h"

#include <memory>
#include <utility>

#include "dbus/arguments.h"
#include "dbus/bounds.h"
#include "dbus/completions.h"
#include "dbus/job_work.h"
#include "dbus/memory_file.h"
#include "dbus/object_path.h"

namespace edgeseal::dbus {
namespace {

constexpr Bounds kFileBytes{1, 256 * 1024};
constexpr Bounds kUrlBytes{1, 2048};
constexpr Bounds kReasonBytes{1, 512};
constexpr Bounds kHostBytes{0, 255};
constexpr size_t kGroupBytes = 64 + 1 + 64;
constexpr size_t kOriginBytes = 256;

GroupName group_of(const std::string& text) {
  if (text.empty()) return {};
  const auto slash = text.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == text.size())
    throw CallError("InvalidArgument", "the group is APPLICATION/GROUP");
  return {text.substr(0, slash), text.substr(slash + 1)};
}

StagedDeliveryInfo delivery_of(const VariantMap& given) {
  Options options(given);
  StagedDeliveryInfo delivery;
  delivery.group = group_of(options.text("group", kGroupBytes));
  delivery.source = options.choice("source", {"command", "drop-folder", "medium", "redirection"});
  delivery.origin = options.text("origin", kOriginBytes);
  options.finish();
  check_printable("origin", delivery.origin, {0, kOriginBytes});
  return delivery;
}

ContactReport report_of(const std::vector<ByteArray>& chain, const std::string& host, const VariantMap& given) {
  Options options(given);
  ContactReport report{{}, host, options.text("failure", kReasonBytes.most)};
  options.finish();
  const Bounds count{report.failure.empty() ? kShownChain.least : 0, kShownChain.most};
  report.chain = bounded("chain", chain, count, kIssuedCertificateBytes);
  check_printable("failure", report.failure, {0, kReasonBytes.most});
  check_printable("host", host, kHostBytes);
  return report;
}

DownloadOutcome outcome_of(const VariantMap& given) {
  Options options(given);
  DownloadOutcome outcome{options.secret("content", kFileBytes), options.text("problem", kReasonBytes.most)};
  options.finish();
  if (outcome.content.has_value() == !outcome.problem.empty())
    throw CallError("InvalidArgument", "either the content is given, or the problem");
  check_printable("problem", outcome.problem, {0, kReasonBytes.most});
  return outcome;
}

VariantMap to_map(const StagedItem& item) {
  return {{"url", sdbus::Variant(item.url)},       {"certificate", sdbus::Variant(to_array(item.certificate))},
          {"sha256", sdbus::Variant(item.sha256)}, {"role", sdbus::Variant(item.role)},
          {"notes", sdbus::Variant(item.notes)},   {"problem", sdbus::Variant(item.problem)},
          {"source", sdbus::Variant(item.source)}, {"origin", sdbus::Variant(item.origin)},
          {"uid", sdbus::Variant(item.uid)},       {"staged-at", sdbus::Variant(item.staged_at)},
          {"key", sdbus::Variant(item.key)}};
}

}  // namespace

StagingObject::StagingObject(sdbus::IConnection& connection, StagingPort& staging, Guard& guard)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(kRootPath)), staging_(staging), guard_(guard) {
  registerAdaptor();
}

void StagingObject::StageFile(sdbus::Result<std::vector<std::string>>&& result, sdbus::UnixFd content,
                              VariantMap options) {
  guard_.run("org.edgeseal.Staging1.StageFile", getObject(), "", std::move(result),
             [&staging = staging_, content = std::move(content), options = std::move(options)](const Caller& caller,
                                                                                               const auto& reply) {
               const auto delivery = delivery_of(options);
               staging.stage_file(caller, delivery, read_memory_file("content", content.get(), kFileBytes),
                                  answer<std::vector<std::string>>(reply));
             });
}

void StagingObject::DeliverDownload(sdbus::Result<>&& result, std::string url, sdbus::UnixFd content) {
  guard_.run("org.edgeseal.Staging1.DeliverDownload", getObject(), "", std::move(result),
             [&staging = staging_, url = std::move(url), content = std::move(content)](const Caller&) {
               check_size("url", url.size(), kUrlBytes);
               staging.deliver_download(url, read_memory_file("content", content.get(), kFileBytes));
             });
}

void StagingObject::FailDownload(sdbus::Result<>&& result, std::string url, std::string reason) {
  guard_.run("org.edgeseal.Staging1.FailDownload", getObject(), "", std::move(result),
             [&staging = staging_, url = std::move(url), reason = std::move(reason)](const Caller&) {
               check_size("url", url.size(), kUrlBytes);
               check_printable("reason", reason, kReasonBytes);
               staging.fail_download(url, reason);
             });
}

void StagingObject::TakeDownload(sdbus::Result<VariantMap>&& result, std::string url) {
  guard_.run("org.edgeseal.Staging1.TakeDownload", getObject(), "", std::move(result),
             [&staging = staging_, url = std::move(url)](const Caller& caller) {
               check_size("url", url.size(), kUrlBytes);
               return to_map(staging.take_download(caller, url));
             });
}

void StagingObject::ReportDownload(sdbus::Result<>&& result, std::string url, VariantMap outcome) {
  guard_.run("org.edgeseal.Staging1.ReportDownload", getObject(), "", std::move(result),
             [&staging = staging_, url = std::move(url), outcome = std::move(outcome)](const Caller& caller) {
               check_size("url", url.size(), kUrlBytes);
               staging.report_download(caller, url, outcome_of(outcome));
             });
}

void StagingObject::Activate(sdbus::Result<>&& result) {
  guard_.run(
      "org.edgeseal.Staging1.Activate", getObject(), "", std::move(result),
      [&staging = staging_](const Caller& caller, const auto& reply) { staging.activate_staged(caller, done(reply)); });
}

void StagingObject::Discard(sdbus::Result<>&& result) {
  guard_.run("org.edgeseal.Staging1.Discard", getObject(), "", std::move(result),
             [&staging = staging_](const Caller& caller) { staging.discard_staged(caller); });
}

void StagingObject::ReportContact(sdbus::Result<bool, std::string>&& result, std::vector<ByteArray> chain,
                                  std::string host, VariantMap options) {
  guard_.run("org.edgeseal.Staging1.ReportContact", getObject(), "", std::move(result),
             [&staging = staging_, chain = std::move(chain), host = std::move(host), options = std::move(options)](
                 const Caller& caller, const auto& reply) {
               const auto problem = staging.report_contact(caller, report_of(chain, host, options));
               reply->succeed(problem.empty(), problem);
             });
}

std::string StagingObject::State() {
  return guard_.read("org.edgeseal.Staging1.State", [this] { return staging_.staged().state; });
}

std::string StagingObject::Group() {
  return guard_.read("org.edgeseal.Staging1.Group", [this] {
    const auto info = staging_.staged();
    return info.application.empty() ? std::string() : info.application + "/" + info.group;
  });
}

std::string StagingObject::Problem() {
  return guard_.read("org.edgeseal.Staging1.Problem", [this] { return staging_.staged().problem; });
}

std::vector<VariantMap> StagingObject::Staged() {
  return guard_.read("org.edgeseal.Staging1.Staged", [this] { return to_maps(staging_.staged().items, to_map); });
}

bool StagingObject::SystemAnchors() {
  return guard_.read("org.edgeseal.Staging1.SystemAnchors", [this] { return staging_.system_anchors(); });
}

std::vector<std::string> StagingObject::WaitingDownloads() {
  return guard_.read("org.edgeseal.Staging1.WaitingDownloads", [this] { return staging_.waiting_downloads(); });
}

void StagingObject::changed() {
  getObject().emitPropertiesChangedSignal(org::edgeseal::Staging1_adaptor::INTERFACE_NAME);
}

}  // namespace edgeseal::dbus
