#include "dbus/bus_error.h"

#include <exception>

#include "dbus/compat.h"

namespace edgeseal::dbus {
namespace {

void tell(AuditPort& audit, const std::string& where, const std::string& what) noexcept {
  try {
    audit.internal_error(where, what);
  } catch (...) {  // an audit that fails has no other way out, and the process must go on
    return;
  }
}

}  // namespace

sdbus::Error bus_error(const CallError& error) {
  return compat::error("org.edgeseal.Error." + error.name, error.what());
}

CallError caller_error(AuditPort& audit, const std::string& where) noexcept {
  try {
    throw;
  } catch (const CallError& error) {
    return error;
  } catch (const std::exception& error) {
    tell(audit, where, error.what());
  } catch (...) {
    tell(audit, where, "an exception that is no std::exception");
  }
  return {"InternalError", "the agent met an error that it did not expect; its journal has the details"};
}

void contain(AuditPort& audit, const std::string& where, const std::function<void()>& action) noexcept {
  try {
    action();
  } catch (const std::exception& error) {
    tell(audit, where, error.what());
  } catch (...) {
    tell(audit, where, "an exception that is no std::exception");
  }
}

}  // namespace edgeseal::dbus
