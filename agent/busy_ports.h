#pragma once

#include <functional>

#include "agent/contact_request.h"
#include "agent/inhibitors.h"
#include "dbus/busy_port.h"

namespace edgeseal::agent {

// What the bus leaf asks for of times in which nothing may be changed.
class BusyPorts final : public dbus::BusyPort {
 public:
  BusyPorts(Inhibitors& inhibitors, ContactRequest& contact) : inhibitors_(inhibitors), contact_(contact) {}

  void inhibit(const dbus::Caller& caller, const std::string& who, const std::string& why,
               const std::function<void(int descriptor)>& hand_over) override;
  bool busy() const override;
  void require_free() const override;
  std::vector<dbus::InhibitorInfo> inhibitors() const override;
  void contact_when_free() override;
  bool take_contact() override;
  bool contact_pending() const override;

 private:
  Inhibitors& inhibitors_;
  ContactRequest& contact_;
};

}  // namespace edgeseal::agent
