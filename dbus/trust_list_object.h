#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbus/compat.h"
#include "dbus/generated/org.edgeseal.TrustList1_adaptor.h"
#include "dbus/guard.h"
#include "dbus/trust_ports.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// TrustList1 of /org/edgeseal/application/NAME/GROUP.
class TrustListObject final : public sdbus::AdaptorInterfaces<org::edgeseal::TrustList1_adaptor> {
 public:
  TrustListObject(sdbus::IConnection& connection, TrustListPort& lists, Guard& guard, GroupName name);
  ~TrustListObject() { unregisterAdaptor(); }

  void changed();
  void alarm(const std::string& kind, const std::string& source, std::uint16_t severity, const std::string& message);

 private:
  using ByteArrays = std::vector<ByteArray>;
  using Suppressed = std::vector<sdbus::Struct<std::string, std::string>>;

  // trust_list_file.cpp
  void Open(sdbus::Result<std::uint32_t>&& result, std::uint8_t mode, VariantMap options) override;
  void OpenWithMasks(sdbus::Result<std::uint32_t>&& result, std::uint32_t masks, VariantMap options) override;
  void Read(sdbus::Result<ByteArray>&& result, std::uint32_t handle, std::int32_t length, VariantMap options) override;
  void Write(sdbus::Result<>&& result, std::uint32_t handle, ByteArray data, VariantMap options) override;
  void GetPosition(sdbus::Result<std::uint64_t>&& result, std::uint32_t handle, VariantMap options) override;
  void SetPosition(sdbus::Result<>&& result, std::uint32_t handle, std::uint64_t position, VariantMap options) override;
  void Close(sdbus::Result<>&& result, std::uint32_t handle, VariantMap options) override;
  void CloseAndUpdate(sdbus::Result<bool>&& result, std::uint32_t handle, VariantMap options) override;

  void AddCertificate(sdbus::Result<>&& result, ByteArray certificate, bool is_trusted, VariantMap options) override;
  void RemoveCertificate(sdbus::Result<>&& result, std::string thumbprint, bool is_trusted,
                         VariantMap options) override;
  void GetTrustList(sdbus::Result<std::uint32_t, ByteArrays, ByteArrays, ByteArrays, ByteArrays>&& result,
                    std::uint32_t masks, VariantMap options) override;
  void SetTrustList(sdbus::Result<bool>&& result, std::uint32_t specified_lists, ByteArrays trusted,
                    ByteArrays trusted_crls, ByteArrays issuers, ByteArrays issuer_crls, VariantMap options) override;
  void SetOptions(sdbus::Result<>&& result, VariantMap options) override;
  void GetRejectedList(sdbus::Result<ByteArrays>&& result, VariantMap options) override;
  void Validate(sdbus::Result<Suppressed>&& result, ByteArrays chain, VariantMap options) override;

  std::uint64_t LastUpdateTime() override;
  double UpdateFrequency() override;
  std::uint32_t DefaultValidationOptions() override;
  double ActivityTimeout() override;
  std::uint16_t OpenCount() override;
  bool Writable() override;
  std::uint32_t MaxTrustListSize() override;
  bool OutOfDate() override;
  bool Intact() override;

  // What there is to say while the port can't tell: an object whose properties can't be read would hide all others from
  // the object manager.
  template <class T>
  [[nodiscard]] T info(const char* property, T TrustListInfo::*member);

  TrustListPort& lists_;
  Guard& guard_;
  GroupName name_;
};

}  // namespace edgeseal::dbus
