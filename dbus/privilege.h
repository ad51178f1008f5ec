#pragma once

#include <string_view>

namespace edgeseal::dbus {

// What a caller must be allowed to do; a method names it by the annotation org.edgeseal.Privilege of its XML.
enum class Privilege {
  Inspect,  // read what is public anyway
  ManageApplications,
  ManageCertificates,
  ManageTrust,  // what peers are let in
  ManageKeys,   // what reaches past the rules of single applications, or takes a key out of them
  Inhibit,      // hold off all changes for a time
  ManageSetup,  // make a one-time password, end setup
  OpenSetup,    // give a one-time password
  ReportPresence,
  ResetDevice,
  RunJobs,  // talk to authorities for the agent
};

// Whether the messages of a method carry a secret (annotation org.edgeseal.Sensitive).
enum class Contents { Public, Secret };

// What becomes of a call while somebody inhibits changes (annotation org.edgeseal.WhileBusy).
enum class WhileBusy { Refused, Allowed };

// What a server must tell of its client where it calls for one (annotation org.edgeseal.Delegation).
enum class Delegation {
  None,           // the method isn't for clients
  Optional,       // judged where it is given
  Authenticated,  // the account of an application must give it: a channel with signatures
  Encrypted,      // the same: signatures and encryption
};

// The account of an application has it for that application.
[[nodiscard]] constexpr bool belongs_to_applications(Privilege privilege) {
  return privilege == Privilege::ManageCertificates || privilege == Privilege::ManageTrust ||
         privilege == Privilege::OpenSetup;
}

[[nodiscard]] constexpr std::string_view polkit_action(Privilege privilege) {
  switch (privilege) {
    case Privilege::Inspect: return "org.edgeseal.inspect";
    case Privilege::ManageApplications: return "org.edgeseal.manage-applications";
    case Privilege::ManageCertificates: return "org.edgeseal.manage-certificates";
    case Privilege::ManageTrust: return "org.edgeseal.manage-trust";
    case Privilege::ManageKeys: return "org.edgeseal.manage-keys";
    case Privilege::Inhibit: return "org.edgeseal.inhibit";
    case Privilege::ManageSetup: return "org.edgeseal.manage-setup";
    case Privilege::OpenSetup: return "org.edgeseal.open-setup";
    case Privilege::ReportPresence: return "org.edgeseal.report-presence";
    case Privilege::ResetDevice: return "org.edgeseal.reset-device";
    case Privilege::RunJobs: return "org.edgeseal.run-jobs";
  }
  return "";
}

}  // namespace edgeseal::dbus
