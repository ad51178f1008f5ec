#pragma once

#include <string_view>

#include "dbus/generated/privileges.h"

namespace edgeseal::dbus {

// "org.edgeseal.Agent1.CreateApplication" with its privilege. A member that the XML doesn't declare doesn't compile, so
// that no handler is without a privilege.
class GuardedMethod {
 public:
  consteval GuardedMethod(const char* member)
      : member_(member),
        privilege_(declared(member).privilege),
        delegation_(declared(member).delegation),
        while_busy_(declared(member).while_busy) {}  // NOLINT: implicit on purpose

  [[nodiscard]] constexpr std::string_view member() const { return member_; }
  [[nodiscard]] constexpr Privilege privilege() const { return privilege_; }
  [[nodiscard]] constexpr Delegation delegation() const { return delegation_; }
  [[nodiscard]] constexpr WhileBusy while_busy() const { return while_busy_; }

 private:
  static consteval DeclaredMethod declared(std::string_view member) {
    for (const auto& method : kDeclaredMethods) {
      if (method.member == member) return method;
    }
    throw "no interface XML declares a privilege for this method";
  }

  std::string_view member_;
  Privilege privilege_;
  Delegation delegation_;
  WhileBusy while_busy_;
};

}  // namespace edgeseal::dbus
