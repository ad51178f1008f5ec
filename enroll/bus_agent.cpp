#include "enroll/bus_agent.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <thread>

#include "dbus/client.h"
#include "dbus/variant_map.h"
#include "enroll/job_description.h"
#include "enroll/printable.h"

namespace edgeseal::enroll {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::size_t max_message = 512;  // of Job1.Fail, ReportContact and ReportDownload
constexpr std::chrono::seconds longest_busy{60};
constexpr std::chrono::milliseconds between_tries{100};

Octets octets_of(const Bytes& bytes) {
  Octets octets;
  octets.reserve(bytes.size());
  for (const std::byte byte : bytes) octets.push_back(std::to_integer<std::uint8_t>(byte));
  return octets;
}

std::vector<Octets> octets_of(const std::vector<Bytes>& all) {
  std::vector<Octets> result;
  for (const Bytes& bytes : all) result.push_back(octets_of(bytes));
  return result;
}

std::string message_of(const Error& error) {
  return std::string(error.what()).substr(0, max_message);
}

const char* text_of(Stage stage) {
  switch (stage) {
    case Stage::first_trust: return "reading the certificates of a server that nobody knows yet";
    case Stage::trust: return "reading the certificates of the authority";
    case Stage::request: return "preparing the request";
    case Stage::enrolment: return "waiting for the answer of the authority";
    case Stage::verification: return "verifying the certificate";
  }
  return "running";
}

// Whether too many calls are waiting, of ours or of anybody: this one was not looked at.
bool is_busy(const sdbus::Error& error) {
  const std::string name = error.getName();
  return name == "org.edgeseal.Error.TooManyOperations" || name == "org.freedesktop.DBus.Error.LimitsExceeded";
}

// Runs a call, for a while until somebody looks at it: a certificate that was issued must not be lost because others
// flood the bus. Its refusal comes back in the words of the agent.
template <class Call>
auto refusable(const Call& call) {
  for (const auto patience = std::chrono::steady_clock::now() + longest_busy;;) {
    try {
      return call();
    } catch (const sdbus::Error& error) {
      if (!is_busy(error) || std::chrono::steady_clock::now() >= patience)
        throw RefusedByAgent(fmt::format("{}: {}", std::string(error.getName()), error.getMessage()));
      std::this_thread::sleep_for(between_tries);
    }
  }
}

std::string first_argument(sd_bus_message* message, char type) {
  const char* text = nullptr;
  return sd_bus_message_read_basic(message, type, &text) >= 0 && text != nullptr ? text : "";
}

// Of NameOwnerChanged. Whoever calls an agent that ends has it started again.
bool has_new_owner(sd_bus_message* message) {
  const char *name = nullptr, *before = nullptr, *now = nullptr;
  return sd_bus_message_read(message, "sss", &name, &before, &now) >= 0 && now != nullptr && *now != '\0';
}

}  // namespace

BusAgent::BusAgent() : connection_(refusable([] { return sdbus::createSystemBusConnection(); })) {}

void BusAgent::own_name() {
  try {
    connection_->requestName(dbus::compat::ServiceName(dbus::kEnrolmentService));
  } catch (const sdbus::Error& error) {
    throw RefusedByAgent(
        fmt::format("the bus doesn't give the name {} ({}): is the bus policy installed, and does no other "
                    "edgeseal-enroll run?",
                    dbus::kEnrolmentService, error.getMessage()));
  }
}

void BusAgent::release_name() {
  refusable([&] { connection_->releaseName(dbus::compat::ServiceName(dbus::kEnrolmentService)); });
}

void BusAgent::listen(Listener listener) {
  listener_ = std::move(listener);
  const std::string of_agent = fmt::format("type='signal',sender='{}',", dbus::kBusName);
  matches_.push_back(dbus::compat::add_match(
      *connection_, of_agent + "interface='org.edgeseal.Enrolment1',member='JobWaiting'",
      [this](sd_bus_message* message) { listener_.waiting(first_argument(message, SD_BUS_TYPE_OBJECT_PATH)); }));
  matches_.push_back(dbus::compat::add_match(
      *connection_, of_agent + "interface='org.edgeseal.Enrolment1',member='ContactWaiting'",
      [this](sd_bus_message* message) { listener_.contact_waiting(first_argument(message, SD_BUS_TYPE_STRING)); }));
  matches_.push_back(dbus::compat::add_match(
      *connection_, of_agent + "interface='org.edgeseal.Staging1',member='DownloadWaiting'",
      [this](sd_bus_message* message) { listener_.download_waiting(first_argument(message, SD_BUS_TYPE_STRING)); }));
  matches_.push_back(dbus::compat::add_match(
      *connection_, of_agent + "interface='org.edgeseal.Job1',member='Cancelled'",
      [this](sd_bus_message* message) { listener_.cancelled(sd_bus_message_get_path(message)); }));
  matches_.push_back(dbus::compat::add_match(
      *connection_,
      fmt::format("type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='{}'", dbus::kBusName),
      [this](sd_bus_message* message) {
        if (has_new_owner(message)) listener_.agent_came();
      }));
  connection_->enterEventLoopAsync();
}

std::vector<std::string> BusAgent::waiting_jobs() {
  try {
    const auto paths = dbus::RemoteEnrolment(*connection_, dbus::kRootPath).WaitingJobs();
    return {paths.begin(), paths.end()};
  } catch (const sdbus::Error&) {  // NameOwnerChanged tells when the agent is there
    return {};
  }
}

std::vector<std::string> BusAgent::waiting_contacts() {
  try {
    return dbus::RemoteEnrolment(*connection_, dbus::kRootPath).WaitingContacts();
  } catch (const sdbus::Error&) {  // as of waiting_jobs()
    return {};
  }
}

std::vector<std::string> BusAgent::waiting_downloads() {
  try {
    return dbus::RemoteStaging(*connection_, dbus::kRootPath).WaitingDownloads();
  } catch (const sdbus::Error&) {  // as of waiting_jobs()
    return {};
  }
}

Job BusAgent::take(const std::string& name) {
  return job_of(name, refusable([&] { return dbus::RemoteJob(*connection_, name).Take(); }));
}

void BusAgent::report(const std::string& name, Stage stage) {
  refusable([&] { dbus::RemoteJob(*connection_, name).Report(text_of(stage)); });
}

void BusAgent::propose(const std::string& name, const std::vector<ProposedAnchor>& anchors) {
  std::vector<Octets> certificates;
  std::vector<std::string> servers;
  for (const ProposedAnchor& anchor : anchors) {
    certificates.push_back(octets_of(anchor.certificate));
    servers.push_back(printable(anchor.host));
  }
  refusable([&] { dbus::RemoteJob(*connection_, name).ProposeAnchors(certificates, servers); });
}

void BusAgent::deliver_anchors(const std::string& name, const Result& result) {
  refusable([&] {
    dbus::RemoteJob(*connection_, name).DeliverAnchors(octets_of(result.anchors), octets_of(result.intermediates));
  });
}

void BusAgent::deliver(const std::string& name, const Result& result) {
  dbus::VariantMap options;
  dbus::put(options, "modified", result.modified.has_value());
  refusable([&] {
    dbus::RemoteJob(*connection_, name).Deliver(octets_of(result.certificate), octets_of(result.chain), options);
  });
}

void BusAgent::wait(const std::string& name, std::chrono::seconds pause, const Bytes& continuation) {
  const auto seconds = static_cast<std::uint32_t>(pause.count());
  refusable([&] { dbus::RemoteJob(*connection_, name).Wait(seconds, octets_of(continuation)); });
}

void BusAgent::fail(const std::string& name, const Error& error, SecretUse use) {
  dbus::VariantMap options;
  if (error.retry_after().count() > 0)
    options.emplace("retry-after", sdbus::Variant(static_cast<std::uint32_t>(error.retry_after().count())));
  dbus::put(options, "secret-spent", use == SecretUse::spent);
  refusable([&] {
    dbus::RemoteJob(*connection_, name).Fail(std::string(name_of(error.error_class())), message_of(error), options);
  });
}

Job BusAgent::take_contact(const std::string& profile) {
  return contact_of(
      profile, refusable([&] { return dbus::RemoteEnrolment(*connection_, dbus::kRootPath).TakeContact(profile); }));
}

void BusAgent::report_contact(const std::string& profile, const std::optional<Error>& problem) {
  const std::string error_class(problem ? name_of(problem->error_class()) : "");
  const std::string message = problem ? message_of(*problem) : "";
  refusable([&] { dbus::RemoteEnrolment(*connection_, dbus::kRootPath).ReportContact(profile, error_class, message); });
}

Job BusAgent::take_download(const std::string& url) {
  return download_of(url,
                     refusable([&] { return dbus::RemoteStaging(*connection_, dbus::kRootPath).TakeDownload(url); }));
}

void BusAgent::report_download(const std::string& url, const std::variant<Bytes, Error>& outcome) {
  dbus::VariantMap options;
  if (const Error* problem = std::get_if<Error>(&outcome))
    dbus::put(options, "problem", message_of(*problem));
  else
    dbus::put(options, "content", octets_of(std::get<Bytes>(outcome)));
  refusable([&] { dbus::RemoteStaging(*connection_, dbus::kRootPath).ReportDownload(url, options); });
}

}  // namespace edgeseal::enroll
