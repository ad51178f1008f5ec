#pragma once

// One more service behind the bus, in the manner of ports.h.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dbus/ports.h"

namespace edgeseal::dbus {

struct BundleInfo {
  std::string session{};  // of the question for the PIN; empty: none is wanted
  std::uint32_t remaining_tries = 0;
  std::uint64_t deadline = 0;  // microseconds since 1970 UTC
  std::string source{};        // who brought it, for people
  std::string server_url{};    // that the last bundle named; empty: none
  std::uint16_t server_port = 0;
  bool verifying = false;
};

struct BundleOptions {
  bool without_pin = false;
  bool as_administrator = false;
  std::optional<std::uint32_t> max_tries;
  std::string source;
};

// org.edgeseal.Bundle1
class BundlePort {
 public:
  virtual ~BundlePort() = default;
  [[nodiscard]] virtual BundleInfo bundle() const = 0;
  // Answers the session.
  virtual void stage_bundle(const Caller& caller, const Secret& content, const BundleOptions& options,
                            Completion<std::string> done) = 0;
  // Answers warnings.
  virtual void submit_pin(const Caller& caller, const std::string& session, const Secret& pin,
                          Completion<std::vector<std::string>> done) = 0;
  virtual void discard_bundle(const Caller& caller, const std::string& session) = 0;
  [[nodiscard]] virtual Secret take_tan(const Caller& caller) = 0;
  [[nodiscard]] virtual Secret take_one_time_secret(const Caller& caller) = 0;
  virtual void report_contact(const Caller& caller, bool verified, const std::string& detail) = 0;
};

}  // namespace edgeseal::dbus
