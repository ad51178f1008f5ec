#pragma once

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
  RunJobs,    // talk to authorities for the agent
  ReadAudit,  // see who did what
  Configure,  // have the files of the configuration read anew
};

// Whether the messages of a method carry a secret (annotation org.edgeseal.Sensitive).
enum class Contents { Public, Secret };

// What becomes of a call while somebody inhibits changes (annotation org.edgeseal.WhileBusy).
enum class WhileBusy { Refused, Allowed };

// Which calls of a method the audit log keeps (annotation org.edgeseal.AuditLog).
enum class AuditedCalls {
  All,
  Refused  // the method only reads, or what it does comes to nothing without another one that is audited
};

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

}  // namespace edgeseal::dbus
