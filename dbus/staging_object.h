#pragma once

#include <string>
#include <vector>

#include "dbus/compat.h"
#include "dbus/generated/org.edgeseal.Staging1_adaptor.h"
#include "dbus/guard.h"
#include "dbus/staging_port.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// Staging1 of /org/edgeseal.
class StagingObject final : public sdbus::AdaptorInterfaces<org::edgeseal::Staging1_adaptor> {
 public:
  StagingObject(sdbus::IConnection& connection, StagingPort& staging, Guard& guard);
  ~StagingObject() { unregisterAdaptor(); }

  void changed();
  void rolled_back(const std::string& reason) { emitRolledBack(reason); }
  void download_waiting(const std::string& url) { emitDownloadWaiting(url); }

 private:
  void StageFile(sdbus::Result<std::vector<std::string>>&& result, sdbus::UnixFd content, VariantMap options) override;
  void DeliverDownload(sdbus::Result<>&& result, std::string url, sdbus::UnixFd content) override;
  void FailDownload(sdbus::Result<>&& result, std::string url, std::string reason) override;
  void TakeDownload(sdbus::Result<VariantMap>&& result, std::string url) override;
  void ReportDownload(sdbus::Result<>&& result, std::string url, VariantMap outcome) override;
  void Activate(sdbus::Result<>&& result) override;
  void Discard(sdbus::Result<>&& result) override;
  void ReportContact(sdbus::Result<bool, std::string>&& result, std::vector<ByteArray> chain, std::string host,
                     VariantMap options) override;
  std::string State() override;
  std::string Group() override;
  std::string Problem() override;
  std::vector<VariantMap> Staged() override;
  bool SystemAnchors() override;
  std::vector<std::string> WaitingDownloads() override;

  StagingPort& staging_;
  Guard& guard_;
};

}  // namespace edgeseal::dbus
