#include "dbus/credentials.h"

#include <chrono>

#include "dbus/compat.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {
namespace {

constexpr std::chrono::seconds kTimeLimit{10};

template <class T>
std::optional<T> value(const VariantMap& map, const char* key) {
  const auto found = map.find(key);
  if (found == map.end() || !found->second.containsValueOfType<T>()) return std::nullopt;
  return found->second.get<T>();
}

// A caller without a user id (another network namespace's transport, say) is nobody.
std::optional<Credentials> parse(const VariantMap& map) {
  const auto uid = value<uint32_t>(map, "UnixUserID");
  if (!uid) return std::nullopt;
  const auto groups = value<std::vector<uint32_t>>(map, "UnixGroupIDs").value_or(std::vector<uint32_t>{});
  return Credentials{
      *uid, static_cast<pid_t>(value<uint32_t>(map, "ProcessID").value_or(0)), {groups.begin(), groups.end()}};
}

}  // namespace

CredentialCache::CredentialCache(sdbus::IConnection& connection)
    : bus_daemon_(sdbus::createProxy(connection, compat::ServiceName("org.freedesktop.DBus"),
                                     sdbus::ObjectPath("/org/freedesktop/DBus"))) {}

void CredentialCache::ask(const std::string& bus_name, Answer answer) {
  if (const auto known = known_.find(bus_name); known != known_.end()) return answer(known->second);
  bus_daemon_->callMethodAsync("GetConnectionCredentials")
      .onInterface("org.freedesktop.DBus")
      .withTimeout(kTimeLimit)
      .withArguments(bus_name)
      .uponReplyInvoke([this, bus_name, answer = std::move(answer)](compat::AsyncError error, const VariantMap& map) {
        const auto credentials = error ? std::nullopt : parse(map);
        if (credentials) known_.emplace(bus_name, *credentials);
        answer(credentials);
      });
}

}  // namespace edgeseal::dbus
