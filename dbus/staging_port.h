#pragma once

// One more service behind the bus, in the manner of ports.h.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dbus/enrolment_port.h"
#include "dbus/ports.h"

namespace edgeseal::dbus {

// Who brings a file, as he says.
struct StagedDeliveryInfo {
  GroupName group;     // empty: the device's group of those who may provision it
  std::string source;  // "command", "drop-folder", "medium", "redirection"; empty: command
  std::string origin;  // a file, a device, a service
};

struct StagedItem {
  std::string url{};     // empty: it stood in the file
  Bytes certificate{};   // DER; empty: still to be fetched
  std::string sha256{};  // of it, hexadecimal
  std::string role{};    // "authority", "intermediate", "pinned", "server", "own"
  std::vector<std::string> notes{};
  std::string problem{};  // of the last try to fetch it
  std::string source{}, origin{};
  std::uint32_t uid = 0;
  std::uint64_t staged_at = 0;  // microseconds since 1970 UTC
  std::string key{};            // name of the key that came with it, "application/group/type"
};

struct StagedInfo {
  std::string state{};  // "empty", "staged", "verifying", "failed"; "unknown" while the TPM can't say
  std::string application{}, group{};
  std::string problem{};  // why it is not in force any more
  std::vector<StagedItem> items{};
};

struct ContactReport {
  std::vector<Bytes> chain;  // DER, the server's own certificate first
  std::string host;
  std::string failure;  // not empty: there was no contact, and why
};

struct DownloadOutcome {
  std::optional<Secret> content;
  std::string problem;  // why there is none
};

// org.edgeseal.Staging1: first trust that comes as a file.
class StagingPort {
 public:
  virtual ~StagingPort() = default;
  // Answers what was passed over.
  virtual void stage_file(const Caller& caller, const StagedDeliveryInfo& delivery, Secret content,
                          Completion<std::vector<std::string>> done) = 0;
  virtual void deliver_download(const std::string& url, Secret content) = 0;
  virtual void fail_download(const std::string& url, const std::string& reason) = 0;
  virtual void activate_staged(const Caller& caller, Completion<std::monostate> done) = 0;
  virtual void discard_staged(const Caller& caller) = 0;
  // Why the server is not the right one; empty: it is.
  virtual std::string report_contact(const Caller& caller, const ContactReport& report) = 0;
  [[nodiscard]] virtual StagedInfo staged() = 0;
  [[nodiscard]] virtual bool system_anchors() = 0;

  // For whoever runs jobs, as of EnrolmentPort.
  [[nodiscard]] virtual std::vector<std::string> waiting_downloads() = 0;
  virtual JobWork take_download(const Caller& caller, const std::string& url) = 0;
  virtual void report_download(const Caller& caller, const std::string& url, const DownloadOutcome& outcome) = 0;
  virtual void runner_vanished(const std::string& bus_name) = 0;
  virtual void service_left() = 0;
  virtual void service_missing(const std::string& problem) = 0;
};

}  // namespace edgeseal::dbus
