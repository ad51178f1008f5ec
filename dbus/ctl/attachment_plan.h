#pragma once

#include <string>
#include <vector>

#include "dbus/ctl/attachments.h"
#include "dbus/ctl/service_manager.h"
#include "dbus/ctl/slot.h"

namespace edgeseal::ctl {

struct AttachmentRequest {
  std::string service;
  std::string application;  // APPLICATION[/GROUP]
  AfterRenewal after_renewal = AfterRenewal::Reload;
  std::string signal;             // where that is a signal
  std::vector<std::string> hook;  // program and its arguments
  std::string account;            // empty: found out
  std::string chroot;
  std::string copy_to;
};

// What it takes to attach a service; nothing is changed yet.
struct AttachmentPlan {
  Attachment attachment;
  std::string rule;  // of access
  bool rule_is_there = false;
  std::vector<AttachmentFile> files;
};

// Throws Failure that says what is in the way.
[[nodiscard]] AttachmentPlan make_plan(const AttachmentRequest& request, const ServiceFacts& service,
                                       const ChosenGroup& chosen, const Attachments& attachments);

}  // namespace edgeseal::ctl
