#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbus/compat.h"
#include "dbus/enrolment_port.h"
#include "dbus/generated/org.edgeseal.Job1_adaptor.h"
#include "dbus/guard.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// /org/edgeseal/job/N
class JobObject final : public sdbus::AdaptorInterfaces<org::edgeseal::Job1_adaptor> {
 public:
  JobObject(sdbus::IConnection& connection, EnrolmentPort& enrolment, Guard& guard, const JobInfo& info);
  ~JobObject() { unregisterAdaptor(); }

  void announce() { getObject().emitInterfacesAddedSignal(); }
  void withdraw() { getObject().emitInterfacesRemovedSignal(); }
  void changed();
  void cancelled() { emitCancelled(); }

 private:
  void Cancel(sdbus::Result<>&& result) override;
  void Approve(sdbus::Result<>&& result, ByteArray sha256) override;
  void SetSecret(sdbus::Result<>&& result, sdbus::UnixFd secret) override;
  void Install(sdbus::Result<>&& result, ByteArray certificate, std::vector<ByteArray> chain) override;
  void Take(sdbus::Result<VariantMap>&& result) override;
  void Report(sdbus::Result<>&& result, std::string stage) override;
  void ProposeAnchors(sdbus::Result<>&& result, std::vector<ByteArray> anchors,
                      std::vector<std::string> servers) override;
  void DeliverAnchors(sdbus::Result<>&& result, std::vector<ByteArray> anchors, std::vector<ByteArray> links) override;
  void Deliver(sdbus::Result<>&& result, ByteArray certificate, std::vector<ByteArray> chain,
               VariantMap options) override;
  void Wait(sdbus::Result<>&& result, std::uint32_t seconds, ByteArray continuation) override;
  void Fail(sdbus::Result<>&& result, std::string failure_class, std::string message, VariantMap options) override;

  [[nodiscard]] JobInfo info(const char* property) const {
    return guard_.read(property, [this] { return enrolment_.job(number_); });
  }
  std::string State() override { return info("org.edgeseal.Job1.State").state; }
  std::string Profile() override { return profile_; }
  std::string Slot() override { return slot_; }
  std::string Operation() override { return info("org.edgeseal.Job1.Operation").operation; }
  std::string Stage() override { return info("org.edgeseal.Job1.Stage").stage; }
  std::string ErrorClass() override { return info("org.edgeseal.Job1.ErrorClass").error_class; }
  std::string Message() override { return info("org.edgeseal.Job1.Message").message; }
  std::string Needs() override { return info("org.edgeseal.Job1.Needs").needs; }
  std::uint32_t Failures() override { return info("org.edgeseal.Job1.Failures").failures; }
  std::uint64_t NextTry() override { return info("org.edgeseal.Job1.NextTry").next_try; }
  std::vector<ByteArray> Fingerprints() override {
    return to_arrays(info("org.edgeseal.Job1.Fingerprints").fingerprints);
  }
  ByteArray Request() override { return to_array(info("org.edgeseal.Job1.Request").request); }
  std::uint64_t Created() override { return created_; }

  [[nodiscard]] std::string application() const { return slot_.substr(0, slot_.find('/')); }

  EnrolmentPort& enrolment_;
  Guard& guard_;
  const JobNumber number_;
  const std::string profile_, slot_;
  const std::uint64_t created_;
};

}  // namespace edgeseal::dbus
