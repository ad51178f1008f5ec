#pragma once

#include <string_view>

namespace edgeseal::dbus {

// What a caller must be allowed to do; a method names it by the annotation org.edgeseal.Privilege of its XML.
enum class Privilege {
  Inspect,  // read what is public anyway
  ManageApplications,
  ManageCertificates,  // the account of an application has it for that application
  ManageKeys,          // what reaches past the rules of single applications, or takes a key out of them
};

// Whether the messages of a method carry a secret (annotation org.edgeseal.Sensitive).
enum class Contents { Public, Secret };

[[nodiscard]] constexpr std::string_view polkit_action(Privilege privilege) {
  switch (privilege) {
    case Privilege::Inspect: return "org.edgeseal.inspect";
    case Privilege::ManageApplications: return "org.edgeseal.manage-applications";
    case Privilege::ManageCertificates: return "org.edgeseal.manage-certificates";
    case Privilege::ManageKeys: return "org.edgeseal.manage-keys";
  }
  return "";
}

}  // namespace edgeseal::dbus
