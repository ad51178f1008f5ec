#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dbus/client.h"
#include "dbus/compat.h"

namespace edgeseal::test {

inline constexpr uid_t kNobody = 65534;
inline constexpr uid_t kAccount = 1;  // "daemon" or "bin": the bus lets in only accounts that exist

// A connection whose socket was opened by this account: the bus takes the identity from the kernel at that moment.
// Needs root for other accounts than one's own.
[[nodiscard]] std::unique_ptr<sdbus::IConnection> connect_as(uid_t uid, const std::vector<gid_t>& groups = {});

// Handles messages of the connection until `done`; false after two minutes.
[[nodiscard]] bool pump_until(sdbus::IConnection& connection, const std::function<bool()>& done);

// "NAME" of org.edgeseal.Error.NAME, or the whole name of another error; empty where `call` succeeds. The message of
// the error goes to `message`.
[[nodiscard]] std::string error_of(const std::function<void()>& call, std::string* message = nullptr);

// The name of the error of an asynchronous call, "none" where it succeeded.
[[nodiscard]] std::string name_of(const dbus::compat::AsyncError& error);

}  // namespace edgeseal::test
