#include "dbus/credentials.h"

#include <chrono>

#include "dbus/variant_map.h"

namespace edgeseal::dbus {
namespace {

constexpr std::chrono::seconds kTimeLimit{10};

// A caller without a user id (another network namespace's transport, say) is nobody.
std::optional<Credentials> parse(const VariantMap& map) {
  const auto uid = optional_field<uint32_t>(map, "UnixUserID");
  if (!uid) return std::nullopt;
  const auto groups = field<std::vector<uint32_t>>(map, "UnixGroupIDs");
  return Credentials{*uid, static_cast<pid_t>(field<uint32_t>(map, "ProcessID")), {groups.begin(), groups.end()}};
}

}  // namespace

CredentialCache::CredentialCache(sdbus::IConnection& connection)
    : bus_daemon_(sdbus::createProxy(connection, compat::ServiceName("org.freedesktop.DBus"),
                                     sdbus::ObjectPath("/org/freedesktop/DBus"))) {}

const Credentials* CredentialCache::find(const std::string& bus_name) const {
  const auto known = known_.find(bus_name);
  return known == known_.end() ? nullptr : &known->second;
}

void CredentialCache::ask(const std::string& bus_name, Answer answer) {
  if (const Credentials* known = find(bus_name)) return answer(*known);
  std::vector<Answer>& waiting = waiting_[bus_name];
  waiting.push_back(std::move(answer));
  if (waiting.size() > 1) return;
  try {
    bus_daemon_->callMethodAsync("GetConnectionCredentials")
        .onInterface("org.freedesktop.DBus")
        .withTimeout(kTimeLimit)
        .withArguments(bus_name)
        .uponReplyInvoke([this, bus_name](compat::AsyncError error, const VariantMap& map) {
          answered(bus_name, error ? std::nullopt : parse(map));
        });
  } catch (...) {
    waiting_.erase(bus_name);  // else the next call would wait for an answer to a question that nobody asked
    throw;
  }
}

// The connection that is asked over may tell before the other one that a name vanished, or after it.
void CredentialCache::answered(const std::string& bus_name, const std::optional<Credentials>& credentials) {
  const auto waiting = waiting_.extract(bus_name);
  if (waiting.empty()) return;
  if (credentials) known_.emplace(bus_name, *credentials);
  for (const Answer& answer : waiting.mapped()) answer(credentials);
}

void CredentialCache::forget(const std::string& bus_name) {
  known_.erase(bus_name);
  waiting_.erase(bus_name);
}

}  // namespace edgeseal::dbus
