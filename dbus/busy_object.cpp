#include "dbus/busy_object.h"

#include <utility>

#include "dbus/arguments.h"
#include "dbus/bounds.h"
#include "dbus/object_path.h"

namespace edgeseal::dbus {
namespace {

constexpr Bounds kWhoBytes{1, 64};
constexpr Bounds kWhyBytes{1, 256};

VariantMap to_map(const InhibitorInfo& inhibitor) {
  return {{"who", sdbus::Variant(inhibitor.who)},
          {"why", sdbus::Variant(inhibitor.why)},
          {"uid", sdbus::Variant(std::uint32_t{inhibitor.uid})},
          {"pid", sdbus::Variant(static_cast<std::uint32_t>(inhibitor.pid))},
          {"unit", sdbus::Variant(inhibitor.unit)},
          {"since", sdbus::Variant(inhibitor.since)}};
}

}  // namespace

BusyObject::BusyObject(sdbus::IConnection& connection, BusyPort& busy, Guard& guard)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(kRootPath)), busy_(busy), guard_(guard) {
  registerAdaptor();
}

void BusyObject::Inhibit(sdbus::Result<sdbus::UnixFd>&& result, std::string who, std::string why, VariantMap options) {
  guard_.run("org.edgeseal.Busy1.Inhibit", getObject(), "", std::move(result),
             [&busy = busy_, who = std::move(who), why = std::move(why), options = std::move(options)](
                 const Caller& caller, const auto& reply) {
               check_printable("who", who, kWhoBytes);
               check_printable("why", why, kWhyBytes);
               Options(options).finish();
               busy.inhibit(caller, who, why, [&](int descriptor) { reply->succeed(sdbus::UnixFd(descriptor)); });
             });
}

void BusyObject::ContactWhenFree(sdbus::Result<>&& result) {
  guard_.run("org.edgeseal.Busy1.ContactWhenFree", getObject(), "", std::move(result),
             [&busy = busy_](const Caller&) { busy.contact_when_free(); });
}

void BusyObject::TakeContact(sdbus::Result<bool>&& result) {
  guard_.run("org.edgeseal.Busy1.TakeContact", getObject(), "", std::move(result),
             [&busy = busy_](const Caller&) { return busy.take_contact(); });
}

bool BusyObject::Busy() {
  return guard_.read("org.edgeseal.Busy1.Busy", [this] { return busy_.busy(); });
}

std::vector<VariantMap> BusyObject::Inhibitors() {
  return guard_.read("org.edgeseal.Busy1.Inhibitors", [this] { return to_maps(busy_.inhibitors(), to_map); });
}

bool BusyObject::ContactPending() {
  return guard_.read("org.edgeseal.Busy1.ContactPending", [this] { return busy_.contact_pending(); });
}

void BusyObject::changed() {
  getObject().emitPropertiesChangedSignal(org::edgeseal::Busy1_adaptor::INTERFACE_NAME);
}

}  // namespace edgeseal::dbus
