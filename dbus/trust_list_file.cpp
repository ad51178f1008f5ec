// The methods of TrustList1 that show a list as a file (OPC 10000-20 §4.2).

#include <algorithm>
#include <utility>

#include "dbus/trust_arguments.h"
#include "dbus/trust_list_object.h"

namespace edgeseal::dbus {
namespace {

constexpr std::int32_t kMostBytesRead = 524288;
constexpr Bounds kBytesWritten{0, 524288};

}  // namespace

void TrustListObject::Open(sdbus::Result<std::uint32_t>&& result, std::uint8_t mode, VariantMap options) {
  guard_.run_delegated(
      "org.edgeseal.TrustList1.Open", getObject(), name_.application, std::move(result), std::move(options),
      [&lists = lists_, name = name_, mode](const Caller& caller) { return lists.open(caller, name, mode); });
}

void TrustListObject::OpenWithMasks(sdbus::Result<std::uint32_t>&& result, std::uint32_t masks, VariantMap options) {
  guard_.run_delegated("org.edgeseal.TrustList1.OpenWithMasks", getObject(), name_.application, std::move(result),
                       std::move(options), [&lists = lists_, name = name_, masks](const Caller& caller) {
                         check_masks(masks, 1);
                         return lists.open_with_masks(caller, name, masks);
                       });
}

void TrustListObject::Read(sdbus::Result<ByteArray>&& result, std::uint32_t handle, std::int32_t length,
                           VariantMap options) {
  guard_.run_delegated("org.edgeseal.TrustList1.Read", getObject(), name_.application, std::move(result),
                       std::move(options), [&lists = lists_, name = name_, handle, length](const Caller& caller) {
                         if (length < 1)
                           throw CallError("InvalidArgument",
                                           "length is " + std::to_string(length) + ": read 1 and more");
                         return to_array(lists.read(caller, name, handle, std::min(length, kMostBytesRead)));
                       });
}

void TrustListObject::Write(sdbus::Result<>&& result, std::uint32_t handle, ByteArray data, VariantMap options) {
  guard_.run_delegated("org.edgeseal.TrustList1.Write", getObject(), name_.application, std::move(result),
                       std::move(options),
                       [&lists = lists_, name = name_, handle, data = std::move(data)](const Caller& caller) {
                         check_size("data", data.size(), kBytesWritten);
                         lists.write(caller, name, handle, to_bytes(data));
                       });
}

void TrustListObject::GetPosition(sdbus::Result<std::uint64_t>&& result, std::uint32_t handle, VariantMap options) {
  guard_.run_delegated(
      "org.edgeseal.TrustList1.GetPosition", getObject(), name_.application, std::move(result), std::move(options),
      [&lists = lists_, name = name_, handle](const Caller& caller) { return lists.position(caller, name, handle); });
}

void TrustListObject::SetPosition(sdbus::Result<>&& result, std::uint32_t handle, std::uint64_t position,
                                  VariantMap options) {
  guard_.run_delegated("org.edgeseal.TrustList1.SetPosition", getObject(), name_.application, std::move(result),
                       std::move(options), [&lists = lists_, name = name_, handle, position](const Caller& caller) {
                         lists.set_position(caller, name, handle, position);
                       });
}

void TrustListObject::Close(sdbus::Result<>&& result, std::uint32_t handle, VariantMap options) {
  guard_.run_delegated(
      "org.edgeseal.TrustList1.Close", getObject(), name_.application, std::move(result), std::move(options),
      [&lists = lists_, name = name_, handle](const Caller& caller) { lists.close(caller, name, handle); });
}

void TrustListObject::CloseAndUpdate(sdbus::Result<bool>&& result, std::uint32_t handle, VariantMap options) {
  guard_.run_delegated("org.edgeseal.TrustList1.CloseAndUpdate", getObject(), name_.application, std::move(result),
                       std::move(options), [&lists = lists_, name = name_, handle](const Caller& caller) {
                         return lists.close_and_update(caller, name, handle);
                       });
}

}  // namespace edgeseal::dbus
