#include "enroll/discovery/avahi.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <tuple>

#include "dbus/compat.h"
#include "enroll/discovery/announcement.h"
#include "enroll/error.h"
#include "enroll/journal.h"
#include "enroll/printable.h"

namespace edgeseal::enroll::discovery {
namespace {

using std::chrono::steady_clock;

constexpr const char* bus_name = "org.freedesktop.Avahi";
constexpr const char* server_interface = "org.freedesktop.Avahi.Server";
constexpr const char* browser_signals =
    "type='signal',sender='org.freedesktop.Avahi',interface='org.freedesktop.Avahi.ServiceBrowser'";
constexpr std::int32_t any = -1;  // AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC
constexpr std::uint32_t no_flags = 0;
constexpr std::chrono::milliseconds cancellation_time{100};
// Answers, of which a server has one for each interface and protocol.
constexpr std::size_t max_answers = 8 * max_services;

// Where an answer came from, and its name.
struct Answer {
  std::int32_t interface = any, protocol = any;
  std::string name, type, domain;

  auto place() const { return std::tie(interface, protocol, name, type, domain); }
  bool operator<(const Answer& other) const { return place() < other.place(); }
};

std::string text_of_bytes(const std::vector<std::uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

Error unavailable(const sdbus::Error& error) {
  return {
      ErrorClass::transport,
      fmt::format("the network can't be asked for services: {}: {}; remedy: install and start avahi-daemon, or give "
                  "url in the profile",
                  printable(std::string(error.getName())), printable(error.getMessage()))};
}

class Browser {
 public:
  explicit Browser(const Query& query)
      : query_(query),
        connection_(sdbus::createSystemBusConnection()),
        signals_(
            dbus::compat::add_match(*connection_, browser_signals, [this](sd_bus_message* signal) { hear(signal); })),
        server_(sdbus::createProxy(*connection_, dbus::compat::ServiceName(bus_name), sdbus::ObjectPath("/"))) {
    server_->callMethod("ServiceBrowserNew")
        .onInterface(server_interface)
        .withArguments(any, any, query.type, query.domain, no_flags)
        .storeResultsTo(path_);
  }

  std::vector<Service> run(const std::stop_token& stop) {
    const auto end = steady_clock::now() + browse_time;
    while (!is_done() && steady_clock::now() < end) {
      if (stop.stop_requested()) throw Error(ErrorClass::cancelled, "cancelled");
      if (!dbus::compat::process_one(*connection_)) wait(end);
      if (!failure_.empty())
        throw Error(ErrorClass::transport, fmt::format("Avahi can't look for {}: {}", query_.type, failure_));
    }
    sort(services_);
    return std::move(services_);
  }

 private:
  [[nodiscard]] bool is_done() const { return heard_all_ && unresolved_ == 0; }

  void wait(steady_clock::time_point end) const {
    using std::chrono::milliseconds;
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    const auto data = connection_->getEventLoopPollData();
    pollfd waited{data.fd, data.events, 0};
    ::poll(&waited, 1, static_cast<int>(std::clamp(left, milliseconds(0), cancellation_time).count()));
  }

  // Only of our browser; signals that came before its path was known have waited.
  void hear(sd_bus_message* signal) {
    const char* path = sd_bus_message_get_path(signal);
    if (path == nullptr || path_ != path) return;
    if (sd_bus_message_is_signal(signal, nullptr, "ItemNew") > 0) resolve(signal);
    if (sd_bus_message_is_signal(signal, nullptr, "AllForNow") > 0) heard_all_ = true;
    const char* reason = "";
    if (sd_bus_message_is_signal(signal, nullptr, "Failure") > 0 && sd_bus_message_read(signal, "s", &reason) >= 0)
      failure_ = printable(reason) + ".";
  }

  void resolve(sd_bus_message* signal) {
    Answer answer;
    const char *name = nullptr, *type = nullptr, *domain = nullptr;
    if (sd_bus_message_read(signal, "iisss", &answer.interface, &answer.protocol, &name, &type, &domain) < 0) return;
    std::tie(answer.name, answer.type, answer.domain) = std::tie(name, type, domain);
    if (answers_.size() == max_answers || !answers_.insert(answer).second) return;
    ++unresolved_;
    server_->callMethodAsync("ResolveService")
        .onInterface(server_interface)
        .withTimeout(browse_time)
        .withArguments(answer.interface, answer.protocol, answer.name, answer.type, answer.domain, answer.protocol,
                       no_flags)
        .uponReplyInvoke([this](dbus::compat::AsyncError error, std::int32_t, std::int32_t,
                                const std::string& found_name, const std::string&, const std::string&,
                                const std::string& host, std::int32_t, const std::string& address, std::uint16_t port,
                                const std::vector<std::vector<std::uint8_t>>& text, std::uint32_t) {
          --unresolved_;
          if (!error) add({found_name, host, address, port, text_of(text)});
        });
  }

  static std::vector<std::string> text_of(const std::vector<std::vector<std::uint8_t>>& text) {
    std::vector<std::string> entries;
    std::transform(text.begin(), text.end(), std::back_inserter(entries), text_of_bytes);
    return entries;
  }

  void add(const Announcement& announcement) try {
    const Service service = service_of(announcement);
    if (services_.size() < max_services && has_capability(service, query_.capability)) merge(services_, service);
  } catch (const Error& error) {
    log(Level::notice, Event::announcement_ignored, fmt::format("{}: {}", query_.type, error.what()));
  }

  const Query& query_;
  std::unique_ptr<sdbus::IConnection> connection_;
  sdbus::Slot signals_;
  std::unique_ptr<sdbus::IProxy> server_;
  sdbus::ObjectPath path_;
  std::set<Answer> answers_;
  std::vector<Service> services_;
  std::size_t unresolved_ = 0;
  bool heard_all_ = false;
  std::string failure_;
};

}  // namespace

std::vector<Service> browse(const Query& query, const std::stop_token& stop) {
  require_query(query);
  try {
    return Browser(query).run(stop);
  } catch (const sdbus::Error& error) {
    throw unavailable(error);
  }
}

}  // namespace edgeseal::enroll::discovery
