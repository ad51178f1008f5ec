#include "enroll/bus_agent.h"

#include <fmt/format.h>

#include <cstdint>
#include <map>

#include "dbus/client.h"
#include "enroll/job_description.h"
#include "enroll/printable.h"

namespace edgeseal::enroll {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::size_t max_message = 512;  // of Job1.Fail

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

const char* text_of(Stage stage) {
  switch (stage) {
    case Stage::first_trust: return "reading the certificates of a server that nobody knows yet";
    case Stage::waiting_for_person: return "waiting for somebody to compare the fingerprint";
    case Stage::trust: return "reading the certificates of the authority";
    case Stage::request: return "preparing the request";
    case Stage::enrolment: return "waiting for the answer of the authority";
    case Stage::verification: return "verifying the certificate";
  }
  return "running";
}

// Runs a call, whose refusal comes back in the words of the agent.
template <class Call>
auto refusable(const Call& call) {
  try {
    return call();
  } catch (const sdbus::Error& error) {
    throw RefusedByAgent(fmt::format("{}: {}", std::string(error.getName()), error.getMessage()));
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
  refusable(
      [&] { dbus::RemoteJob(*connection_, name).Deliver(octets_of(result.certificate), octets_of(result.chain), {}); });
}

void BusAgent::wait(const std::string& name, std::chrono::seconds pause, const Bytes& continuation) {
  const auto seconds = static_cast<std::uint32_t>(pause.count());
  refusable([&] { dbus::RemoteJob(*connection_, name).Wait(seconds, octets_of(continuation)); });
}

void BusAgent::fail(const std::string& name, const Error& error, SecretUse use) {
  std::map<std::string, sdbus::Variant> options;
  if (error.retry_after().count() > 0)
    options.emplace("retry-after", sdbus::Variant(static_cast<std::uint32_t>(error.retry_after().count())));
  if (use == SecretUse::spent) options.emplace("secret-spent", sdbus::Variant(true));
  const std::string message = std::string(error.what()).substr(0, max_message);
  refusable(
      [&] { dbus::RemoteJob(*connection_, name).Fail(std::string(name_of(error.error_class())), message, options); });
}

}  // namespace edgeseal::enroll
