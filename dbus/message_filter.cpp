#include "dbus/message_filter.h"

#include <algorithm>
#include <string_view>

#include "dbus/audit_record.h"
#include "dbus/bus_error.h"
#include "dbus/compat.h"
#include "dbus/generated/privileges.h"
#include "dbus/message_limits.h"

namespace edgeseal::dbus {
namespace {

constexpr const char* kErrorName = "org.edgeseal.Error.InvalidArgument";
constexpr const char* kRecordedName = "InvalidArgument";

// By the member alone: a call need not name the interface, and one too many does no harm.
bool carries_a_secret(sd_bus_message* call) {
  const char* named = sd_bus_message_get_member(call);
  const std::string_view member = named == nullptr ? "" : named;
  return std::ranges::any_of(kDeclaredMethods, [&](const DeclaredMethod& method) {
    return method.contents == Contents::Secret && method.member.substr(method.member.rfind('.') + 1) == member;
  });
}

AuditRecord refusal(sd_bus_message* call) {
  AuditRecord record = record_of(call);
  record.error = kRecordedName;
  return record;
}

}  // namespace

MessageFilter::MessageFilter(sdbus::IConnection& connection, AuditPort& audit)
    : audit_(audit), slot_(nullptr, &sd_bus_slot_unref) {
  sd_bus_slot* slot = nullptr;
  if (sd_bus_add_filter(compat::raw(connection), &slot, &MessageFilter::on_message, this) < 0) throw std::bad_alloc();
  slot_.reset(slot);
}

int MessageFilter::on_message(sd_bus_message* message, void* self, sd_bus_error*) noexcept {
  if (sd_bus_message_is_method_call(message, nullptr, nullptr) <= 0) return 0;
  if (carries_a_secret(message)) sd_bus_message_sensitive(message);  // its answer inherits that
  if (bytes_within(message)) return 0;
  static_cast<MessageFilter*>(self)->refuse(message);
  return 1;
}

void MessageFilter::refuse(sd_bus_message* call) noexcept {
  contain(audit_, "message limits", [&] { audit_.record(refusal(call)); });
  sd_bus_reply_method_errorf(call, kErrorName, "the arguments are larger than any valid call's");
}

}  // namespace edgeseal::dbus
