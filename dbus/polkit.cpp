#include "dbus/polkit.h"

#include <cstdint>
#include <map>

#include "dbus/compat.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {
namespace {

constexpr uint32_t kAllowUserInteraction = 1;

using Subject = sdbus::Struct<std::string, VariantMap>;
using Result = sdbus::Struct<bool, bool, std::map<std::string, std::string>>;  // authorized, challenge, details

// Nobody is there to be started. A polkit that fails to start is not absent: its rules may be stricter than the group.
bool means_absent(const sdbus::Error& error) {
  return error.getName() == "org.freedesktop.DBus.Error.ServiceUnknown";
}

Polkit::Verdict verdict(const Result& result) {
  if (std::get<0>(result)) return Polkit::Verdict::Yes;
  return std::get<1>(result) ? Polkit::Verdict::Challenge : Polkit::Verdict::No;
}

}  // namespace

Polkit::Polkit(sdbus::IConnection& connection, PolkitLimits limits)
    : limits_(limits),
      authority_(sdbus::createProxy(connection, compat::ServiceName("org.freedesktop.PolicyKit1"),
                                    sdbus::ObjectPath("/org/freedesktop/PolicyKit1/Authority"))) {}

void Polkit::check(const std::string& bus_name, std::string_view action, bool interactive, Answer answer) {
  const Subject subject("system-bus-name", VariantMap{{"name", sdbus::Variant(bus_name)}});
  authority_->callMethodAsync("CheckAuthorization")
      .onInterface("org.freedesktop.PolicyKit1.Authority")
      .withTimeout(interactive ? limits_.answer_of_user : limits_.answer)
      .withArguments(subject, std::string(action), std::map<std::string, std::string>{},
                     interactive ? kAllowUserInteraction : uint32_t{0}, std::string())
      .uponReplyInvoke([answer = std::move(answer)](compat::AsyncError error, const Result& result) {
        if (!error) return answer(verdict(result));
        answer(means_absent(*error) ? Verdict::Absent : Verdict::Silent);
      });
}

}  // namespace edgeseal::dbus
