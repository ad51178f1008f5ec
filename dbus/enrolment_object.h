#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbus/compat.h"
#include "dbus/enrolment_port.h"
#include "dbus/generated/org.edgeseal.Enrolment1_adaptor.h"
#include "dbus/guard.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// Enrolment1 of /org/edgeseal.
class EnrolmentObject final : public sdbus::AdaptorInterfaces<org::edgeseal::Enrolment1_adaptor> {
 public:
  EnrolmentObject(sdbus::IConnection& connection, EnrolmentPort& enrolment, Guard& guard);
  ~EnrolmentObject() { unregisterAdaptor(); }

  void changed();
  void job_waiting(JobNumber number);
  void contact_waiting(const std::string& profile) { emitContactWaiting(profile); }
  void expiring(const std::string& slot, std::uint32_t days, std::uint64_t expires, const std::string& needs) {
    emitCertificateExpiring(slot, days, expires, needs);
  }

 private:
  void Enroll(sdbus::Result<std::vector<sdbus::ObjectPath>>&& result, std::string profile, VariantMap options) override;
  void Renew(sdbus::Result<sdbus::ObjectPath>&& result, std::string slot) override;
  void SetProfile(sdbus::Result<>&& result, std::string name, std::string text) override;
  void RemoveProfile(sdbus::Result<>&& result, std::string name) override;
  void CheckAuthorities(sdbus::Result<std::vector<VariantMap>>&& result) override;
  void TakeContact(sdbus::Result<VariantMap>&& result, std::string profile) override;
  void ReportContact(sdbus::Result<>&& result, std::string profile, std::string failure_class,
                     std::string message) override;
  std::vector<VariantMap> Profiles() override;
  std::vector<VariantMap> Renewals() override;
  std::vector<sdbus::ObjectPath> WaitingJobs() override;
  std::vector<std::string> WaitingContacts() override;

  EnrolmentPort& enrolment_;
  Guard& guard_;
};

}  // namespace edgeseal::dbus
