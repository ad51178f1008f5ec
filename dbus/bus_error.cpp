#include "dbus/bus_error.h"

#include <exception>
#include <string_view>

#include "dbus/compat.h"
#include "dbus/printable_text.h"

namespace edgeseal::dbus {
namespace {

void tell(AuditPort& audit, const std::string& where, const std::string& what) noexcept {
  try {
    audit.internal_error(where, what);
  } catch (...) {  // an audit that fails has no other way out, and the process must go on
    return;
  }
}

// sd-bus sends no text that is not UTF-8, and the caller would get no answer at all.
std::string made_sendable(std::string_view text) {
  std::string lines;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    lines += made_printable(text.substr(0, end)) + '\n';
    text.remove_prefix(end + 1);
  }
  return lines + made_printable(text);
}

}  // namespace

sdbus::Error bus_error(const CallError& error) {
  return compat::error("org.edgeseal.Error." + error.name, made_sendable(error.what()));
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
