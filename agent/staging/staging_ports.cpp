#include "agent/staging/staging_ports.h"

#include <algorithm>

#include "agent/bus_time.h"
#include "agent/call_error.h"
#include "agent/device/device_names.h"

namespace edgeseal::agent {

namespace {

StagedDelivery delivery_of(const dbus::Caller& caller, const dbus::StagedDeliveryInfo& info) {
  const bool named = !info.group.application.empty();
  return {named ? info.group : dbus::GroupName{device_application_name, provisioning_group},
          {info.source.empty() ? Staging::command : info.source, info.origin, caller.uid}};
}

dbus::StagedItem item_of(const StagedEntry& entry) {
  return {.url = entry.url,
          .certificate = entry.certificate,
          .sha256 = entry.certificate.empty() ? "" : hexadecimal(sha256(entry.certificate)),
          .role = entry.role,
          .notes = entry.notes,
          .problem = entry.problem,
          .source = entry.source.way,
          .origin = entry.source.origin,
          .uid = entry.source.uid,
          .staged_at = microseconds_of(entry.staged_at),
          .key = entry.slot.application.empty() ? "" : entry.slot.key_name()};
}

}  // namespace

void StagingPorts::stage_file(const dbus::Caller& caller, const dbus::StagedDeliveryInfo& delivery,
                              dbus::Secret content, dbus::Completion<std::vector<std::string>> done) {
  translated([&] {
    require_unlocked(anchor_);
    staging_.stage(delivery_of(caller, delivery), SecretBytes(content.view()), to_answer(std::move(done)));
  });
}

void StagingPorts::deliver_download(const std::string& url, dbus::Secret content) {
  translated([&] { staging_.deliver(url, content.view()); });
}

void StagingPorts::fail_download(const std::string& url, const std::string& reason) {
  translated([&] { staging_.fail_download(url, reason); });
}

void StagingPorts::activate_staged(const dbus::Caller& /*caller*/, dbus::Completion<std::monostate> done) {
  translated([&] {
    require_unlocked(anchor_);
    staging_.activate(to_answer(std::move(done)));
  });
}

void StagingPorts::discard_staged(const dbus::Caller& /*caller*/) {
  translated([&] { staging_.discard(); });
}

std::string StagingPorts::report_contact(const dbus::Caller& /*caller*/, const dbus::ContactReport& report) {
  return translated([&] { return staging_.report_contact(report.chain, report.host, report.failure); });
}

dbus::StagedInfo StagingPorts::staged() {
  try {
    const auto& set = staging_.set();
    if (!set) return {.state = "empty"};
    dbus::StagedInfo info{.state = std::string(phase_name(set->phase)),
                          .application = set->group.application,
                          .group = set->group.group,
                          .problem = set->problem};
    std::ranges::transform(set->entries, std::back_inserter(info.items), item_of);
    return info;
  } catch (const Error& error) {
    return {.state = "unknown", .problem = error.what()};
  }
}

bool StagingPorts::system_anchors() {
  try {
    return staging_.system_anchors();
  } catch (const Error&) {
    return false;
  }
}

dbus::JobWork StagingPorts::take_download(const dbus::Caller& caller, const std::string& url) {
  return translated([&] {
    require_unlocked(anchor_);
    return downloads_.take(url, caller.bus_name);
  });
}

void StagingPorts::report_download(const dbus::Caller& caller, const std::string& url,
                                   const dbus::DownloadOutcome& outcome) {
  translated([&] { downloads_.report(url, caller.bus_name, outcome); });
}

void StagingPorts::runner_vanished(const std::string& bus_name) {
  translated([&] { downloads_.runner_vanished(bus_name); });
}

void StagingPorts::service_left() {
  translated([&] { downloads_.service_left(); });
}

void StagingPorts::service_missing(const std::string& problem) {
  translated([&] { downloads_.service_missing(problem); });
}

}  // namespace edgeseal::agent
